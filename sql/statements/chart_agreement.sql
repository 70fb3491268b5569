-- Rows of a chart whose publisher prints a previous position, and how many of them stood there on our preceding chart
-- (at most 10 days older: an older one is not the chart that the publisher means).
WITH preceding AS (
    SELECT max(chart_date) AS chart_date
    FROM industry.chart_snapshots
    WHERE platform = %(platform)s AND chart = %(chart)s AND country = %(country)s AND position = 1
      AND chart_date < %(chart_date)s::date AND chart_date >= %(chart_date)s::date - 10
)
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM industry.chart_snapshots AS before
    WHERE before.platform = now.platform AND before.chart = now.chart AND before.country = now.country
      AND before.chart_date = preceding.chart_date AND before.position = now.publisher_previous
      AND before.track_key = now.track_key
))
FROM industry.chart_snapshots AS now
JOIN preceding ON preceding.chart_date IS NOT NULL
WHERE now.platform = %(platform)s AND now.chart = %(chart)s AND now.country = %(country)s AND now.chart_date = %(chart_date)s::date
  AND now.publisher_previous IS NOT NULL;
