-- Charts that came as files after a moment (%(after)s), in the order of their arrival.
SELECT source_slug, day, sha256, landed_at
FROM raw.landing_files
WHERE day IS NOT NULL AND landed_at > %(after)s::timestamptz
ORDER BY landed_at
LIMIT %(limit)s;
