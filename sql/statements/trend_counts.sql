-- Occurrences of each feature by source and week (trend_occurrences of this transaction), of features that occurred at
-- least %(least)s times in all; vocabulary counts all features of the kind, these included.
SELECT kind, feature, source, weeks_ago, occurrences, vocabulary
FROM (SELECT kind, feature, source, weeks_ago, count(*)::integer AS occurrences FROM trend_occurrences GROUP BY 1, 2, 3, 4) AS counted
JOIN (SELECT kind, feature FROM trend_occurrences GROUP BY 1, 2 HAVING count(*) >= %(least)s) AS usual USING (kind, feature)
JOIN (SELECT kind, count(DISTINCT feature)::integer AS vocabulary FROM trend_occurrences GROUP BY 1) AS kinds USING (kind)
ORDER BY kind, feature, source, weeks_ago;
