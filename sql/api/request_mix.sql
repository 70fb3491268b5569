-- Asking for a mix: the one api function that writes. The fields and their ranges are those of assets/mixes/requests.py,
-- and the same wish gets the same id whichever way it comes in; a test holds both against each other.

CREATE OR REPLACE FUNCTION api._float_text(value double precision) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN value IS NULL THEN 'null'
        WHEN value::text ~ '[.e]' THEN value::text
        ELSE value::text || '.0'
    END
$$;
COMMENT ON FUNCTION api._float_text IS 'A number as canonical JSON writes a float: with a point, in the shortest form that reads back the same.';

CREATE OR REPLACE FUNCTION api._text_list(items text []) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '[' || coalesce(string_agg(to_jsonb(item)::text, ',' ORDER BY place), '') || ']'
    FROM unnest(items) WITH ORDINALITY AS given (item, place)
$$;
COMMENT ON FUNCTION api._text_list IS 'A list of texts as canonical JSON.';

CREATE OR REPLACE FUNCTION api._plateaus(plateaus jsonb) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    plateau jsonb;
    parts text[] := '{}';
BEGIN
    IF jsonb_typeof(plateaus) IS DISTINCT FROM 'array' THEN
        PERFORM api._parameter('request_mix', 'plateaus', 'must be a list of {start, end, energy, purpose}', plateaus);
    END IF;
    FOR plateau IN SELECT jsonb_array_elements(plateaus) LOOP
        -- nothing is compared before all of it is known to be numbers
        IF jsonb_typeof(plateau) IS DISTINCT FROM 'object'
            OR EXISTS (
                SELECT FROM unnest(ARRAY['start', 'end', 'energy']) AS field
                WHERE jsonb_typeof(plateau -> field) IS DISTINCT FROM 'number'
            )
            OR jsonb_typeof(coalesce(plateau -> 'purpose', '""')) <> 'string'
            OR plateau - 'start' - 'end' - 'energy' - 'purpose' <> '{}' THEN
            PERFORM api._parameter('request_mix', 'plateaus', 'must be a list of {start, end, energy, purpose}', plateau);
        END IF;
        IF (plateau ->> 'start')::numeric < 0 OR (plateau ->> 'end')::numeric > 1
            OR (plateau ->> 'start')::numeric >= (plateau ->> 'end')::numeric
            OR (plateau ->> 'energy')::numeric NOT BETWEEN 0 AND 1 THEN
            PERFORM api._parameter(
                'request_mix', 'plateaus', 'must have 0 <= start < end <= 1 and energy between 0 and 1', plateau
            );
        END IF;
        parts := parts || format(
            '{"end":%s,"energy":%s,"purpose":%s,"start":%s}',
            api._float_text((plateau ->> 'end')::double precision),
            api._float_text((plateau ->> 'energy')::double precision),
            to_jsonb(coalesce(plateau ->> 'purpose', ''))::text,
            api._float_text((plateau ->> 'start')::double precision)
        );
    END LOOP;
    RETURN '[' || array_to_string(parts, ',') || ']';
END
$$;
COMMENT ON FUNCTION api._plateaus IS 'Plateaus of a request, checked, as canonical JSON.';

CREATE OR REPLACE FUNCTION api.request_mix(
    title text DEFAULT '',
    seconds double precision DEFAULT NULL,
    curve text DEFAULT 'build',
    plateaus jsonb DEFAULT '[]',
    context text DEFAULT NULL,
    must_have text [] DEFAULT '{}',
    must_not text [] DEFAULT '{}',
    first text DEFAULT NULL,
    last text DEFAULT NULL,
    bpm_range double precision [] DEFAULT NULL,
    genre text DEFAULT NULL,
    loudness_lufs double precision DEFAULT -14,
    seed bigint DEFAULT 0
) RETURNS jsonb LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    canonical text;
    digest text;
    stored mixes.mix_requests;
    unknown text[];
