-- The functions of the api schema that people call, one JSON document each.
SELECT jsonb_build_object(
    'name', p.proname,
    'arguments', pg_get_function_arguments(p.oid),
    'comment', coalesce(obj_description(p.oid, 'pg_proc'), '')
)
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = 'api' AND p.proname NOT LIKE '\_%%'
ORDER BY p.proname
