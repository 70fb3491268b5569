-- Schema `mixes`: requests, plans, renders, their measured report and their progress.
-- The successor table `library.transition_scores` belongs to 0002_library.sql. The schema itself comes from 0001.

CREATE TABLE mixes.mix_requests (
    request_id       text PRIMARY KEY CHECK (request_id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    requested_at     timestamptz NOT NULL DEFAULT now(),
    requested_by     text NOT NULL DEFAULT current_user,
    status           text NOT NULL DEFAULT 'pending'
                     CHECK (status IN ('pending', 'running', 'done', 'failed', 'impossible')),
    parameters       jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
    parameters_sha256 text NOT NULL CHECK (parameters_sha256 ~ '^[0-9a-f]{64}$'),
    curve            text GENERATED ALWAYS AS (parameters ->> 'curve') STORED,
    length_seconds   double precision GENERATED ALWAYS AS ((parameters ->> 'seconds')::double precision) STORED
                     CHECK (length_seconds > 0),
    seed             bigint GENERATED ALWAYS AS ((parameters ->> 'seed')::bigint) STORED,
    started_at       timestamptz,
    finished_at      timestamptz,
    error            text,
    CHECK ((status IN ('failed', 'impossible')) = (error IS NOT NULL)),
    CHECK ((status IN ('done', 'failed', 'impossible')) = (finished_at IS NOT NULL))
);
CREATE INDEX mix_requests_by_status ON mixes.mix_requests (status, requested_at);
CREATE INDEX mix_requests_by_content ON mixes.mix_requests (parameters_sha256);

COMMENT ON TABLE mixes.mix_requests IS 'One row per mix somebody asked for; its request_id is the partition key of the mix assets.';
COMMENT ON COLUMN mixes.mix_requests.request_id IS 'Name of the request: mix- and the head of parameters_sha256, with a number behind it for each deliberate repetition.';
COMMENT ON COLUMN mixes.mix_requests.requested_at IS 'When the request arrived (UTC).';
COMMENT ON COLUMN mixes.mix_requests.requested_by IS 'Who asked: the database role, or the name the submitting program gave.';
COMMENT ON COLUMN mixes.mix_requests.status IS 'pending: waits for a run; running; done: rendered and measured; failed: broke on the way; impossible: no mix can satisfy it (error says why).';
COMMENT ON COLUMN mixes.mix_requests.parameters IS 'The validated request, every default filled in; fields as documented in assets/mixes/requests.py.';
COMMENT ON COLUMN mixes.mix_requests.parameters_sha256 IS 'SHA-256 of the canonical JSON of parameters: the same wish sent twice is one request.';
COMMENT ON COLUMN mixes.mix_requests.curve IS 'Energy curve asked for, e.g. build or double-peak (from parameters).';
COMMENT ON COLUMN mixes.mix_requests.length_seconds IS 'Length asked for in seconds (from parameters).';
COMMENT ON COLUMN mixes.mix_requests.seed IS 'Seed of the planner (from parameters): the same seed over the same library gives the same mix.';
COMMENT ON COLUMN mixes.mix_requests.started_at IS 'When planning last began (UTC).';
COMMENT ON COLUMN mixes.mix_requests.finished_at IS 'When the request reached done, failed or impossible (UTC).';
COMMENT ON COLUMN mixes.mix_requests.error IS 'One sentence: what went wrong or cannot be satisfied, and the way out.';

CREATE TABLE mixes.mix_plans (
    request_id       text PRIMARY KEY REFERENCES mixes.mix_requests ON DELETE CASCADE,
    plan             jsonb NOT NULL CHECK (jsonb_typeof(plan) = 'object'),
    plan_sha256      text NOT NULL CHECK (plan_sha256 ~ '^[0-9a-f]{64}$'),
    tracks           integer NOT NULL CHECK (tracks >= 1),
    seconds          double precision NOT NULL CHECK (seconds > 0),
    objective        double precision NOT NULL CHECK (objective BETWEEN 0 AND 1),
    greedy_objective double precision NOT NULL,
    exact            boolean NOT NULL,
    notes            text[] NOT NULL DEFAULT '{}',
    code_version     text NOT NULL,
    planned_at       timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE mixes.mix_plans IS 'One row per planned mix: the whole plan as the renderer reads it, and what it is worth.';
COMMENT ON COLUMN mixes.mix_plans.request_id IS 'The request this plan answers.';
COMMENT ON COLUMN mixes.mix_plans.plan IS 'The whole plan, lossless: the record of assets/mixes/mix_plan.py as JSON.';
COMMENT ON COLUMN mixes.mix_plans.plan_sha256 IS 'SHA-256 of the canonical JSON of plan; with the renderer''s version it addresses the render.';
COMMENT ON COLUMN mixes.mix_plans.tracks IS 'Number of tracks in the set.';
COMMENT ON COLUMN mixes.mix_plans.seconds IS 'Planned length of the mix in seconds.';
COMMENT ON COLUMN mixes.mix_plans.objective IS 'What the planner maximised (transition quality, energy fit, variety), 0-1, higher is better; comparable between plans for the same request only.';
COMMENT ON COLUMN mixes.mix_plans.greedy_objective IS 'The same for the best greedy order: never above objective but for rounding.';
COMMENT ON COLUMN mixes.mix_plans.exact IS 'True where objective is proven to be the optimum.';
COMMENT ON COLUMN mixes.mix_plans.notes IS 'Sentences on what of the request could only be met in part.';
COMMENT ON COLUMN mixes.mix_plans.code_version IS 'Version of the planner''s code.';
COMMENT ON COLUMN mixes.mix_plans.planned_at IS 'When the plan was made (UTC).';

CREATE TABLE mixes.mix_plan_tracks (
    request_id       text NOT NULL REFERENCES mixes.mix_plans ON DELETE CASCADE,
    position         integer NOT NULL CHECK (position >= 1),
    track_id         text NOT NULL REFERENCES library.tracks,
    start_s          double precision NOT NULL CHECK (start_s >= 0),
    end_s            double precision NOT NULL,
    source_start_s   double precision NOT NULL CHECK (source_start_s >= 0),
    source_end_s     double precision NOT NULL,
    bpm              double precision NOT NULL CHECK (bpm > 0),
    camelot          text CHECK (camelot ~ '^([1-9]|1[0-2])[AB]$'),
    gain_db          double precision NOT NULL,
    keep_pitch       boolean NOT NULL,
    energy           double precision NOT NULL CHECK (energy BETWEEN 0 AND 1),
    target_energy    double precision NOT NULL CHECK (target_energy BETWEEN 0 AND 1),
    PRIMARY KEY (request_id, position),
    UNIQUE (request_id, track_id),
    CHECK (end_s > start_s),
    CHECK (source_end_s > source_start_s)
);
CREATE INDEX mix_plan_tracks_by_track ON mixes.mix_plan_tracks (track_id);

COMMENT ON TABLE mixes.mix_plan_tracks IS 'The order of a planned set: one row per track and position.';
COMMENT ON COLUMN mixes.mix_plan_tracks.request_id IS 'The mix.';
COMMENT ON COLUMN mixes.mix_plan_tracks.position IS 'Place in the set, from 1.';
COMMENT ON COLUMN mixes.mix_plan_tracks.track_id IS 'The track (library.tracks); no track plays twice in a mix.';
COMMENT ON COLUMN mixes.mix_plan_tracks.start_s IS 'Time in the mix at which the track begins to sound, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_tracks.end_s IS 'Time in the mix at which the track has ended, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_tracks.source_start_s IS 'Entry cue: time in the track that plays at start_s, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_tracks.source_end_s IS 'Exit cue: time in the track that plays at end_s, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_tracks.bpm IS 'Own tempo of the track; the tempo it is played at is that of the transitions on either side.';
COMMENT ON COLUMN mixes.mix_plan_tracks.camelot IS 'Camelot code of the key, null where no key was found.';
COMMENT ON COLUMN mixes.mix_plan_tracks.gain_db IS 'Gain that brings the track to the common loudness.';
COMMENT ON COLUMN mixes.mix_plan_tracks.keep_pitch IS 'False where pitch follows the speed changes (varispeed).';
COMMENT ON COLUMN mixes.mix_plan_tracks.energy IS 'Energy of the part that is played, 0-1, as analysed.';
COMMENT ON COLUMN mixes.mix_plan_tracks.target_energy IS 'Energy the requested curve wants at the middle of the track''s stay, 0-1.';

CREATE TABLE mixes.mix_plan_transitions (
    request_id       text NOT NULL REFERENCES mixes.mix_plans ON DELETE CASCADE,
    transition       integer NOT NULL CHECK (transition >= 1),
    from_track_id    text NOT NULL REFERENCES library.tracks,
    to_track_id      text NOT NULL REFERENCES library.tracks,
    technique        text NOT NULL,
    start_s          double precision NOT NULL CHECK (start_s >= 0),
    swap_s           double precision NOT NULL,
    end_s            double precision NOT NULL,
    bars             integer NOT NULL CHECK (bars >= 0),
    bpm              double precision CHECK (bpm > 0),
    stretch_out_percent double precision NOT NULL,
    stretch_in_percent  double precision NOT NULL,
    move             text NOT NULL,
    blend            double precision NOT NULL CHECK (blend BETWEEN 0 AND 100),
    effect           double precision NOT NULL CHECK (effect BETWEEN 0 AND 100),
    tempo_fit        text NOT NULL,
    energy_step      double precision NOT NULL CHECK (energy_step BETWEEN -1 AND 1),
    score            double precision NOT NULL CHECK (score BETWEEN 0 AND 100),
    flagged          boolean NOT NULL,
    reason           text NOT NULL,
    PRIMARY KEY (request_id, transition),
    CHECK (start_s <= swap_s AND swap_s <= end_s),
    CHECK (from_track_id <> to_track_id),
    CHECK (NOT flagged OR reason <> '')
);

COMMENT ON TABLE mixes.mix_plan_transitions IS 'One row per transition of a planned set: transition k leads from position k to k + 1.';
COMMENT ON COLUMN mixes.mix_plan_transitions.request_id IS 'The mix.';
COMMENT ON COLUMN mixes.mix_plan_transitions.transition IS 'Number of the transition, from 1.';
COMMENT ON COLUMN mixes.mix_plan_transitions.from_track_id IS 'The outgoing track.';
COMMENT ON COLUMN mixes.mix_plan_transitions.to_track_id IS 'The incoming track.';
COMMENT ON COLUMN mixes.mix_plan_transitions.technique IS 'How one track gives way to the next: eq_swap, quick_cut or fade_cut.';
COMMENT ON COLUMN mixes.mix_plan_transitions.start_s IS 'Time in the mix at which both tracks begin to sound, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_transitions.swap_s IS 'Time in the mix at which the bass changes hands, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_transitions.end_s IS 'Time in the mix at which the outgoing track has gone, in seconds.';
COMMENT ON COLUMN mixes.mix_plan_transitions.bars IS 'Length of the overlap in bars of the outgoing track; 0 for a cut.';
COMMENT ON COLUMN mixes.mix_plan_transitions.bpm IS 'Tempo both tracks are played at, in beats of the outgoing track; null for a cut.';
COMMENT ON COLUMN mixes.mix_plan_transitions.stretch_out_percent IS 'Speed change of the outgoing track in percent, positive: faster.';
COMMENT ON COLUMN mixes.mix_plan_transitions.stretch_in_percent IS 'Speed change of the incoming track in percent, positive: faster.';
COMMENT ON COLUMN mixes.mix_plan_transitions.move IS 'Name of the key relation, e.g. relative.';
COMMENT ON COLUMN mixes.mix_plan_transitions.blend IS 'Consonance when both tracks sound, 0-100.';
COMMENT ON COLUMN mixes.mix_plan_transitions.effect IS 'Lift of the key change on a cut, 0-100.';
COMMENT ON COLUMN mixes.mix_plan_transitions.tempo_fit IS 'perfect, good, half_double, three_two or clash.';
COMMENT ON COLUMN mixes.mix_plan_transitions.energy_step IS 'Energy of the incoming part less that of the outgoing part, -1 to 1.';
COMMENT ON COLUMN mixes.mix_plan_transitions.score IS 'Rule score of the pair, 0-100.';
COMMENT ON COLUMN mixes.mix_plan_transitions.flagged IS 'True where the planner fell back to a plainer technique than it would choose.';
COMMENT ON COLUMN mixes.mix_plan_transitions.reason IS 'Why it fell back; empty where it did not.';

CREATE TABLE mixes.mix_renders (
    request_id       text PRIMARY KEY REFERENCES mixes.mix_plans ON DELETE CASCADE,
    uri              text NOT NULL,
    sha256           text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes            bigint NOT NULL CHECK (bytes > 0),
    media_type       text NOT NULL,
    seconds          double precision NOT NULL CHECK (seconds > 0),
    sample_rate      integer NOT NULL CHECK (sample_rate > 0),
    integrated_lufs  double precision NOT NULL,
    true_peak_dbtp   double precision NOT NULL,
    gain_reduction_db double precision NOT NULL CHECK (gain_reduction_db >= 0),
    render_seconds   double precision NOT NULL CHECK (render_seconds >= 0),
    plan_sha256      text NOT NULL CHECK (plan_sha256 ~ '^[0-9a-f]{64}$'),
    code_version     text NOT NULL,
    rendered_at      timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE mixes.mix_renders IS 'One row per rendered mix: where the audio is and what it measures.';
COMMENT ON COLUMN mixes.mix_renders.request_id IS 'The mix.';
COMMENT ON COLUMN mixes.mix_renders.uri IS 'Where the audio file is in the object store.';
COMMENT ON COLUMN mixes.mix_renders.sha256 IS 'SHA-256 of the file: same plan, same renderer, same bytes.';
COMMENT ON COLUMN mixes.mix_renders.bytes IS 'Size of the file.';
COMMENT ON COLUMN mixes.mix_renders.media_type IS 'Media type of the file, e.g. audio/flac.';
COMMENT ON COLUMN mixes.mix_renders.seconds IS 'Length of the audio in seconds.';
COMMENT ON COLUMN mixes.mix_renders.sample_rate IS 'Sample rate in Hz.';
COMMENT ON COLUMN mixes.mix_renders.integrated_lufs IS 'Integrated loudness of the file in LUFS (BS.1770), as the renderer measured it; the report measures again with another meter.';
COMMENT ON COLUMN mixes.mix_renders.true_peak_dbtp IS 'True peak of the file in dBTP, as the renderer measured it.';
COMMENT ON COLUMN mixes.mix_renders.gain_reduction_db IS 'Most the limiter took off anywhere, in dB.';
COMMENT ON COLUMN mixes.mix_renders.render_seconds IS 'Wall-clock seconds the rendering took.';
COMMENT ON COLUMN mixes.mix_renders.plan_sha256 IS 'The plan that was rendered (mixes.mix_plans.plan_sha256 of that time).';
COMMENT ON COLUMN mixes.mix_renders.code_version IS 'Version of the renderer''s code.';
COMMENT ON COLUMN mixes.mix_renders.rendered_at IS 'When the file was made (UTC).';

CREATE TABLE mixes.transition_report (
    request_id       text NOT NULL REFERENCES mixes.mix_renders ON DELETE CASCADE,
    transition       integer NOT NULL CHECK (transition >= 0),
    gate             smallint NOT NULL CHECK (gate BETWEEN 1 AND 32),
    name             text NOT NULL,
    value            double precision,
    unit             text NOT NULL,
    fail_threshold   double precision,
    target_threshold double precision,
    verdict          text NOT NULL CHECK (verdict IN ('pass', 'warn', 'fail')),
    detail           text NOT NULL,
    figures          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(figures) = 'object'),
    PRIMARY KEY (request_id, transition, gate)
);
CREATE INDEX transition_report_by_verdict ON mixes.transition_report (verdict, gate) WHERE verdict <> 'pass';

COMMENT ON TABLE mixes.transition_report IS 'The mix report: every gate measured on the rendered audio, one row per transition and gate; transition 0 is the whole mix.';
COMMENT ON COLUMN mixes.transition_report.request_id IS 'The mix.';
COMMENT ON COLUMN mixes.transition_report.transition IS 'Number of the transition, from 1; 0 for gates of the whole mix.';
COMMENT ON COLUMN mixes.transition_report.gate IS 'Number of the gate, 1-32 (docs of assets/mixes/report/gates.py).';
COMMENT ON COLUMN mixes.transition_report.name IS 'Name of the gate, e.g. beat_alignment.';
COMMENT ON COLUMN mixes.transition_report.value IS 'The figure the gate is judged by; null where the audio gave nothing to measure (detail says why).';
COMMENT ON COLUMN mixes.transition_report.unit IS 'Unit of value and of both thresholds.';
COMMENT ON COLUMN mixes.transition_report.fail_threshold IS 'Beyond this the gate fails; null for a gate that only warns.';
COMMENT ON COLUMN mixes.transition_report.target_threshold IS 'Beyond this the gate warns.';
COMMENT ON COLUMN mixes.transition_report.verdict IS 'pass: within the target; warn: beyond the target; fail: beyond the fail threshold.';
COMMENT ON COLUMN mixes.transition_report.detail IS 'One sentence: what was measured and what it says.';
COMMENT ON COLUMN mixes.transition_report.figures IS 'Further figures of the gate by name, e.g. {"median_ms": 0.4, "max_ms": 2.1}.';

CREATE TABLE mixes.mix_progress (
    progress_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id       text NOT NULL REFERENCES mixes.mix_requests ON DELETE CASCADE,
    phase            text NOT NULL CHECK (phase IN ('parsing', 'searching', 'scoring', 'selecting', 'ordering',
                                                    'previewing', 'rendering', 'exporting', 'measuring')),
    percent          double precision NOT NULL CHECK (percent BETWEEN 0 AND 100),
    message          text NOT NULL,
    at               timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX mix_progress_by_request ON mixes.mix_progress (request_id, progress_id);

COMMENT ON TABLE mixes.mix_progress IS 'How far each mix is; every new row is also sent by NOTIFY on channel mix_progress.';
COMMENT ON COLUMN mixes.mix_progress.progress_id IS 'Running number.';
COMMENT ON COLUMN mixes.mix_progress.request_id IS 'The mix.';
COMMENT ON COLUMN mixes.mix_progress.phase IS 'What is being done.';
COMMENT ON COLUMN mixes.mix_progress.percent IS 'Share of the phase that is done, 0-100.';
COMMENT ON COLUMN mixes.mix_progress.message IS 'What to show, e.g. "rendering 3 of 12".';
COMMENT ON COLUMN mixes.mix_progress.at IS 'When it was so (UTC).';

CREATE FUNCTION mixes.notify_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('mix_progress', json_build_object(
        'progress_id', NEW.progress_id, 'request_id', NEW.request_id, 'phase', NEW.phase,
        'percent', NEW.percent, 'message', left(NEW.message, 500), 'at', NEW.at)::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION mixes.notify_progress() IS 'Sends each new row of mixes.mix_progress as JSON on channel mix_progress (the message cut to 500 characters: a notification holds 8000 bytes).';
CREATE TRIGGER mix_progress_notify AFTER INSERT ON mixes.mix_progress
    FOR EACH ROW EXECUTE FUNCTION mixes.notify_progress();
