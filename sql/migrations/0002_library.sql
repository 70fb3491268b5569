-- Schema library: what scans found (batches, tracks, locations, states), what was measured, which tracks follow which.

CREATE TABLE library.intake_batches (
    batch_key text PRIMARY KEY CHECK (batch_key ~ '^b[0-9]{6}$'),
    source text NOT NULL,
    track_count smallint NOT NULL CHECK (track_count BETWEEN 1 AND 50),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE library.intake_batches IS 'The unit of work of the library: the tracks that one scan found, at most 50 to a batch. A batch is never changed once written.';
COMMENT ON COLUMN library.intake_batches.batch_key IS 'Partition key in Dagster, in order of intake: b000001, b000002...';
COMMENT ON COLUMN library.intake_batches.source IS 'Root (file:// or another fsspec URL) whose scan found the tracks.';
COMMENT ON COLUMN library.intake_batches.track_count IS 'Tracks in the batch, 1-50.';
COMMENT ON COLUMN library.intake_batches.created_at IS 'When the scan registered the batch.';

CREATE TABLE library.tracks (
    track_id text PRIMARY KEY CHECK (track_id ~ '^[0-9a-f]{32}$'),
    batch_key text NOT NULL REFERENCES library.intake_batches,
    title text NOT NULL CHECK (title <> ''),
    artist text,
    album text,
    genre text,
    release_year smallint CHECK (release_year BETWEEN 1000 AND 2999),
    tag_bpm double precision CHECK (tag_bpm > 0 AND tag_bpm < 1000),
    tag_camelot text CHECK (tag_camelot ~ '^([1-9]|1[0-2])[AB]$'),
    tag_energy smallint CHECK (tag_energy BETWEEN 1 AND 10),
    tags jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tags) = 'object'),
    media_type text NOT NULL,
    audio_bytes bigint NOT NULL CHECK (audio_bytes > 0),
    claimed_seconds double precision CHECK (claimed_seconds >= 0),
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tracks_batch_key ON library.tracks (batch_key);
CREATE INDEX tracks_artist_title ON library.tracks (lower(artist), lower(title));
CREATE INDEX tracks_genre ON library.tracks (lower(genre));
COMMENT ON TABLE library.tracks IS 'One row per recording, whatever its file is called and wherever it lies: two copies of the same audio are one track.';
COMMENT ON COLUMN library.tracks.track_id IS 'First 32 hexadecimal digits of the SHA-256 of the audio frames without tag blocks: survives retagging, renaming and moving.';
COMMENT ON COLUMN library.tracks.batch_key IS 'Intake batch in which the track was first found.';
COMMENT ON COLUMN library.tracks.title IS 'Title from the tags, or the file name where no tag gives one (tags says which).';
COMMENT ON COLUMN library.tracks.artist IS 'Artist from the tags.';
COMMENT ON COLUMN library.tracks.album IS 'Album from the tags.';
COMMENT ON COLUMN library.tracks.genre IS 'Genre from the tags, as written there.';
COMMENT ON COLUMN library.tracks.release_year IS 'Year of release from the tags.';
COMMENT ON COLUMN library.tracks.tag_bpm IS 'Tempo in BPM that the tags claim; our own measurement is library.track_analyses.bpm.';
COMMENT ON COLUMN library.tracks.tag_camelot IS 'Camelot code of the key that the tags claim; our own measurement is library.track_analyses.camelot.';
COMMENT ON COLUMN library.tracks.tag_energy IS 'Energy level 1-10 that the tags claim (Mixed In Key); our own measurement is library.track_analyses.energy_level.';
COMMENT ON COLUMN library.tracks.tags IS 'Every value read from tags with its provenance: {"<field>": {"value": ..., "source": "<tag frame, or file name>"}}; unreadable values under "refused".';
COMMENT ON COLUMN library.tracks.media_type IS 'Media type of the container, sniffed from the content, never taken from the file name.';
COMMENT ON COLUMN library.tracks.audio_bytes IS 'Bytes of audio frames that track_id was hashed from.';
COMMENT ON COLUMN library.tracks.claimed_seconds IS 'Duration in seconds that the container claims; the decoded duration is library.track_analyses.duration_s.';
COMMENT ON COLUMN library.tracks.first_seen_at IS 'When a scan first found the track.';
COMMENT ON COLUMN library.tracks.updated_at IS 'When a scan last changed this row.';

