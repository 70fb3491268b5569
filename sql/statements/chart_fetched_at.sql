-- When the payload arrived that a chart of a date was read from; NULL where we hold no such chart.
SELECT max(fetched_at)
FROM industry.chart_snapshots
WHERE platform = %(platform)s AND chart = %(chart)s AND country = %(country)s AND chart_date = %(chart_date)s;
