-- Who may read and write what. Applied after everything that it grants on, whenever any of that changed.

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
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA api FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO backbeat_reader, backbeat_writer;
REVOKE EXECUTE ON FUNCTION api.request_mix FROM backbeat_reader;
GRANT EXECUTE ON FUNCTION api.request_mix TO backbeat_member;
