-- Rows of an asset's latest partitions apart from one: what a volume check compares with.
SELECT count(*)::integer AS partitions, percentile_cont(0.5) WITHIN GROUP (ORDER BY rows_written) AS median
FROM (
    SELECT rows_written
    FROM ops.materialisations
    WHERE asset_key = %(asset_key)s AND partition_key <> %(partition_key)s
    ORDER BY finished_at DESC
    LIMIT %(partitions)s
) AS latest
