-- Questions about what comes out: releases of music, and gear.

CREATE OR REPLACE FUNCTION api.releases(genre text DEFAULT NULL, days integer DEFAULT 7, "limit" integer DEFAULT 50)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    items jsonb;
BEGIN
    PERFORM api._between('releases', 'days', releases.days, 1, api._limit('days'));
    PERFORM api._between('releases', 'limit', releases."limit", 1, api._limit('rows'));
    IF releases.genre = '' THEN
        PERFORM api._parameter('releases', 'genre', 'must not be empty', releases.genre);
    END IF;
    -- text chosen here, values bound: a plan for the very conditions given can use their index
    EXECUTE format(
        $query$
            SELECT jsonb_agg(to_jsonb(found) || jsonb_build_object('sources', (
                SELECT jsonb_agg(DISTINCT r.source_slug) FROM industry.new_releases AS r WHERE r.group_key = found.group_key
            )) ORDER BY found.notable DESC, found.current_on DESC, found.group_key)
            FROM (
                SELECT r.group_key, r.title, r.artist, r.kind, r.release_date, r.date_precision, r.current_on, r.genres,
                    r.label, r.url, r.external_ids, r.notable, r.notable_reason, r.source_slug AS source,
                    r.first_seen_day
                FROM industry.new_releases AS r
                WHERE r.is_lead AND r.current_on > $1 - $2 AND r.current_on <= $1 %s
                ORDER BY r.notable DESC, r.current_on DESC, r.group_key
                LIMIT $3
            ) AS found
        $query$,
        CASE WHEN releases.genre IS NULL THEN '' ELSE 'AND r.genres @> ARRAY[lower($4)]' END
    ) INTO items USING (now() AT TIME ZONE 'UTC')::date, releases.days, releases."limit", releases.genre;
    RETURN api._answer(
        jsonb_build_object('items', coalesce(items, '[]')),
        (
            SELECT least(now(), (r.last_seen_day + 1)::timestamp AT TIME ZONE 'UTC')
            FROM industry.new_releases AS r ORDER BY r.last_seen_day DESC LIMIT 1
        )
    );
END
$$;
COMMENT ON FUNCTION api.releases IS 'Releases of the last days, those of notable artists first, each once with all sources that announce it; of one genre or tag (any case), or of all. days 1-366, limit 1-500.';

CREATE OR REPLACE FUNCTION api.gear(days integer DEFAULT 30, "limit" integer DEFAULT 50)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    items jsonb;
BEGIN
    PERFORM api._between('gear', 'days', gear.days, 1, api._limit('days'));
    PERFORM api._between('gear', 'limit', gear."limit", 1, api._limit('rows'));
    SELECT jsonb_agg(to_jsonb(found) ORDER BY found.current_at DESC, found.product_key, found.source) INTO items
    FROM (
        SELECT g.brand, g.product, g.product_key, g.kind, g.event, g.price, g.currency, g.title, g.url,
            g.source_slug AS source, g.current_at, g.method
        FROM industry.gear_releases AS g
        WHERE g.current_at >= now() - make_interval(days => gear.days) AND g.current_at <= now()
        ORDER BY g.current_at DESC, g.product_key, g.source_slug
        LIMIT gear."limit"
    ) AS found;
    RETURN api._answer(
        jsonb_build_object('items', coalesce(items, '[]')),
        (
            SELECT least(now(), (g.day + 1)::timestamp AT TIME ZONE 'UTC')
            FROM industry.gear_releases AS g ORDER BY g.day DESC LIMIT 1
        )
    );
END
$$;
COMMENT ON FUNCTION api.gear IS 'Gear announced in the last days, the newest first: brand, product, kind, price where given. days 1-366, limit 1-500.';
