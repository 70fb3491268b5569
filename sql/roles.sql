-- The roles that people and pipelines connect with. Applied before the migrations, as their policies may name roles.
-- Roles belong to the cluster, not to this database, and another database may be creating them at this moment.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['backbeat_writer', 'backbeat_reader', 'backbeat_member'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;
            END;
        END IF;
    END LOOP;
    IF NOT pg_has_role('backbeat_member', 'backbeat_reader', 'MEMBER') THEN
        GRANT backbeat_reader TO backbeat_member;
    END IF;
END
$$;
