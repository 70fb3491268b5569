-- Bodies that retention may let go of: every payload that has one came before %(before)s. Kept all the same are the latest
-- usable body of each source, without which a 304 would answer for nothing, and the user's own files.
WITH latest AS (
    SELECT DISTINCT ON (source_slug) sha256 FROM raw.payloads WHERE error IS NULL ORDER BY source_slug, fetched_at DESC
)
SELECT DISTINCT p.sha256, p.uri
FROM raw.payloads AS p
WHERE p.fetched_at < %(before)s AND p.uri IS NOT NULL AND p.body_removed_at IS NULL
  AND NOT EXISTS (SELECT FROM raw.payloads AS later WHERE later.sha256 = p.sha256 AND later.fetched_at >= %(before)s)
  AND NOT EXISTS (SELECT FROM latest WHERE latest.sha256 = p.sha256)
  AND NOT EXISTS (SELECT FROM raw.landing_files AS f WHERE f.sha256 = p.sha256)
ORDER BY p.sha256
LIMIT %(batch)s;