BEGIN
    title := coalesce(title, '');
    curve := coalesce(curve, 'build');
    plateaus := coalesce(nullif(plateaus, 'null'), '[]');
    must_have := coalesce(must_have, '{}');
    must_not := coalesce(must_not, '{}');
    loudness_lufs := coalesce(loudness_lufs, -14);
    seed := coalesce(seed, 0);
    PERFORM api._one_of('request_mix', 'curve', curve, ARRAY[
        'build', 'decline', 'wave', 'steady', 'double-peak', 'late-peak', 'rollercoaster', 'plateau-peak'
    ]);
    IF context IS NOT NULL THEN
        PERFORM api._one_of('request_mix', 'context', context, ARRAY[
            'opening', 'prime', 'closing', 'intimate', 'energetic', 'ambient', 'downtempo', 'techno'
        ]);
    END IF;
    IF seconds IS NOT NULL AND (seconds > 0 AND seconds <= 86400) IS NOT TRUE THEN
        PERFORM api._parameter('request_mix', 'seconds', 'must be more than 0 and at most 86400', seconds);
    END IF;
    PERFORM api._between('request_mix', 'loudness_lufs', loudness_lufs::numeric, -30, -6);
    PERFORM api._between('request_mix', 'seed', seed, 0, 9223372036854775807);
    IF bpm_range IS NOT NULL AND (
        cardinality(bpm_range) = 2 AND bpm_range[1] >= 20 AND bpm_range[1] <= bpm_range[2] AND bpm_range[2] <= 400
    ) IS NOT TRUE THEN
        PERFORM api._parameter('request_mix', 'bpm_range', 'must be [lowest, highest] within 20-400', bpm_range::text);
    END IF;
    SELECT array_agg(DISTINCT wanted.track_id) INTO unknown
    FROM unnest(must_have || must_not || first || last) AS wanted (track_id)
    WHERE wanted.track_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM library.tracks AS t WHERE t.track_id = wanted.track_id);
    IF unknown IS NOT NULL OR array_position(must_have || must_not, NULL) IS NOT NULL THEN
        PERFORM api._fail(
            'PT404', 'MIXES_NOT_FOUND', 'The library has no such track.',
            to_jsonb(coalesce(unknown, ARRAY[NULL::text]))
        );
    END IF;
    IF must_have && must_not THEN
        PERFORM api._parameter('request_mix', 'must_have', 'must share no track with must_not', must_have::text);
    END IF;

    canonical := format(
        '{"bpm_range":%s,"context":%s,"curve":%s,"first":%s,"genre":%s,"last":%s,"loudness_lufs":%s,"must_have":%s,'
        '"must_not":%s,"plateaus":%s,"seconds":%s,"seed":%s,"title":%s}',
        CASE
            WHEN bpm_range IS NULL THEN 'null'
            ELSE format('[%s,%s]', api._float_text(bpm_range[1]), api._float_text(bpm_range[2]))
        END,
        coalesce(to_jsonb(context)::text, 'null'), to_jsonb(curve), coalesce(to_jsonb(first)::text, 'null'),
        coalesce(to_jsonb(genre)::text, 'null'), coalesce(to_jsonb(last)::text, 'null'), api._float_text(loudness_lufs),
        api._text_list(must_have), api._text_list(must_not), api._plateaus(plateaus), api._float_text(seconds), seed,
        to_jsonb(title)
    );
    digest := encode(sha256(convert_to(canonical, 'UTF8')), 'hex');

    -- one at a time for each caller, so that two requests at once cannot both be the last one allowed
    PERFORM pg_advisory_xact_lock(hashtextextended('request_mix ' || session_user, 0));
    SELECT r.* INTO stored FROM mixes.mix_requests AS r WHERE r.request_id = 'mix-' || left(digest, 12);
    IF stored.request_id IS NULL THEN
        IF (
            SELECT count(*) FROM mixes.mix_requests AS r WHERE r.status = 'pending' AND r.requested_by = session_user
        ) >= api._limit('pending_mixes') THEN
            PERFORM api._fail(
                'PT429', 'MIXES_RATE_LIMITED',
                format('You have %s mixes waiting; ask again when some are done.', api._limit('pending_mixes'))
            );
        END IF;
        INSERT INTO mixes.mix_requests AS r (request_id, requested_by, parameters, parameters_sha256)
        VALUES ('mix-' || left(digest, 12), session_user, canonical::jsonb, digest)
        ON CONFLICT (request_id) DO UPDATE SET request_id = excluded.request_id
        RETURNING r.* INTO stored;
    END IF;
    RETURN api._answer(
        jsonb_build_object('mix_id', stored.request_id, 'status', stored.status, 'parameters', stored.parameters),
        coalesce(stored.finished_at, stored.started_at, stored.requested_at)
    );
END
$$;
COMMENT ON FUNCTION api.request_mix IS 'Ask for a mix and get its mix_id; the same wish again is the same mix. Fields as in a request file: seconds (NULL: the whole crate), curve, plateaus, context, must_have, must_not, first, last (track ids), bpm_range [lowest, highest], genre, loudness_lufs (-30 to -6), seed. Needs the role backbeat_member.';
