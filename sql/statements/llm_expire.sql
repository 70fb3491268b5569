-- Release what calls reserved that began more than %(seconds)s seconds ago and never ended: their process died.
WITH expired AS (
    UPDATE ops.llm_calls SET outcome = 'expired', error = 'The process that made the call did not live to record its end.'
    WHERE call_id IN (
        SELECT call_id FROM ops.llm_calls
        WHERE outcome = 'reserved' AND called_at < now() - make_interval(secs => %(seconds)s)
        FOR UPDATE SKIP LOCKED
    )
    RETURNING called_at, purpose, subject, estimated_cost_usd
),
released AS (
    SELECT budget, subject, sum(usd) AS usd
    FROM (
        SELECT 'day' AS budget, ((called_at AT TIME ZONE 'UTC')::date)::text AS subject, estimated_cost_usd AS usd FROM expired
        UNION ALL
        SELECT purpose, subject, estimated_cost_usd FROM expired
    ) AS each
    GROUP BY budget, subject
),
locked AS ( -- in the order in which everybody locks, so that nobody waits in a circle
    SELECT kept.budget, kept.subject, released.usd
    FROM ops.llm_budget AS kept JOIN released ON kept.budget = released.budget AND kept.subject = released.subject
    ORDER BY kept.budget, kept.subject
    FOR UPDATE OF kept
)
UPDATE ops.llm_budget AS kept SET reserved_usd = kept.reserved_usd - locked.usd
FROM locked
WHERE kept.budget = locked.budget AND kept.subject = locked.subject;
