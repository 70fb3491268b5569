-- A source failed: count it, and leave the source alone for a while.
INSERT INTO ops.source_health AS present (
    source, state, consecutive_failures, last_attempt_at, next_attempt_at, last_status, last_error
)
VALUES (%(source)s, 'failing', 1, %(at)s, %(next_attempt_at)s, %(status)s, %(error)s)
ON CONFLICT (source) DO UPDATE SET
    state = 'failing', consecutive_failures = present.consecutive_failures + 1,
    last_attempt_at = excluded.last_attempt_at, next_attempt_at = excluded.next_attempt_at,
    last_status = excluded.last_status, last_error = excluded.last_error;
