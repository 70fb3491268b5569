-- The news items of one day (%(day)s, UTC) that can be cited.
SELECT n.title, n.url, s.name AS source, n.summary, n.category, n.impact_creator, n.impact_developer, n.impact_monetizer
FROM industry.industry_news AS n
JOIN industry.sources AS s ON s.slug = n.source_slug
WHERE n.current_at >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND n.current_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
  AND n.url IS NOT NULL
ORDER BY n.source_slug, n.guid;
