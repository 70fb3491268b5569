-- Registers what a scan read (scan_findings): new tracks in new batches, locations, dead letters. Parameters: source,
-- batch_size. Returns the keys of the new batches. One transaction with the COPY into scan_findings.

-- Two scans may find the same new track: the second waits here and then sees that it is not new any more.
SELECT pg_advisory_xact_lock(hashtextextended('library.intake_batches', 0));

-- Of several copies the one changed last speaks for the track: its tags are the ones somebody corrected.
CREATE TEMP TABLE scan_tracks ON COMMIT DROP AS
SELECT DISTINCT ON (track_id) *
FROM scan_findings
WHERE track_id IS NOT NULL
ORDER BY track_id, modified_at DESC NULLS LAST, uri;

CREATE TEMP TABLE scan_new_tracks ON COMMIT DROP AS
SELECT
    found.track_id,
    'b' || lpad(
        (latest.number + 1 + (row_number() OVER (ORDER BY found.uri) - 1) / %(batch_size)s)::text, 6, '0'
    ) AS batch_key
FROM scan_tracks AS found
CROSS JOIN (SELECT coalesce(max(substr(batch_key, 2)::integer), 0) AS number FROM library.intake_batches) AS latest
WHERE NOT EXISTS (SELECT FROM library.tracks AS known WHERE known.track_id = found.track_id);

INSERT INTO library.intake_batches (batch_key, source, track_count)
SELECT batch_key, %(source)s, count(*) FROM scan_new_tracks GROUP BY batch_key;

INSERT INTO library.tracks AS known (
    track_id, batch_key, title, artist, album, genre, release_year, tag_bpm, tag_camelot, tag_energy, tags, media_type,
    audio_bytes, claimed_seconds
)
SELECT
    track_id, batch_key, title, artist, album, genre, release_year, tag_bpm, tag_camelot, tag_energy, tags, media_type,
    audio_bytes, claimed_seconds
FROM scan_tracks JOIN scan_new_tracks USING (track_id)
ORDER BY track_id;

UPDATE library.tracks AS known
SET (title, artist, album, genre, release_year, tag_bpm, tag_camelot, tag_energy, tags, claimed_seconds, updated_at) = (
    found.title, found.artist, found.album, found.genre, found.release_year, found.tag_bpm, found.tag_camelot,
    found.tag_energy, found.tags, found.claimed_seconds, now()
)
FROM scan_tracks AS found
WHERE known.track_id = found.track_id
    AND (
        known.title, known.artist, known.album, known.genre, known.release_year, known.tag_bpm, known.tag_camelot,
        known.tag_energy, known.tags, known.claimed_seconds
    ) IS DISTINCT FROM (
        found.title, found.artist, found.album, found.genre, found.release_year, found.tag_bpm, found.tag_camelot,
        found.tag_energy, found.tags, found.claimed_seconds
    );

INSERT INTO library.track_locations AS known (uri, track_id, refused_reason, bytes, modified_at)
SELECT uri, track_id, refused_reason, bytes, modified_at FROM scan_findings ORDER BY uri
ON CONFLICT (uri) DO UPDATE
SET (track_id, refused_reason, bytes, modified_at, present, seen_at) = (
    excluded.track_id, excluded.refused_reason, excluded.bytes, excluded.modified_at, true, now()
)
WHERE (known.track_id, known.refused_reason, known.bytes, known.modified_at, known.present) IS DISTINCT FROM (
    excluded.track_id, excluded.refused_reason, excluded.bytes, excluded.modified_at, true
);

-- A file that has been replaced by a good one is no dead letter any more.
DELETE FROM ops.dead_letters AS letter
USING scan_findings AS found
WHERE letter.asset_key = 'library.tracks' AND letter.reference = found.uri AND found.track_id IS NOT NULL;

INSERT INTO ops.dead_letters AS known (asset_key, source, reference, reason)
SELECT 'library.tracks', %(source)s, uri, refused_reason FROM scan_findings WHERE refused_reason IS NOT NULL ORDER BY uri
ON CONFLICT (asset_key, source, reference) DO UPDATE
SET (reason, occurrences, last_seen_at) = (excluded.reason, known.occurrences + 1, now());

SELECT DISTINCT batch_key FROM scan_new_tracks ORDER BY batch_key
