-- Roles and grants. Applied again whenever this text changes, after every migration.
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

-- nothing for the public role: who may read or write is said below
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO backbeat_writer, backbeat_reader;

-- pipelines: rows everywhere, no DDL
GRANT USAGE ON SCHEMA
    raw, industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, ops, api TO backbeat_writer;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA
    raw, industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, ops TO backbeat_writer;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA
    raw, industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, ops TO backbeat_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA
    raw, industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, ops
    GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO backbeat_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA
    raw, industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, ops
    GRANT USAGE, SELECT ON SEQUENCES TO backbeat_writer;

-- analysts: every table that people query; neither payloads (raw) nor operation (ops)
GRANT USAGE ON SCHEMA industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, api TO backbeat_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA
    industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, api TO backbeat_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA industry, mig, fusion, cmg, scenes, talent, library, mixes, ml, api
    GRANT SELECT ON TABLES TO backbeat_reader;

-- functions are executable by everyone unless this is taken away
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
