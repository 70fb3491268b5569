-- Mentions of the items last seen in the windows %(windows)s that are not where they say they are.
SELECT count(*)
FROM industry.news_mentions AS m
JOIN industry.industry_news AS n USING (source_slug, guid)
WHERE n.last_seen_window = ANY(%(windows)s)
    AND substr(CASE m.field WHEN 'title' THEN n.title ELSE n.summary_raw END, m.start_offset + 1, m.end_offset - m.start_offset)
        IS DISTINCT FROM m.surface;