CREATE TABLE library.track_locations (
    uri text PRIMARY KEY,
    track_id text REFERENCES library.tracks,
    refused_reason text,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    modified_at timestamptz,
    present boolean NOT NULL DEFAULT true,
    seen_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((track_id IS NULL) <> (refused_reason IS NULL))
);
CREATE INDEX track_locations_track_id ON library.track_locations (track_id);
CREATE INDEX track_locations_uri_prefix ON library.track_locations (uri text_pattern_ops);
COMMENT ON TABLE library.track_locations IS 'One row per audio file that a scan has looked at. Rows of unchanged files are not touched by later scans.';
COMMENT ON COLUMN library.track_locations.uri IS 'Address of the file: file:///absolute/path or another fsspec URL, not percent-encoded.';
COMMENT ON COLUMN library.track_locations.track_id IS 'The track this file holds; null where the file was refused.';
COMMENT ON COLUMN library.track_locations.refused_reason IS 'Why the file is no track (the same sentence as in ops.dead_letters); null where it is one.';
COMMENT ON COLUMN library.track_locations.bytes IS 'Size of the file when it was last read; a change makes the next scan read it again.';
COMMENT ON COLUMN library.track_locations.modified_at IS 'Modification time of the file when it was last read; a change makes the next scan read it again. Null where the store has none.';
COMMENT ON COLUMN library.track_locations.present IS 'False once a scan of the same root no longer found the file.';
COMMENT ON COLUMN library.track_locations.seen_at IS 'When a scan last read the file or saw it come or go.';

CREATE TABLE library.track_states (
    track_id text NOT NULL REFERENCES library.tracks,
    stage text NOT NULL CHECK (stage IN ('analysis', 'stems')),
    status text NOT NULL CHECK (status IN ('done', 'failed')),
    error text,
    permanent boolean NOT NULL DEFAULT false,
    code_version text NOT NULL,
    model_version text,
    attempts integer NOT NULL DEFAULT 1 CHECK (attempts >= 1),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (track_id, stage),
    CHECK ((status = 'failed') = (error IS NOT NULL)),
    CHECK (status = 'failed' OR NOT permanent)
);
CREATE INDEX track_states_failed ON library.track_states (stage, updated_at) WHERE status = 'failed';
COMMENT ON TABLE library.track_states IS 'How far each track has come in each stage: the unit of truth that decides what a re-run has left to do. A track without a row is still to be done.';
COMMENT ON COLUMN library.track_states.track_id IS 'The track.';
COMMENT ON COLUMN library.track_states.stage IS 'Stage of the library: analysis or stems.';
COMMENT ON COLUMN library.track_states.status IS 'done or failed.';
COMMENT ON COLUMN library.track_states.error IS 'One sentence saying why the stage failed; null where it is done.';
COMMENT ON COLUMN library.track_states.permanent IS 'True where the audio itself cannot be used, so that only other code may cure it; other failures are tried again, three times in all, when the batch is materialised again.';
COMMENT ON COLUMN library.track_states.code_version IS 'Version of the code that made or refused the result; another version makes it out of date.';
COMMENT ON COLUMN library.track_states.model_version IS 'Name and hash of the model weights used, null where the stage uses none.';
COMMENT ON COLUMN library.track_states.attempts IS 'How often this version of the code has tried the stage on this track.';
COMMENT ON COLUMN library.track_states.updated_at IS 'When the stage last ended for this track.';

