-- The tracks of some batches that lack an analysis by this version of the code and still have a file.
-- Parameters: batch_keys (array), code_version, max_attempts. A track that cannot be used is not tried again; one that
-- failed otherwise is, max_attempts times.
SELECT
    track.track_id,
    concat_ws(' - ', track.artist, track.title) AS title,
    array_agg(location.uri ORDER BY location.uri) AS uris
FROM library.tracks AS track
JOIN library.track_locations AS location ON location.track_id = track.track_id AND location.present
LEFT JOIN library.track_states AS state ON state.track_id = track.track_id AND state.stage = 'analysis'
LEFT JOIN library.track_analyses AS analysis ON analysis.track_id = track.track_id
WHERE track.batch_key = ANY(%(batch_keys)s)
    AND NOT coalesce(
        state.code_version = %(code_version)s
        AND (
            (state.status = 'done' AND analysis.track_id IS NOT NULL)
            OR state.permanent
            OR (state.status = 'failed' AND state.attempts >= %(max_attempts)s)
        ),
        false
    )
GROUP BY track.track_id
ORDER BY min(location.uri)
