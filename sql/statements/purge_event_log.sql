-- Removes one batch of events that only a reader of a long finished run's log needs (Dagster's storage).
-- Parameters: types (text[]), keep_days, batch_rows. A log line has no type.
DELETE FROM event_logs
WHERE id IN (
    SELECT event_logs.id
    FROM event_logs
    JOIN runs USING (run_id)
    WHERE runs.status IN ('SUCCESS', 'FAILURE', 'CANCELED')
      AND runs.update_timestamp < (now() AT TIME ZONE 'UTC') - make_interval(days => %(keep_days)s)
      AND (event_logs.dagster_event_type = ANY (%(types)s) OR event_logs.dagster_event_type IS NULL)
    LIMIT %(batch_rows)s
);
