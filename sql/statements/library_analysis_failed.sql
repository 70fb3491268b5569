-- Notes that the analysis of one track failed, and why, also as a dead letter for each of its files.
-- Parameters: track_id, uris (array), error, permanent, code_version.
WITH noted AS (
    INSERT INTO library.track_states AS held (track_id, stage, status, error, permanent, code_version)
    VALUES (%(track_id)s, 'analysis', 'failed', %(error)s, %(permanent)s, %(code_version)s)
    ON CONFLICT (track_id, stage) DO UPDATE
    SET (status, error, permanent, attempts, code_version, updated_at) = (
        'failed', excluded.error, excluded.permanent,
        CASE WHEN held.code_version = excluded.code_version THEN held.attempts + 1 ELSE 1 END,
        excluded.code_version, now()
    )
)
INSERT INTO ops.dead_letters AS held (asset_key, source, reference, partition_key, reason)
SELECT 'library.track_analyses', batch.source, uri, track.batch_key, %(error)s
FROM library.tracks AS track
JOIN library.intake_batches AS batch USING (batch_key)
CROSS JOIN unnest(%(uris)s::text[]) AS letter (uri)
WHERE track.track_id = %(track_id)s
ON CONFLICT (asset_key, source, reference) DO UPDATE
SET (partition_key, reason, occurrences, last_seen_at) = (
    excluded.partition_key, excluded.reason, held.occurrences + 1, now()
)
