-- Remember the latest materialisation of one partition.
INSERT INTO ops.materialisations (asset_key, partition_key, run_id, rows_written, seconds)
VALUES (%(asset_key)s, %(partition_key)s, %(run_id)s, %(rows)s, %(seconds)s)
ON CONFLICT (asset_key, partition_key) DO UPDATE
SET run_id = EXCLUDED.run_id,
    rows_written = EXCLUDED.rows_written,
    seconds = EXCLUDED.seconds,
    finished_at = now()