CREATE TABLE library.track_analyses (
    track_id text PRIMARY KEY REFERENCES library.tracks,
    duration_s double precision NOT NULL CHECK (duration_s > 0),
    sample_rate integer NOT NULL CHECK (sample_rate > 0),
    channels smallint NOT NULL CHECK (channels > 0),
    decoder text NOT NULL,
    bpm double precision NOT NULL CHECK (bpm > 0 AND bpm < 1000),
    bpm_confidence double precision NOT NULL CHECK (bpm_confidence BETWEEN 0 AND 1),
    bpm_candidates jsonb NOT NULL CHECK (jsonb_typeof(bpm_candidates) = 'array'),
    first_beat_s double precision CHECK (first_beat_s >= 0 AND first_beat_s <= duration_s),
    first_downbeat smallint NOT NULL CHECK (first_downbeat BETWEEN 0 AND 3),
    beat_count integer NOT NULL CHECK (beat_count >= 0),
    grid_constant boolean NOT NULL,
    grid_residual_ms double precision NOT NULL CHECK (grid_residual_ms >= 0),
    grid_confidence double precision NOT NULL CHECK (grid_confidence BETWEEN 0 AND 1),
    key_tonic smallint NOT NULL CHECK (key_tonic BETWEEN 0 AND 11),
    key_mode text NOT NULL CHECK (key_mode IN ('major', 'minor')),
    camelot text NOT NULL CHECK (camelot ~ '^([1-9]|1[0-2])[AB]$'),
    key_confidence double precision NOT NULL CHECK (key_confidence BETWEEN 0 AND 1),
    second_camelot text CHECK (second_camelot ~ '^([1-9]|1[0-2])[AB]$'),
    tuning_cents double precision NOT NULL CHECK (tuning_cents BETWEEN -50 AND 50),
    energy double precision NOT NULL CHECK (energy BETWEEN 0 AND 1),
    energy_level smallint NOT NULL CHECK (energy_level BETWEEN 1 AND 10),
    energy_curve real[] NOT NULL,
    loudness_lufs double precision NOT NULL,
    loudness_range_lu double precision NOT NULL CHECK (loudness_range_lu >= 0),
    true_peak_dbtp double precision NOT NULL,
    mix_in_s double precision NOT NULL CHECK (mix_in_s >= 0 AND mix_in_s <= duration_s),
    mix_out_s double precision NOT NULL CHECK (mix_out_s >= mix_in_s AND mix_out_s <= duration_s),
    arrays_uri text NOT NULL,
    picture_uri text NOT NULL,
    code_version text NOT NULL,
    analysed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((first_beat_s IS NULL) = (beat_count = 0))
);
CREATE INDEX track_analyses_bpm ON library.track_analyses (bpm, track_id);
CREATE INDEX track_analyses_camelot_bpm ON library.track_analyses (camelot, bpm);
CREATE INDEX track_analyses_energy ON library.track_analyses (energy, track_id);
CREATE INDEX track_analyses_duration ON library.track_analyses (duration_s, track_id);
CREATE INDEX track_analyses_analysed_at ON library.track_analyses (analysed_at);
COMMENT ON TABLE library.track_analyses IS 'What we measured of each track, one row per track (gold). Bulky arrays are Parquet files in the object store.';
COMMENT ON COLUMN library.track_analyses.track_id IS 'The track.';
COMMENT ON COLUMN library.track_analyses.duration_s IS 'Duration in seconds of what was decoded.';
COMMENT ON COLUMN library.track_analyses.sample_rate IS 'Sample rate in Hz of the decoded audio.';
COMMENT ON COLUMN library.track_analyses.channels IS 'Channels of the decoded audio.';
COMMENT ON COLUMN library.track_analyses.decoder IS 'Decoder and its version; times in seconds are exact for this decoder only (decoders differ by up to 26 ms on MP3).';
COMMENT ON COLUMN library.track_analyses.bpm IS 'Tempo in beats per minute; the median tempo where grid_constant is false.';
COMMENT ON COLUMN library.track_analyses.bpm_confidence IS 'Confidence in the tempo, 0-1.';
COMMENT ON COLUMN library.track_analyses.bpm_candidates IS 'Rival tempi, best first: [[bpm, score], ...].';
COMMENT ON COLUMN library.track_analyses.first_beat_s IS 'Time in seconds of the first beat of the grid; null where no beat was found.';
COMMENT ON COLUMN library.track_analyses.first_downbeat IS 'Index of the first downbeat (the one of a bar) in the beats, 0-3.';
COMMENT ON COLUMN library.track_analyses.beat_count IS 'Beats of the grid; where grid_constant, beat k is at first_beat_s + k * 60 / bpm.';
COMMENT ON COLUMN library.track_analyses.grid_constant IS 'True where one straight line through all beats explains them; otherwise read the beats from arrays_uri.';
COMMENT ON COLUMN library.track_analyses.grid_residual_ms IS 'Median distance in milliseconds of the observed onsets from the grid.';
COMMENT ON COLUMN library.track_analyses.grid_confidence IS 'How far tempo, phase and downbeat evidence agree, 0-1.';
COMMENT ON COLUMN library.track_analyses.key_tonic IS 'Pitch class of the tonic, 0-11 with C = 0.';
COMMENT ON COLUMN library.track_analyses.key_mode IS 'major or minor.';
COMMENT ON COLUMN library.track_analyses.camelot IS 'Camelot code of the key, e.g. 8A for A minor.';
COMMENT ON COLUMN library.track_analyses.key_confidence IS 'Confidence in the key, 0-1.';
COMMENT ON COLUMN library.track_analyses.second_camelot IS 'Camelot code of the runner-up, null where there is none.';
COMMENT ON COLUMN library.track_analyses.tuning_cents IS 'Offset of the tuning from A = 440 Hz in cents.';
COMMENT ON COLUMN library.track_analyses.energy IS 'Perceived energy of the whole track, 0-1.';
COMMENT ON COLUMN library.track_analyses.energy_level IS 'The same on the scale DJs use, 1-10.';
COMMENT ON COLUMN library.track_analyses.energy_curve IS 'Energy 0-1 in consecutive windows of 2 seconds.';
COMMENT ON COLUMN library.track_analyses.loudness_lufs IS 'Integrated loudness in LUFS (ITU-R BS.1770-4).';
COMMENT ON COLUMN library.track_analyses.loudness_range_lu IS 'Loudness range in LU (EBU Tech 3342).';
COMMENT ON COLUMN library.track_analyses.true_peak_dbtp IS 'True peak in dBTP, 4 times oversampled.';
COMMENT ON COLUMN library.track_analyses.mix_in_s IS 'Time in seconds of the phrase boundary from which this track can be mixed in over another.';
COMMENT ON COLUMN library.track_analyses.mix_out_s IS 'Time in seconds of the phrase boundary from which another track can be mixed in over this one.';
COMMENT ON COLUMN library.track_analyses.arrays_uri IS 'Parquet file with the arrays of the analysis: one row per array, columns name and values (beats, energy_curve, overview_min, overview_max).';
COMMENT ON COLUMN library.track_analyses.picture_uri IS 'PNG of the waveform with its grid and energy.';
COMMENT ON COLUMN library.track_analyses.code_version IS 'Version of the analysis code; another version makes the row out of date.';
COMMENT ON COLUMN library.track_analyses.analysed_at IS 'When the analysis was stored.';

