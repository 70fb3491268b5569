-- Removes every function of the api schema before all of them are created again: CREATE OR REPLACE would leave a function
-- whose arguments changed beside the new one, and calls to it would be ambiguous. Fails where something else of the
-- database, e.g. a view of a user, is built on one of them.
DO $$
DECLARE
    signature regprocedure;
BEGIN
    FOR signature IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace ORDER BY p.oid DESC LOOP
        EXECUTE format('DROP FUNCTION %s', signature);
    END LOOP;
END
$$
