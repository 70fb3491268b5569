-- The platform's own part of the warehouse: schemas, pgvector, and the operational tables that every domain shares.
-- Roles and grants are in ../roles.sql and ../grants.sql, which are applied again whenever their text changes.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE SCHEMA raw;
CREATE SCHEMA industry;
CREATE SCHEMA mig;
CREATE SCHEMA fusion;
CREATE SCHEMA cmg;
CREATE SCHEMA scenes;
CREATE SCHEMA talent;
CREATE SCHEMA library;
CREATE SCHEMA mixes;
CREATE SCHEMA ml;
CREATE SCHEMA ops;
CREATE SCHEMA api;

COMMENT ON SCHEMA raw IS 'Bronze: payloads exactly as fetched, never edited; the one thing that cannot be recomputed.';
COMMENT ON SCHEMA industry IS 'Industry pulse: news, charts, chart movers, releases, gear, the daily digest.';
COMMENT ON SCHEMA mig IS 'Music Industry Graph: imported artists, labels and their links.';
COMMENT ON SCHEMA fusion IS 'Campaign analytics: imported engagement signals.';
COMMENT ON SCHEMA cmg IS 'Creative Memory Graph: imported sonic features and embeddings.';
COMMENT ON SCHEMA scenes IS 'Scenes and microgenres: pulse, relationships, trends.';
COMMENT ON SCHEMA talent IS 'Talent radar: artist scores and feedback on them.';
COMMENT ON SCHEMA library IS 'Tracks of the music folder: analyses, beat grids, stems, transition scores.';
COMMENT ON SCHEMA mixes IS 'Mix requests, plans, rendered mixes and the reports that judge them.';
COMMENT ON SCHEMA ml IS 'Trained models: versions, training runs, predictions.';
COMMENT ON SCHEMA ops IS 'Operation of the platform: dead letters, source health, materialisations, language model calls.';
COMMENT ON SCHEMA api IS 'The stable face of the warehouse: functions that never break their columns.';

CREATE TABLE ops.dead_letters (
    asset_key text NOT NULL,
    source text NOT NULL,
    reference text NOT NULL,
    partition_key text,
    reason text NOT NULL,
    payload_excerpt text,
    occurrences integer NOT NULL DEFAULT 1,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dead_letters_pkey PRIMARY KEY (asset_key, source, reference),
    CONSTRAINT dead_letters_reason_present CHECK (reason <> ''),
    CONSTRAINT dead_letters_occurrences_positive CHECK (occurrences >= 1)
);
CREATE INDEX dead_letters_last_seen ON ops.dead_letters (last_seen_at DESC);
COMMENT ON TABLE ops.dead_letters IS 'Inputs that could not be used, one row each, so that nothing vanishes silently.';
COMMENT ON COLUMN ops.dead_letters.asset_key IS 'Asset that refused the input, as schema.table.';
COMMENT ON COLUMN ops.dead_letters.source IS 'Who sent the input: a source slug, a folder, a client.';
COMMENT ON COLUMN ops.dead_letters.reference IS 'The input within its source: a guid, a path, a URL.';
COMMENT ON COLUMN ops.dead_letters.partition_key IS 'Partition that was being made last time; NULL: the asset has none.';
COMMENT ON COLUMN ops.dead_letters.reason IS 'One sentence: what is wrong and, where there is one, the remedy.';
COMMENT ON COLUMN ops.dead_letters.payload_excerpt IS 'Start of the offending input; NULL: nothing worth showing.';
COMMENT ON COLUMN ops.dead_letters.occurrences IS 'How often the input was refused.';
COMMENT ON COLUMN ops.dead_letters.first_seen_at IS 'When the input was first refused.';
COMMENT ON COLUMN ops.dead_letters.last_seen_at IS 'When the input was last refused.';

CREATE TABLE ops.source_health (
    source text NOT NULL,
    state text NOT NULL DEFAULT 'healthy',
    consecutive_failures integer NOT NULL DEFAULT 0,
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    next_attempt_at timestamptz,
    last_status integer,
    last_error text,
    CONSTRAINT source_health_pkey PRIMARY KEY (source),
    CONSTRAINT source_health_state_known CHECK (state IN ('healthy', 'failing', 'disabled')),
    CONSTRAINT source_health_failures_not_negative CHECK (consecutive_failures >= 0)
);
COMMENT ON TABLE ops.source_health IS 'State of every outside source: how the last attempts went and when the next is due.';
COMMENT ON COLUMN ops.source_health.source IS 'Slug of the source in the catalogue.';
COMMENT ON COLUMN ops.source_health.state IS 'healthy: the last attempt succeeded; failing: it did not; disabled: not attempted.';
COMMENT ON COLUMN ops.source_health.consecutive_failures IS 'Failures since the last success.';
COMMENT ON COLUMN ops.source_health.last_attempt_at IS 'When the source was last asked; NULL: never.';
COMMENT ON COLUMN ops.source_health.last_success_at IS 'When the source last answered usably; NULL: never.';
COMMENT ON COLUMN ops.source_health.next_attempt_at IS 'Not to be asked before this time (backoff); NULL: at any time.';
COMMENT ON COLUMN ops.source_health.last_status IS 'HTTP status of the last attempt; NULL: none was received.';
COMMENT ON COLUMN ops.source_health.last_error IS 'Reason of the last failure, one sentence; NULL: the last attempt succeeded.';

