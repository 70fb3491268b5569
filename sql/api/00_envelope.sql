-- What all functions of the api schema share: the envelope, the one way to fail, the limits, `api.try`.
-- Names that begin with an underscore are internal; every other function is public and never breaks its columns.

CREATE OR REPLACE FUNCTION api._limit(name text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE name
        WHEN 'rows' THEN 500            -- rows of one answer
        WHEN 'offset' THEN 10000        -- rows that one answer passes over
        WHEN 'days' THEN 366            -- days that one answer looks back
        WHEN 'successors' THEN 20       -- best following tracks shown with a track
        WHEN 'pending_mixes' THEN 100   -- mixes that one role may have waiting
        WHEN 'entity_seconds' THEN 30   -- statement time-out of functions about one thing
        WHEN 'global_seconds' THEN 120  -- statement time-out of functions about many
    END
$$;
COMMENT ON FUNCTION api._limit IS 'The limits of all api functions, in one place.';

CREATE OR REPLACE FUNCTION api._family(function_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN function_name IN ('news', 'charts', 'chart_movers', 'industry_digest', 'releases', 'gear') THEN 'INDUSTRY'
        WHEN function_name IN ('tracks', 'track') THEN 'LIBRARY'
        WHEN function_name IN ('mix', 'request_mix') THEN 'MIXES'
        ELSE 'API'
    END
$$;
COMMENT ON FUNCTION api._family IS 'First part of the error codes of a function.';

CREATE OR REPLACE FUNCTION api._answer(data jsonb, as_of timestamptz) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('ok', true, 'data', data, 'error', NULL, 'as_of', as_of)
$$;
COMMENT ON FUNCTION api._answer IS 'The envelope of an answer; as_of is the time of the newest row behind it.';

CREATE OR REPLACE FUNCTION api._next_offset(items jsonb, "limit" integer, "offset" integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN jsonb_array_length(items) = "limit" AND "offset" + "limit" <= api._limit('offset') THEN "offset" + "limit"
    END
$$;
COMMENT ON FUNCTION api._next_offset IS 'Where the next page begins; NULL after a page that is not full, and past the greatest offset.';

CREATE OR REPLACE FUNCTION api._fail(status text, code text, message text, details jsonb DEFAULT '[]') RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = status,
        MESSAGE = message,
        DETAIL = jsonb_build_object('code', code, 'message', message, 'details', details)::text;
END
$$;
COMMENT ON FUNCTION api._fail IS 'Raise an error with a SQLSTATE PTxxx, which PostgREST turns into HTTP status xxx, and the error as JSON in its detail.';

CREATE OR REPLACE FUNCTION api._parameter(function_name text, parameter text, problem text, value anyelement) RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT api._fail(
        'PT422',
        api._family(function_name) || '_VALIDATION_ERROR',
        format('Parameter `%s` %s.', parameter, problem),
        jsonb_build_array(jsonb_build_object('parameter', parameter, 'problem', problem, 'value', value::text))
    )
$$;
COMMENT ON FUNCTION api._parameter IS 'Refuse the value of a parameter.';

CREATE OR REPLACE FUNCTION api._between(function_name text, parameter text, value numeric, low numeric, high numeric)
RETURNS void LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF value IS NULL OR value NOT BETWEEN low AND high THEN
        PERFORM api._parameter(function_name, parameter, format('must be between %s and %s', low, high), value);
    END IF;
END
$$;
COMMENT ON FUNCTION api._between IS 'Refuse a number that is missing or outside a range.';

CREATE OR REPLACE FUNCTION api._one_of(function_name text, parameter text, value text, allowed text []) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF value IS NULL OR value <> ALL (allowed) THEN
        PERFORM api._parameter(
            function_name, parameter, format('must be one of %s', array_to_string(allowed, ', ')), value
        );
    END IF;
END
$$;
COMMENT ON FUNCTION api._one_of IS 'Refuse a text that is missing or not in a list.';

CREATE OR REPLACE FUNCTION api._required(function_name text, parameter text, value text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    IF coalesce(value, '') = '' THEN
        PERFORM api._fail(
            'PT400',
            api._family(function_name) || '_INVALID_PARAMS',
            format('Parameter `%s` is required.', parameter),
            jsonb_build_array(jsonb_build_object('parameter', parameter, 'problem', 'is required'))
        );
    END IF;
END
$$;
COMMENT ON FUNCTION api._required IS 'Refuse a parameter that is missing or empty.';

CREATE OR REPLACE FUNCTION api.try(name text, args jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    family constant text := api._family(name);
    called pg_catalog.pg_proc;
    parameters text[];
    unknown text[];
    assignments text;
    answer jsonb;
    failure_detail text;
    failure jsonb;
BEGIN
    SELECT p.* INTO called
    FROM pg_catalog.pg_proc AS p
    WHERE p.pronamespace = 'api'::regnamespace AND p.proname = try.name
        AND p.proname <> 'try' AND NOT starts_with(p.proname, '_');
    IF called.oid IS NULL THEN
        PERFORM api._fail('PT404', 'API_NOT_FOUND', format('There is no function api.%s.', coalesce(name, 'NULL')));
    END IF;
    IF jsonb_typeof(args) IS DISTINCT FROM 'object' THEN
        PERFORM api._fail('PT400', family || '_INVALID_PARAMS', 'Arguments must be one JSON object.');
    END IF;
    parameters := coalesce(called.proargnames, '{}');
    SELECT array_agg(key ORDER BY key) INTO unknown
    FROM jsonb_object_keys(args) AS given (key) WHERE key <> ALL (parameters);
    IF unknown IS NOT NULL THEN
        PERFORM api._fail(
            'PT400', family || '_INVALID_PARAMS',
            format('api.%s has no parameter `%s`; it has %s.', name, unknown[1], array_to_string(parameters, ', ')),
            to_jsonb(unknown)
        );
    END IF;
    FOR i IN 1 .. called.pronargs - called.pronargdefaults LOOP
        PERFORM api._required(name, parameters[i], args ->> parameters[i]);
    END LOOP;
    -- only what was given, so that defaults apply to the rest
    SELECT string_agg(
        CASE
            WHEN t.typname = 'jsonb' THEN format('%I => ($1 -> %L)', a.name, a.name)
            WHEN t.typelem <> 0 AND t.typlen = -1 THEN format(
                '%I => CASE jsonb_typeof($1 -> %L) WHEN ''null'' THEN NULL'
                ' ELSE ARRAY(SELECT jsonb_array_elements_text($1 -> %L))::%s END',
                a.name, a.name, a.name, format_type(t.oid, NULL)
            )
            ELSE format('%I => ($1 ->> %L)::%s', a.name, a.name, format_type(t.oid, NULL))
        END,
        ', '
    ) INTO assignments
    FROM unnest(parameters, called.proargtypes::oid[]) AS a (name, type)
    JOIN pg_catalog.pg_type AS t ON t.oid = a.type
    WHERE args ? a.name;
    EXECUTE format('SELECT api.%I(%s)', name, coalesce(assignments, '')) INTO answer USING args;
    RETURN answer;
EXCEPTION
    WHEN query_canceled THEN
        -- a cancel by a person has the same SQLSTATE as a time-out, and must stay a cancel
        IF SQLERRM NOT LIKE '%timeout%' THEN
            RAISE;
        END IF;
        failure := jsonb_build_object('code', family || '_TIMEOUT', 'message', 'The answer took too long.', 'details', '[]'::jsonb);
        RETURN jsonb_build_object('ok', false, 'data', NULL, 'error', failure, 'as_of', NULL);
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS failure_detail = PG_EXCEPTION_DETAIL;
        failure := CASE
            WHEN SQLSTATE LIKE 'PT%' THEN failure_detail::jsonb
            -- a value that is not of its parameter's type
            WHEN SQLSTATE LIKE '22%' THEN jsonb_build_object(
                'code', family || '_INVALID_PARAMS', 'message', 'The arguments do not fit: ' || SQLERRM || '.',
                'details', '[]'::jsonb
            )
            WHEN SQLSTATE = '42501' THEN jsonb_build_object(
                'code', family || '_FORBIDDEN', 'message', 'Your role may not call this function.', 'details', '[]'::jsonb
            )
            ELSE jsonb_build_object(
                'code', family || '_INTERNAL_ERROR', 'message', 'Something broke: ' || SQLERRM || '.',
                'details', jsonb_build_array(SQLSTATE)
            )
        END;
        RETURN jsonb_build_object('ok', false, 'data', NULL, 'error', failure, 'as_of', NULL);
END
$$;
COMMENT ON FUNCTION api.try IS 'Call any api function by name with its arguments as one JSON object; an error comes back in the envelope, {"ok": false, "error": {"code", "message", "details"}}, instead of being raised.';
