-- How the tracks of some batches stand, with what was measured of them. Parameters: batch_keys (array), code_version.
SELECT
    track.batch_key,
    track.track_id,
    concat_ws(' - ', track.artist, track.title) AS title,
    analysis.track_id IS NOT NULL AS analysed,
    CASE WHEN state.status = 'failed' AND state.code_version = %(code_version)s THEN state.error END AS error,
    EXISTS (
        SELECT FROM library.track_locations AS location WHERE location.track_id = track.track_id AND location.present
    ) AS present,
    analysis.bpm,
    analysis.grid_constant,
    analysis.camelot,
    analysis.energy_level,
    analysis.loudness_lufs,
    analysis.duration_s,
    analysis.picture_uri
FROM library.tracks AS track
LEFT JOIN library.track_states AS state ON state.track_id = track.track_id AND state.stage = 'analysis'
LEFT JOIN library.track_analyses AS analysis ON analysis.track_id = track.track_id
WHERE track.batch_key = ANY(%(batch_keys)s)
ORDER BY track.batch_key, title, track.track_id
