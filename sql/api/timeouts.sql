-- Statement time-outs as settings of the functions: PostgREST applies them to the request. (Within plain SQL the clock of
-- a statement is already running when a function is entered, so there the session's own setting counts.)
DO $$
DECLARE
    called record;
BEGIN
    FOR called IN
        SELECT p.oid::regprocedure AS signature,
            api._limit(CASE WHEN p.proname IN ('track', 'mix', 'industry_digest', 'request_mix') THEN 'entity_seconds' ELSE 'global_seconds' END) AS seconds
        FROM pg_proc AS p
        WHERE p.pronamespace = 'api'::regnamespace AND NOT starts_with(p.proname, '_')
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET statement_timeout = %L', called.signature, called.seconds || 's');
    END LOOP;
END
$$;
