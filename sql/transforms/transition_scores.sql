-- Merge newly scored pairs (temp table new_scores) into library.transition_scores: the best `successors` of each track
-- remain. Parameters: batch_keys (array: the batches scored), code_version, successors.
-- A pair of which either track is in those batches is known by new_scores alone; of all others the stored score stands.
-- The batch of a pair is the later of its two tracks', whichever batch was scored last.
CREATE TEMP TABLE batch_tracks ON COMMIT DROP AS
SELECT track_id FROM library.tracks WHERE batch_key = ANY(%(batch_keys)s);

CREATE TEMP TABLE kept_scores ON COMMIT DROP AS
SELECT *
FROM (
    SELECT pair.*, row_number() OVER (PARTITION BY out_track ORDER BY score DESC, in_track) AS place
    FROM (
        SELECT new.*, greatest(a.batch_key, b.batch_key) AS batch_key, %(code_version)s::text AS code_version
        FROM new_scores AS new
        JOIN library.tracks AS a ON a.track_id = new.out_track
        JOIN library.tracks AS b ON b.track_id = new.in_track
        UNION ALL
        SELECT
            out_track, in_track, score, harmonic_score, tempo_score, energy_score, tempo_ratio, energy_step,
            batch_key, code_version
        FROM library.transition_scores AS old
        WHERE NOT EXISTS (SELECT FROM batch_tracks WHERE track_id IN (old.out_track, old.in_track))
            AND (
                EXISTS (SELECT FROM new_scores AS new WHERE new.out_track = old.out_track)
                OR EXISTS (
                    SELECT FROM library.transition_scores AS stale
                    JOIN batch_tracks ON batch_tracks.track_id = stale.in_track
                    WHERE stale.out_track = old.out_track
                )
            )
    ) AS pair
) AS ranked
WHERE place <= %(successors)s;

DELETE FROM library.transition_scores AS old
WHERE (
        EXISTS (SELECT FROM batch_tracks WHERE track_id IN (old.out_track, old.in_track))
        OR EXISTS (SELECT FROM kept_scores AS kept WHERE kept.out_track = old.out_track)
    )
    AND NOT EXISTS (
        SELECT FROM kept_scores AS kept WHERE kept.out_track = old.out_track AND kept.in_track = old.in_track
    );

INSERT INTO library.transition_scores AS target (
    out_track, in_track, rank, score, harmonic_score, tempo_score, energy_score, tempo_ratio, energy_step, batch_key,
    code_version
)
SELECT
    out_track, in_track, place, score, harmonic_score, tempo_score, energy_score, tempo_ratio, energy_step, batch_key,
    code_version
FROM kept_scores
ON CONFLICT (out_track, in_track) DO UPDATE SET
    rank = excluded.rank,
    score = excluded.score,
    harmonic_score = excluded.harmonic_score,
    tempo_score = excluded.tempo_score,
    energy_score = excluded.energy_score,
    tempo_ratio = excluded.tempo_ratio,
    energy_step = excluded.energy_step,
    batch_key = excluded.batch_key,
    code_version = excluded.code_version,
    scored_at = now()
WHERE (
    target.rank, target.score, target.harmonic_score, target.tempo_score, target.energy_score, target.tempo_ratio,
    target.energy_step, target.batch_key, target.code_version
) IS DISTINCT FROM (
    excluded.rank, excluded.score, excluded.harmonic_score, excluded.tempo_score, excluded.energy_score,
    excluded.tempo_ratio, excluded.energy_step, excluded.batch_key, excluded.code_version
);
