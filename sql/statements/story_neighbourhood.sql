-- What grouping the windows %(windows)s must look at: their items that are not grouped yet, grouped items that have changed
-- since or whose link leads nowhere, and every grouped item within 3 days of one of them. `is_target`: its link must be
-- found again.
WITH compared AS (
    SELECT n.source_slug, n.guid, n.current_at, s.current_at AS grouped_at, s.content AS grouped_content, s.method,
        s.linked_source, s.linked_guid,
        md5(concat_ws(chr(31), n.title, n.summary_raw, array_to_string(n.tags, chr(30)), n.url, n.language, n.current_at))
            AS content
    FROM industry.industry_news AS n
    LEFT JOIN industry.news_stories AS s USING (source_slug, guid)
    WHERE s.guid IS NOT NULL OR n.last_seen_window = ANY(%(windows)s)
),
pending AS (
    SELECT c.source_slug, c.guid, c.current_at, c.grouped_at, c.content FROM compared AS c
    LEFT JOIN industry.news_stories AS l ON l.source_slug = c.linked_source AND l.guid = c.linked_guid
    WHERE (c.grouped_content, c.method) IS DISTINCT FROM (c.content, %(method)s)
        OR (c.linked_guid IS NOT NULL AND l.guid IS NULL)
),
moments AS (
    SELECT unnest(range_agg(tstzrange(moment, moment + interval '3 days', '[]'))) AS span
    FROM (SELECT current_at FROM pending UNION SELECT grouped_at FROM pending WHERE grouped_at IS NOT NULL) AS m (moment)
),
nearby AS (
    SELECT unnest(range_agg(tstzrange(lower(span) - interval '3 days', upper(span), '[]'))) AS span FROM moments
)
SELECT n.source_slug, n.guid, n.title, coalesce(n.summary_raw, '') AS summary_raw, n.tags, n.url, n.language, n.current_at,
    coalesce(p.content, s.content) AS content, s.linked_source, s.linked_guid, s.similarity,
    EXISTS (SELECT FROM moments AS m WHERE n.current_at <@ m.span) AS is_target
FROM nearby AS near
JOIN industry.industry_news AS n ON n.current_at >= lower(near.span) AND n.current_at <= upper(near.span)
LEFT JOIN industry.news_stories AS s USING (source_slug, guid)
LEFT JOIN pending AS p USING (source_slug, guid)
WHERE s.guid IS NOT NULL OR p.guid IS NOT NULL
ORDER BY n.source_slug, n.guid;
