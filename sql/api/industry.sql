-- Questions about the industry: news, charts, movers, the digest.

-- earlier versions without offset would stay beside the new ones and make every call ambiguous
DROP FUNCTION IF EXISTS api.news(text, integer, text, integer);
DROP FUNCTION IF EXISTS api.chart_movers(text, integer, text, integer);

CREATE OR REPLACE FUNCTION api.news(
    category text DEFAULT NULL,
    days integer DEFAULT 7,
    user_tier text DEFAULT NULL,
    "limit" integer DEFAULT 20,
    "offset" integer DEFAULT 0
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    items jsonb;
BEGIN
    PERFORM api._between('news', 'days', news.days, 1, api._limit('days'));
    PERFORM api._between('news', 'limit', news."limit", 1, api._limit('rows'));
    PERFORM api._between('news', 'offset', news."offset", 0, api._limit('offset'));
    IF news.user_tier IS NOT NULL THEN
        PERFORM api._one_of('news', 'user_tier', news.user_tier, ARRAY['creator', 'developer', 'monetizer']);
    END IF;
    IF news.category IS NOT NULL THEN
        PERFORM api._one_of('news', 'category', news.category, ARRAY[
            'charts', 'deals', 'gear', 'legal', 'live', 'platforms', 'release', 'review', 'rights', 'technology', 'other'
        ]);
    END IF;
    -- text chosen here, values bound: a plan for the very conditions given can use their index
    EXECUTE format(
        $query$
            SELECT jsonb_agg(to_jsonb(told) - 'place' ORDER BY told.place)
            FROM (
                SELECT n.place, n.title, n.url, n.source_slug AS source, s.name AS source_name, s.tier AS source_tier,
                    n.author, n.published_at, n.published_flag, n.current_at, n.category, n.impact_creator,
                    n.impact_developer, n.impact_monetizer, n.impact_method, coalesce(m.summary, n.summary) AS summary,
                    coalesce(m.summary_method, n.summary_method) AS summary_method, n.language, g.story_id
                FROM (
                    SELECT *, row_number() OVER () AS place
                    FROM (
                        SELECT * FROM industry.industry_news
                        WHERE current_at >= now() - make_interval(days => $1) AND current_at <= now() %2$s
                        ORDER BY %1$s current_at DESC, source_slug, guid
                        LIMIT $2 OFFSET $3
                    ) AS ordered
                ) AS n
                JOIN industry.sources AS s ON s.slug = n.source_slug
                LEFT JOIN industry.news_stories AS g ON g.source_slug = n.source_slug AND g.guid = n.guid
                LEFT JOIN industry.news_summaries AS m
                    ON m.source_slug = n.source_slug AND m.guid = n.guid AND m.content_hash = n.content_hash
            ) AS told
        $query$,
        CASE WHEN news.user_tier IS NULL THEN '' ELSE format('impact_%s DESC,', news.user_tier) END,
        CASE WHEN news.category IS NULL THEN '' ELSE 'AND category = $4' END
    ) INTO items USING news.days, news."limit", news."offset", news.category;
    RETURN api._answer(
        jsonb_build_object('items', coalesce(items, '[]'), 'next_offset', api._next_offset(items, news."limit", news."offset")),
        (SELECT max(last_seen_window) FROM industry.industry_news)
    );
END
$$;
COMMENT ON FUNCTION api.news IS 'News of the last days, newest first, or with the greatest impact on a tier (creator, developer, monetizer) first. days 1-366, limit 1-500, offset 0-10000; next_offset is that of the next page, null on the last. Items of one story_id tell one story. Category and impacts are those of the rules, by which items are found and ordered; the summary is a language model''s where there is one.';

CREATE OR REPLACE FUNCTION api.charts(platform text, country text DEFAULT 'us', "limit" integer DEFAULT 100)
RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    items jsonb;
    as_of timestamptz;
BEGIN
    PERFORM api._required('charts', 'platform', charts.platform);
    PERFORM api._required('charts', 'country', charts.country);
    PERFORM api._between('charts', 'limit', charts."limit", 1, api._limit('rows'));
    IF NOT EXISTS (
        SELECT FROM industry.sources AS s
        WHERE s.kind = 'chart' AND s.platform = charts.platform AND s.country = charts.country
    ) THEN
        PERFORM api._fail(
            'PT404', 'INDUSTRY_NOT_FOUND',
            format('There is no chart of `%s` for `%s`.', charts.platform, charts.country),
            (
                SELECT coalesce(jsonb_agg(DISTINCT s.platform || '/' || s.country), '[]')
                FROM industry.sources AS s WHERE s.kind = 'chart'
            )
        );
    END IF;
    SELECT
        jsonb_agg(
            jsonb_build_object(
                'chart', c.chart, 'chart_date', c.chart_date, 'position', c.position, 'title', c.title,
                'artist', c.artist, 'url', c.url, 'streams', c.streams, 'external_ids', c.external_ids,
                'track_key', c.track_key
            ) ORDER BY c.chart, c.position
        ),
        max(c.fetched_at)
    INTO items, as_of
    FROM (
        SELECT DISTINCT s.chart FROM industry.sources AS s
        WHERE s.kind = 'chart' AND s.platform = charts.platform AND s.country = charts.country
    ) AS known
    CROSS JOIN LATERAL (
        SELECT max(d.chart_date) AS chart_date FROM industry.chart_snapshots AS d
        WHERE d.platform = charts.platform AND d.chart = known.chart AND d.country = charts.country
    ) AS latest
    JOIN industry.chart_snapshots AS c
        ON c.platform = charts.platform AND c.chart = known.chart AND c.country = charts.country
        AND c.chart_date = latest.chart_date AND c.position <= charts."limit";
    RETURN api._answer(
        jsonb_build_object('platform', charts.platform, 'country', charts.country, 'items', coalesce(items, '[]')), as_of
    );
END
$$;
COMMENT ON FUNCTION api.charts IS 'The latest charts of a platform in a country (two-letter code in lower case, or global), each down to position limit (1-500).';

CREATE OR REPLACE FUNCTION api.chart_movers(
    platform text, days integer DEFAULT 7, country text DEFAULT NULL, "limit" integer DEFAULT 50,
    "offset" integer DEFAULT 0
) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    latest date;
    items jsonb;
BEGIN
    PERFORM api._required('chart_movers', 'platform', chart_movers.platform);
    PERFORM api._one_of('chart_movers', 'days', chart_movers.days::text, ARRAY['1', '7', '28']);
    PERFORM api._between('chart_movers', 'limit', chart_movers."limit", 1, api._limit('rows'));
    PERFORM api._between('chart_movers', 'offset', chart_movers."offset", 0, api._limit('offset'));
    SELECT m.day INTO latest FROM industry.chart_movers AS m
    WHERE m.platform = chart_movers.platform AND m.window_days = chart_movers.days
    ORDER BY m.day DESC LIMIT 1;
    IF latest IS NULL THEN
        PERFORM api._fail(
            'PT404', 'INDUSTRY_NOT_FOUND', format('There are no movers of `%s` yet.', chart_movers.platform)
        );
    END IF;
    SELECT jsonb_agg(to_jsonb(found) - 'place' ORDER BY found.place) INTO items
    FROM (
        SELECT m.chart, m.country, m.chart_date, m.baseline_date, m.title, m.artist, m.track_key, m.position,
            m.previous_position, m.change, m.movement, m.strength, m.velocity, m.velocity_ewma, m.acceleration, m.peak,
            m.weeks_on, m.breakout, m.breakout_reason,
            row_number() OVER (ORDER BY m.velocity DESC NULLS LAST, m.position, m.chart, m.country, m.track_key) AS place
        FROM industry.chart_movers AS m
        WHERE m.platform = chart_movers.platform AND m.window_days = chart_movers.days AND m.day = latest
            AND (chart_movers.country IS NULL OR m.country = chart_movers.country)
        ORDER BY m.velocity DESC NULLS LAST, m.position, m.chart, m.country, m.track_key
        LIMIT chart_movers."limit" OFFSET chart_movers."offset"
    ) AS found;
    RETURN api._answer(
        jsonb_build_object(
            'day', latest, 'days', chart_movers.days, 'items', coalesce(items, '[]'),
            'next_offset', api._next_offset(items, chart_movers."limit", chart_movers."offset")
        ),
        least(now(), (latest + 1)::timestamp AT TIME ZONE 'UTC')
    );
END
$$;
COMMENT ON FUNCTION api.chart_movers IS 'What moved on the charts of a platform over 1, 7 or 28 days, the fastest risers first. limit 1-500, offset 0-10000; next_offset is that of the next page, null on the last.';

CREATE OR REPLACE FUNCTION api.industry_digest(date date DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    digest industry.daily_digest;
BEGIN
    SELECT d.* INTO digest FROM industry.daily_digest AS d
    WHERE industry_digest.date IS NULL OR d.digest_date = industry_digest.date
    ORDER BY d.digest_date DESC LIMIT 1;
    IF digest.digest_date IS NULL THEN
        PERFORM api._fail(
            'PT404', 'INDUSTRY_NOT_FOUND',
            format('There is no digest%s.', coalesce(' of ' || industry_digest.date::text, ' yet'))
        );
    END IF;
    RETURN api._answer(
        to_jsonb(digest), least(now(), (digest.digest_date + 1)::timestamp AT TIME ZONE 'UTC')
    );
END
$$;
COMMENT ON FUNCTION api.industry_digest IS 'The digest of a day, or the latest one.';
