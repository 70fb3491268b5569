-- Record one input that could not be used; a repeat of it updates the row and counts.
INSERT INTO ops.dead_letters AS held (asset_key, source, reference, partition_key, reason, payload_excerpt)
VALUES (%(asset_key)s, %(source)s, %(reference)s, %(partition_key)s, %(reason)s, %(payload_excerpt)s)
ON CONFLICT (asset_key, source, reference) DO UPDATE
SET partition_key = EXCLUDED.partition_key,
    reason = EXCLUDED.reason,
    payload_excerpt = EXCLUDED.payload_excerpt,
    last_seen_at = now(),
    occurrences = held.occurrences + 1
