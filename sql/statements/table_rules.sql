-- The rules that the catalogue holds for one table, each with what a checker needs to count its violations.
SELECT
    p.conname AS name,
    p.contype::text AS kind,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(p.conkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = p.conrelid AND a.attnum = k.attnum
        ORDER BY k.place
    ) AS columns,
    CASE WHEN p.contype = 'c' THEN pg_get_expr(p.conbin, p.conrelid) END AS expression,
    CASE WHEN p.contype = 'f' THEN p.confrelid::regclass::text END AS target,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(p.confkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute AS a ON a.attrelid = p.confrelid AND a.attnum = k.attnum
        ORDER BY k.place
    ) AS target_columns
FROM pg_constraint AS p
WHERE p.conrelid = %(table)s::regclass AND p.contype IN ('p', 'u', 'c', 'f')
UNION ALL
SELECT 'required: ' || a.attname, 'n', ARRAY[a.attname::text], NULL, NULL, '{}'
FROM pg_attribute AS a
WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
ORDER BY 2, 1
