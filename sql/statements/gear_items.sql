-- The items of gear feeds that our feeds first showed on a day (%(day)s).
SELECT n.source_slug, n.guid, n.title, n.summary_raw, n.url, n.current_at
FROM industry.industry_news AS n
JOIN industry.sources AS s ON s.slug = n.source_slug
WHERE s.kind = 'gear'
  AND n.first_seen_window >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND n.first_seen_window < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
ORDER BY n.source_slug, n.guid;
