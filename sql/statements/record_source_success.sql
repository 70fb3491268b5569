-- A source answered usably: its failures are over.
INSERT INTO ops.source_health AS present (source, state, last_attempt_at, last_success_at, last_status)
VALUES (%(source)s, 'healthy', %(at)s, %(at)s, %(status)s)
ON CONFLICT (source) DO UPDATE SET
    state = 'healthy', consecutive_failures = 0, last_attempt_at = excluded.last_attempt_at,
    last_success_at = excluded.last_success_at, next_attempt_at = NULL, last_status = excluded.last_status,
    last_error = NULL;
