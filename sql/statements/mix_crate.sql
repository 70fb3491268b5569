-- Analysed tracks that still have a file, as planner and scorer need them.
-- Parameters: track_ids (array, or null for all).
SELECT
    track.track_id,
    track.batch_key,
    coalesce(track.artist, '') AS artist,
    track.title,
    coalesce(lower(track.genre), '') AS genre,
    location.uri,
    analysis.duration_s,
    analysis.bpm,
    analysis.first_beat_s,
    analysis.first_downbeat,
    analysis.beat_count,
    analysis.grid_constant,
    analysis.grid_residual_ms,
    analysis.grid_confidence,
    analysis.camelot,
    analysis.key_confidence,
    analysis.energy,
    analysis.energy_curve,
    analysis.loudness_lufs,
    analysis.mix_in_s,
    analysis.mix_out_s,
    analysis.arrays_uri
FROM library.track_analyses AS analysis
JOIN library.tracks AS track ON track.track_id = analysis.track_id
JOIN LATERAL (
    SELECT min(l.uri) AS uri FROM library.track_locations AS l WHERE l.track_id = track.track_id AND l.present
) AS location ON location.uri IS NOT NULL
WHERE %(track_ids)s::text[] IS NULL OR track.track_id = ANY(%(track_ids)s)
ORDER BY track.track_id
