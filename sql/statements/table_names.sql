-- Tables of the platform's schemas.
SELECT n.nspname, c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND n.nspname IN ('raw', 'industry', 'mig', 'fusion', 'cmg', 'scenes', 'talent', 'library', 'mixes', 'ml', 'ops')
ORDER BY 1, 2
