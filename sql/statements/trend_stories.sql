-- The headlines of some documents of this transaction (%(documents)s) and the stories that they tell.
SELECT d.document, coalesce(n.story_id, d.source || ' ' || d.guid) AS story, d.title, d.url, s.name AS source
FROM trend_documents AS d
JOIN industry.sources AS s ON s.slug = d.source
LEFT JOIN industry.news_stories AS n ON n.source_slug = d.source AND n.guid = d.guid
WHERE d.document = ANY (%(documents)s)
ORDER BY d.document;
