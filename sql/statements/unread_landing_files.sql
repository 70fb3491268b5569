-- The landing files of these contracts that are in bronze and not yet in silver, the earlier first.
SELECT source_slug, file_name, sha256, contract, day, uri, landed_at
FROM raw.landing_files
WHERE read_at IS NULL AND contract = ANY(%(contracts)s)
ORDER BY landed_at, source_slug, file_name;
