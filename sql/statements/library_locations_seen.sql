-- Marks files as there again or gone; a refused file that is gone is no dead letter any more.
-- Parameters: returned, gone (arrays of uri).
WITH cleared AS (
    DELETE FROM ops.dead_letters WHERE asset_key = 'library.tracks' AND reference = ANY(%(gone)s)
)
UPDATE library.track_locations
SET present = uri = ANY(%(returned)s), seen_at = now()
WHERE uri = ANY(%(returned)s) OR uri = ANY(%(gone)s)
