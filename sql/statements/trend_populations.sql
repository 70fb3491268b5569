-- How much each source brought in each week (tables of this transaction).
SELECT source, weeks_ago, count(*)::integer AS documents FROM trend_documents GROUP BY 1, 2
UNION ALL
SELECT source, weeks_ago, count(*)::integer FROM trend_chart_rows GROUP BY 1, 2
ORDER BY 1, 2;
