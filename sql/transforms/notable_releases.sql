-- Say of the releases last seen on one day (%(day)s) whether they are notable and why, and of every group that they
-- belong to which row leads. Rows that would not change are left alone.

-- an artist is notable who stood on any of our charts in the 26 weeks before; compilations of various artists are not
WITH asked AS (
    SELECT source_slug, source_id, key.artist_key, key.place
    FROM industry.new_releases
    CROSS JOIN LATERAL unnest(artist_keys) WITH ORDINALITY AS key (artist_key, place)
    WHERE last_seen_day = %(day)s AND key.artist_key <> 'various artists'
),
best AS (
    SELECT DISTINCT ON (artist_key) artist_key, s.position, s.chart_date, s.artist, s.platform, s.chart, s.country
    FROM (SELECT DISTINCT artist_key FROM asked) AS keys
    CROSS JOIN LATERAL (
        SELECT c.position, c.chart_date, c.artist, c.platform, c.chart, c.country
        FROM industry.chart_snapshots AS c
        WHERE c.artist_key = keys.artist_key
          AND c.chart_date BETWEEN %(day)s::date - 182 AND %(day)s::date
        ORDER BY c.position, c.chart_date DESC, c.platform, c.chart, c.country LIMIT 1
    ) AS s
),
judged AS (
    SELECT DISTINCT ON (r.source_slug, r.source_id) r.source_slug, r.source_id,
        CASE WHEN best.artist_key IS NOT NULL THEN format(
            '%%s stood at %%s on the chart %%s/%%s (%%s) of %%s.',
            best.artist, best.position, best.platform, best.chart, best.country, best.chart_date
        ) END AS reason
    FROM industry.new_releases AS r
    LEFT JOIN asked USING (source_slug, source_id)
    LEFT JOIN best ON best.artist_key = asked.artist_key
    WHERE r.last_seen_day = %(day)s
    ORDER BY r.source_slug, r.source_id, best.position NULLS LAST, asked.place
)
UPDATE industry.new_releases AS r SET notable = judged.reason IS NOT NULL, notable_reason = judged.reason
FROM judged
WHERE r.source_slug = judged.source_slug AND r.source_id = judged.source_id
  AND r.notable_reason IS DISTINCT FROM judged.reason;

WITH ranked AS (
    SELECT r.source_slug, r.source_id, row_number() OVER (
        PARTITION BY r.group_key
        -- one that names genres, because api.releases finds a group by those of its lead
        ORDER BY cardinality(r.genres) > 0 DESC, s.tier, r.date_precision = 'day' DESC NULLS LAST, r.first_seen_day,
            r.release_date, r.source_slug, r.source_id
    ) = 1 AS leads
    FROM industry.new_releases AS r
    JOIN industry.sources AS s ON s.slug = r.source_slug
    WHERE r.group_key IN (SELECT group_key FROM industry.new_releases WHERE last_seen_day = %(day)s)
       -- a row that was read again under another key leaves a group behind without its lead
       OR NOT EXISTS (
           SELECT FROM industry.new_releases AS lead WHERE lead.group_key = r.group_key AND lead.is_lead
       )
)
UPDATE industry.new_releases AS r SET is_lead = ranked.leads
FROM ranked
WHERE r.source_slug = ranked.source_slug AND r.source_id = ranked.source_id AND r.is_lead <> ranked.leads;
