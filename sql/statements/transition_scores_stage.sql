-- Where new pairs wait until they are merged by transforms/transition_scores.sql.
CREATE TEMP TABLE new_scores (
    out_track text NOT NULL,
    in_track text NOT NULL,
    score real NOT NULL,
    harmonic_score real NOT NULL,
    tempo_score real NOT NULL,
    energy_score real NOT NULL,
    tempo_ratio real NOT NULL,
    energy_step real NOT NULL
) ON COMMIT DROP