CREATE TABLE library.transition_scores (
    out_track text NOT NULL REFERENCES library.track_analyses (track_id) ON DELETE CASCADE,
    in_track text NOT NULL REFERENCES library.track_analyses (track_id) ON DELETE CASCADE,
    rank smallint NOT NULL CHECK (rank BETWEEN 1 AND 200),
    score real NOT NULL CHECK (score BETWEEN 0 AND 100),
    harmonic_score real NOT NULL CHECK (harmonic_score BETWEEN 0 AND 100),
    tempo_score real NOT NULL CHECK (tempo_score BETWEEN 0 AND 100),
    energy_score real NOT NULL CHECK (energy_score BETWEEN 0 AND 100),
    tempo_ratio real NOT NULL CHECK (tempo_ratio > 0),
    energy_step real NOT NULL CHECK (energy_step BETWEEN -1 AND 1),
    batch_key text NOT NULL REFERENCES library.intake_batches,
    code_version text NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (out_track, in_track),
    CHECK (out_track <> in_track)
);
CREATE INDEX transition_scores_in_track ON library.transition_scores (in_track);
CREATE INDEX transition_scores_rank ON library.transition_scores (out_track, rank);
CREATE INDEX transition_scores_batch_key ON library.transition_scores (batch_key);
COMMENT ON TABLE library.transition_scores IS 'The best successors of each track, at most 200: how well in_track follows out_track (gold).';
COMMENT ON COLUMN library.transition_scores.out_track IS 'The track that is playing.';
COMMENT ON COLUMN library.transition_scores.in_track IS 'The track that follows.';
COMMENT ON COLUMN library.transition_scores.rank IS 'Place of in_track among the successors of out_track, 1 = best.';
COMMENT ON COLUMN library.transition_scores.score IS 'Quality of the transition, 0-100, from the three scores beside it.';
COMMENT ON COLUMN library.transition_scores.harmonic_score IS 'How well the keys go together, 0-100.';
COMMENT ON COLUMN library.transition_scores.tempo_score IS 'How well the tempi go together, 0-100; 100 = no stretch.';
COMMENT ON COLUMN library.transition_scores.energy_score IS 'How well the energy carries over, 0-100.';
COMMENT ON COLUMN library.transition_scores.tempo_ratio IS 'Speed at which in_track is played to match out_track, half and double time folded (1 = unchanged).';
COMMENT ON COLUMN library.transition_scores.energy_step IS 'Energy of in_track minus energy of out_track, -1 to 1.';
COMMENT ON COLUMN library.transition_scores.batch_key IS 'Intake batch whose arrival had this pair scored.';
COMMENT ON COLUMN library.transition_scores.code_version IS 'Version of the scoring code.';
COMMENT ON COLUMN library.transition_scores.scored_at IS 'When the pair was scored.';
