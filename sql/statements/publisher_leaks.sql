-- How often a publisher's peak and weeks on chart differ from what the ranks say (days %(days)s). Publishers' archive pages
-- count later weeks, so a difference is a leak of the future, or a fault in our matching. Only tracks count that we did not
-- see in the first 56 weeks of the chart's history as we hold it: of others we may lack earlier runs.
SELECT count(*), count(*) FILTER (WHERE m.peak <> s.publisher_peak), count(*) FILTER (WHERE m.weeks_on <> s.publisher_weeks_on)
FROM industry.chart_movers AS m
JOIN industry.chart_snapshots AS s
    ON s.platform = m.platform AND s.chart = m.chart AND s.country = m.country AND s.chart_date = m.chart_date AND s.position = m.position
CROSS JOIN LATERAL (
    SELECT chart_date FROM industry.chart_snapshots
    WHERE platform = m.platform AND chart = m.chart AND country = m.country
    ORDER BY chart_date LIMIT 1
) AS history
CROSS JOIN LATERAL (
    SELECT min(chart_date) AS chart_date FROM industry.chart_snapshots
    WHERE platform = m.platform AND chart = m.chart AND country = m.country AND track_key = m.track_key
) AS debut
WHERE m.day = ANY(%(days)s::date[]) AND m.window_days = 1 AND s.publisher_peak IS NOT NULL AND s.publisher_weeks_on IS NOT NULL
    AND debut.chart_date - history.chart_date >= 56 * 7;
