-- Risers and entries since the preceding chart, of the charts dated on the day (%(day)s) or the day before: a weekly chart
-- is news once, not seven times.
SELECT m.platform, m.chart, m.country, m.chart_date::text, m.title, m.artist, m.movement, m.position, m.previous_position,
       m.velocity, m.breakout_reason, s.url, s.attribution
FROM industry.chart_movers AS m
JOIN LATERAL (
    SELECT url, attribution FROM industry.sources
    WHERE kind = 'chart' AND platform = m.platform AND chart = m.chart AND country = m.country AND url IS NOT NULL
    ORDER BY enabled DESC, slug LIMIT 1
) AS s ON true
WHERE m.day = %(day)s AND m.window_days = 1 AND m.movement IN ('up', 'new_entry', 're_entry') AND m.chart_date >= %(day)s::date - 1
ORDER BY m.platform, m.chart, m.country, m.track_key;
