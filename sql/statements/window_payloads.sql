-- The usable payloads of a window by source (all sources, or those named), the earlier first.
SELECT source_slug, window_start, fetched_at, url, coalesce(final_url, url) AS final_url, media_type, headers, sha256, uri
FROM raw.payloads
WHERE window_start = %(window_start)s AND error IS NULL AND body_removed_at IS NULL
    AND (%(slugs)s::text[] IS NULL OR source_slug = ANY(%(slugs)s))
ORDER BY source_slug, fetched_at;
