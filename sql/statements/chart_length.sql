-- Positions that we hold of a chart of a date.
SELECT count(*)
FROM industry.chart_snapshots
WHERE platform = %(platform)s AND chart = %(chart)s AND country = %(country)s AND chart_date = %(chart_date)s;