CREATE TABLE ops.materialisations (
    asset_key text NOT NULL,
    partition_key text NOT NULL,
    run_id text NOT NULL,
    rows_written bigint NOT NULL,
    seconds double precision NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT materialisations_pkey PRIMARY KEY (asset_key, partition_key),
    CONSTRAINT materialisations_rows_not_negative CHECK (rows_written >= 0),
    CONSTRAINT materialisations_seconds_not_negative CHECK (seconds >= 0)
);
CREATE INDEX materialisations_finished ON ops.materialisations (asset_key, finished_at DESC);
COMMENT ON TABLE ops.materialisations IS 'Latest materialisation of every partition: the history that volume checks compare with.';
COMMENT ON COLUMN ops.materialisations.asset_key IS 'Asset that was materialised, as schema.table.';
COMMENT ON COLUMN ops.materialisations.partition_key IS 'Partition; the empty string for an asset without partitions.';
COMMENT ON COLUMN ops.materialisations.run_id IS 'Dagster run that made it.';
COMMENT ON COLUMN ops.materialisations.rows_written IS 'Rows of the partition after the materialisation.';
COMMENT ON COLUMN ops.materialisations.seconds IS 'Time the step took.';
COMMENT ON COLUMN ops.materialisations.finished_at IS 'When it finished.';

CREATE TABLE ops.llm_calls (
    call_id bigint GENERATED ALWAYS AS IDENTITY,
    called_at timestamptz NOT NULL DEFAULT now(),
    purpose text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    prompt_sha256 text NOT NULL,
    outcome text NOT NULL DEFAULT 'reserved',
    estimated_cost_usd numeric(12, 6) NOT NULL,
    cost_usd numeric(12, 6),
    tokens_in integer,
    tokens_out integer,
    latency_seconds double precision,
    error text,
    CONSTRAINT llm_calls_pkey PRIMARY KEY (call_id),
    CONSTRAINT llm_calls_prompt_sha256_hex CHECK (prompt_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT llm_calls_outcome_known CHECK (
        outcome IN ('reserved', 'ok', 'invalid_output', 'timeout', 'error', 'refused')
    ),
    CONSTRAINT llm_calls_costs_not_negative CHECK (estimated_cost_usd >= 0 AND coalesce(cost_usd, 0) >= 0),
    CONSTRAINT llm_calls_tokens_not_negative CHECK (coalesce(tokens_in, 0) >= 0 AND coalesce(tokens_out, 0) >= 0)
);
CREATE INDEX llm_calls_called ON ops.llm_calls (called_at);
COMMENT ON TABLE ops.llm_calls IS 'Every call to a language model, reserved before it is made so that parallel workers cannot overspend.';
COMMENT ON COLUMN ops.llm_calls.call_id IS 'Surrogate key.';
COMMENT ON COLUMN ops.llm_calls.called_at IS 'When the cost was reserved.';
COMMENT ON COLUMN ops.llm_calls.purpose IS 'What the call was for, e.g. digest or summary.';
COMMENT ON COLUMN ops.llm_calls.provider IS 'Provider, e.g. anthropic.';
COMMENT ON COLUMN ops.llm_calls.model IS 'Model as named to the provider.';
COMMENT ON COLUMN ops.llm_calls.prompt_sha256 IS 'SHA-256 of the prompt, lower-case hex; the prompt itself is not kept.';
COMMENT ON COLUMN ops.llm_calls.outcome IS 'reserved until the call ends; then ok, invalid_output, timeout, error, or refused by the cost governor.';
COMMENT ON COLUMN ops.llm_calls.estimated_cost_usd IS 'Cost reserved before the call, US dollars.';
COMMENT ON COLUMN ops.llm_calls.cost_usd IS 'Cost by the tokens used, US dollars; NULL: not known.';
COMMENT ON COLUMN ops.llm_calls.tokens_in IS 'Tokens of the prompt as billed; NULL: not known.';
COMMENT ON COLUMN ops.llm_calls.tokens_out IS 'Tokens of the answer as billed; NULL: not known.';
COMMENT ON COLUMN ops.llm_calls.latency_seconds IS 'Time from request to answer; NULL: no answer.';
COMMENT ON COLUMN ops.llm_calls.error IS 'Reason where the outcome is not ok; NULL otherwise.';

CREATE TABLE ops.repeatable_scripts (
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT repeatable_scripts_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE ops.repeatable_scripts IS 'Scripts that are applied again whenever their text changes: roles, the api schema.';
COMMENT ON COLUMN ops.repeatable_scripts.name IS 'Path within the sql package, e.g. api/news.sql.';
COMMENT ON COLUMN ops.repeatable_scripts.sha256 IS 'SHA-256 of the text that was applied last.';
COMMENT ON COLUMN ops.repeatable_scripts.applied_at IS 'When it was applied last.';
