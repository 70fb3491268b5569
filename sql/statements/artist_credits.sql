-- Every credit that our charts and releases print, with how often each does and its best position.
SELECT artist, sum(chart_entries)::integer, min(best_position)::integer, sum(releases)::integer
FROM (
    SELECT artist, count(*) AS chart_entries, min(position) AS best_position, 0 AS releases
    FROM industry.chart_snapshots GROUP BY artist
    UNION ALL
    SELECT artist, 0, NULL, count(*) FROM industry.new_releases GROUP BY artist
) AS credits
GROUP BY artist
ORDER BY artist;
