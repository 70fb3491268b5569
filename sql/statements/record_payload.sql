-- Add one answer to bronze; the same answer again in the same window adds nothing.
INSERT INTO raw.payloads (
    source_slug, window_start, window_end, fetched_at, url, final_url, status, headers, etag, last_modified,
    media_type, sha256, bytes, uri, elapsed_seconds, error
) VALUES (
    %(source_slug)s, %(window_start)s, %(window_end)s, %(fetched_at)s, %(url)s, %(final_url)s, %(status)s,
    %(headers)s, %(etag)s, %(last_modified)s, %(media_type)s, %(sha256)s, %(bytes)s, %(uri)s, %(elapsed_seconds)s,
    %(error)s
)
ON CONFLICT DO NOTHING;
