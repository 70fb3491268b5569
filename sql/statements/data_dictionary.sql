-- The tables of the platform's schemas as the catalogue describes them, one JSON document per table.
SELECT jsonb_build_object(
    'schema_name', n.nspname,
    'name', c.relname,
    'comment', coalesce(obj_description(c.oid, 'pg_class'), ''),
    'columns', (
        SELECT jsonb_agg(
            jsonb_build_object(
                'name', a.attname,
                'type', format_type(a.atttypid, a.atttypmod),
                'nullable', NOT a.attnotnull,
                'comment', coalesce(col_description(c.oid, a.attnum), '')
            )
            ORDER BY a.attnum
        )
        FROM pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ),
    'primary_key', coalesce((
        SELECT jsonb_agg(a.attname ORDER BY k.place)
        FROM pg_constraint AS p
        CROSS JOIN LATERAL unnest(p.conkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = p.conrelid AND a.attnum = k.attnum
        WHERE p.conrelid = c.oid AND p.contype = 'p'
    ), '[]'),
    'constraints', coalesce((
        SELECT jsonb_agg(pg_get_constraintdef(p.oid) ORDER BY p.contype, p.conname)
        FROM pg_constraint AS p
        WHERE p.conrelid = c.oid AND p.contype IN ('u', 'f', 'c')
    ), '[]')
)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm')
    AND n.nspname = ANY(%(schemas)s)
    AND (%(table)s::text IS NULL OR c.relname = %(table)s)
    AND NOT c.relispartition
ORDER BY array_position(%(schemas)s, n.nspname::text), c.relname
