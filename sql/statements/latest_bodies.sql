-- The latest usable body of each source, with the address and validators to ask for changes since.
SELECT DISTINCT ON (source_slug) source_slug, url, etag, last_modified, media_type, sha256, bytes, uri
FROM raw.payloads
WHERE error IS NULL AND source_slug = ANY(%(slugs)s)
ORDER BY source_slug, fetched_at DESC;
