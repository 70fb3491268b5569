-- The news items of one day (%(day)s, UTC) that can be cited, as a language model read them where one did.
SELECT n.title, n.url, s.name AS source, coalesce(m.summary, n.summary), coalesce(m.category, n.category),
       coalesce(m.impact_creator, n.impact_creator), coalesce(m.impact_developer, n.impact_developer),
       coalesce(m.impact_monetizer, n.impact_monetizer)
FROM industry.industry_news AS n
JOIN industry.sources AS s ON s.slug = n.source_slug
LEFT JOIN industry.news_summaries AS m
    ON m.source_slug = n.source_slug AND m.guid = n.guid AND m.content_hash = n.content_hash
WHERE n.current_at >= %(day)s::date::timestamp AT TIME ZONE 'UTC'
  AND n.current_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'UTC'
  AND n.url IS NOT NULL
ORDER BY n.source_slug, n.guid;
