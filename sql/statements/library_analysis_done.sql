-- Keeps the analysis of one track and says that the stage is done; one statement, hence all or nothing.
WITH kept AS (
    INSERT INTO library.track_analyses AS held (
        track_id, duration_s, sample_rate, channels, decoder, bpm, bpm_confidence, bpm_candidates, first_beat_s,
        first_downbeat, beat_count, grid_constant, grid_residual_ms, grid_confidence, key_tonic, key_mode, camelot,
        key_confidence, second_camelot, tuning_cents, energy, energy_level, energy_curve, loudness_lufs,
        loudness_range_lu, true_peak_dbtp, mix_in_s, mix_out_s, arrays_uri, picture_uri, code_version
    )
    VALUES (
        %(track_id)s, %(duration_s)s, %(sample_rate)s, %(channels)s, %(decoder)s, %(bpm)s, %(bpm_confidence)s,
        %(bpm_candidates)s, %(first_beat_s)s, %(first_downbeat)s, %(beat_count)s, %(grid_constant)s,
        %(grid_residual_ms)s, %(grid_confidence)s, %(key_tonic)s, %(key_mode)s, %(camelot)s, %(key_confidence)s,
        %(second_camelot)s, %(tuning_cents)s, %(energy)s, %(energy_level)s, %(energy_curve)s, %(loudness_lufs)s,
        %(loudness_range_lu)s, %(true_peak_dbtp)s, %(mix_in_s)s, %(mix_out_s)s, %(arrays_uri)s, %(picture_uri)s,
        %(code_version)s
    )
    ON CONFLICT (track_id) DO UPDATE SET (
        duration_s, sample_rate, channels, decoder, bpm, bpm_confidence, bpm_candidates, first_beat_s, first_downbeat,
        beat_count, grid_constant, grid_residual_ms, grid_confidence, key_tonic, key_mode, camelot, key_confidence,
        second_camelot, tuning_cents, energy, energy_level, energy_curve, loudness_lufs, loudness_range_lu,
        true_peak_dbtp, mix_in_s, mix_out_s, arrays_uri, picture_uri, code_version, analysed_at
    ) = (
        excluded.duration_s, excluded.sample_rate, excluded.channels, excluded.decoder, excluded.bpm,
        excluded.bpm_confidence, excluded.bpm_candidates, excluded.first_beat_s, excluded.first_downbeat,
        excluded.beat_count, excluded.grid_constant, excluded.grid_residual_ms, excluded.grid_confidence,
        excluded.key_tonic, excluded.key_mode, excluded.camelot, excluded.key_confidence, excluded.second_camelot,
        excluded.tuning_cents, excluded.energy, excluded.energy_level, excluded.energy_curve, excluded.loudness_lufs,
        excluded.loudness_range_lu, excluded.true_peak_dbtp, excluded.mix_in_s, excluded.mix_out_s,
        excluded.arrays_uri, excluded.picture_uri, excluded.code_version, now()
    )
), cleared AS (
    DELETE FROM ops.dead_letters WHERE asset_key = 'library.track_analyses' AND reference = ANY(%(uris)s)
)
INSERT INTO library.track_states AS held (track_id, stage, status, code_version)
VALUES (%(track_id)s, 'analysis', 'done', %(code_version)s)
ON CONFLICT (track_id, stage) DO UPDATE
SET (status, error, permanent, attempts, code_version, updated_at) = (
    'done', NULL, false,
    CASE WHEN held.code_version = excluded.code_version THEN held.attempts + 1 ELSE 1 END,
    excluded.code_version, now()
)
