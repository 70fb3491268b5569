-- Language models: what they may cost, what they answered, and what they made of the news.

-- == the cost governor ==

CREATE TABLE ops.llm_budget (
    budget text NOT NULL,
    subject text NOT NULL,
    cap_usd numeric(12, 6) NOT NULL,
    spent_usd numeric(12, 6) NOT NULL DEFAULT 0,
    reserved_usd numeric(12, 6) NOT NULL DEFAULT 0,
    CONSTRAINT llm_budget_pkey PRIMARY KEY (budget, subject),
    CONSTRAINT llm_budget_not_negative CHECK (cap_usd >= 0 AND spent_usd >= 0 AND reserved_usd >= 0)
);
COMMENT ON TABLE ops.llm_budget IS 'What calls to language models may cost and do cost: one row for each day (UTC), and one for each thing that calls are made for. A call is made only after its greatest possible cost was reserved in both rows, in one transaction, where spent + reserved + cost stays within the cap.';
COMMENT ON COLUMN ops.llm_budget.budget IS 'day, or the purpose of the calls, e.g. digest or summary.';
COMMENT ON COLUMN ops.llm_budget.subject IS 'Which day, which digest (its date), which text (SHA-256 of what is sent).';
COMMENT ON COLUMN ops.llm_budget.cap_usd IS 'Most that may be spent, US dollars, as the settings said at the last reservation.';
COMMENT ON COLUMN ops.llm_budget.spent_usd IS 'Charged so far, US dollars: by the tokens used; calls that timed out at what was reserved, as the provider may bill them.';
COMMENT ON COLUMN ops.llm_budget.reserved_usd IS 'Reserved for calls that have not ended, US dollars. What a dead process reserved is released after a while.';

ALTER TABLE ops.llm_calls
    ADD COLUMN subject text NOT NULL DEFAULT '',
    DROP CONSTRAINT llm_calls_outcome_known,
    ADD CONSTRAINT llm_calls_outcome_known CHECK (
        outcome IN ('reserved', 'ok', 'invalid_output', 'truncated', 'declined', 'timeout', 'error', 'refused', 'expired')
    );
CREATE INDEX llm_calls_reserved ON ops.llm_calls (called_at) WHERE outcome = 'reserved';
COMMENT ON COLUMN ops.llm_calls.subject IS 'What the call was for within its purpose: the subject of its row in ops.llm_budget.';
COMMENT ON COLUMN ops.llm_calls.outcome IS 'reserved until the call ends; then ok, invalid_output (not of the schema, or not borne out by its sources), truncated, declined (by the model), timeout, error, refused (by the cost governor: no call was made) or expired (the process that reserved it died).';
COMMENT ON COLUMN ops.llm_calls.cost_usd IS 'Cost by the tokens used, US dollars; NULL: not known.';

-- == answers ==

CREATE TABLE ops.llm_answers (
    content_sha256 text NOT NULL,
    prompt_version text NOT NULL,
    schema_version text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    answer jsonb NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT llm_answers_pkey PRIMARY KEY (content_sha256, prompt_version, schema_version, provider, model),
    CONSTRAINT llm_answers_content_hex CHECK (content_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT llm_answers_is_object CHECK (jsonb_typeof(answer) = 'object')
);
COMMENT ON TABLE ops.llm_answers IS 'Answers of language models that were accepted: the same question is not paid for twice, and materialising again gives the same rows.';
COMMENT ON COLUMN ops.llm_answers.content_sha256 IS 'SHA-256 of the data that was asked about.';
COMMENT ON COLUMN ops.llm_answers.prompt_version IS 'Fingerprint of the instructions.';
COMMENT ON COLUMN ops.llm_answers.schema_version IS 'Fingerprint of the schema of the answer.';
COMMENT ON COLUMN ops.llm_answers.provider IS 'Provider that answered, e.g. anthropic.';
COMMENT ON COLUMN ops.llm_answers.model IS 'Model that answered, as named to the provider.';
COMMENT ON COLUMN ops.llm_answers.answer IS 'The answer, valid by the schema.';
COMMENT ON COLUMN ops.llm_answers.answered_at IS 'When it was accepted.';

-- == news as a model reads it ==
-- no reference to industry_news: that table may be emptied and made again from bronze, and what was paid for outlives it

CREATE TABLE industry.news_summaries (
    source_slug text NOT NULL REFERENCES industry.sources,
    guid text NOT NULL CHECK (guid <> ''),
    window_start timestamptz NOT NULL,
    content_hash text NOT NULL CHECK (content_hash ~ '^[0-9a-f]{64}$'),
    summary text NOT NULL CHECK (summary <> ''),
    summary_method text NOT NULL CHECK (summary_method ~ '^llm:[^:]+:.+$'),
    category text NOT NULL CHECK (category IN ('charts', 'deals', 'gear', 'legal', 'live', 'platforms', 'release', 'review', 'rights', 'technology', 'other')),
    impact_creator smallint NOT NULL CHECK (impact_creator BETWEEN 0 AND 100),
    impact_developer smallint NOT NULL CHECK (impact_developer BETWEEN 0 AND 100),
    impact_monetizer smallint NOT NULL CHECK (impact_monetizer BETWEEN 0 AND 100),
    impact_method text NOT NULL CHECK (impact_method ~ '^llm:[^:]+:.+$'),
    PRIMARY KEY (source_slug, guid)
);
CREATE INDEX news_summaries_window ON industry.news_summaries (window_start);
COMMENT ON TABLE industry.news_summaries IS 'What a language model made of news items, beside what extraction and rules made of them (industry.industry_news, which stays a function of bronze alone). No row: no model was asked, or none gave a usable answer. Readers join by source_slug, guid and content_hash and coalesce: where the item has changed since, its own columns hold.';
COMMENT ON COLUMN industry.news_summaries.source_slug IS 'Source of the item.';
COMMENT ON COLUMN industry.news_summaries.guid IS 'Id of the item within its source.';
COMMENT ON COLUMN industry.news_summaries.window_start IS 'Last window that showed the item when it was read (UTC), the partition in Dagster.';
COMMENT ON COLUMN industry.news_summaries.content_hash IS 'industry_news.content_hash of the text that was read: where the item has changed since, the row no longer speaks of it.';
COMMENT ON COLUMN industry.news_summaries.summary IS 'Up to two sentences in the item''s own language; every number and name in it occurs in the item.';
COMMENT ON COLUMN industry.news_summaries.summary_method IS 'llm:<provider>:<model>.';
COMMENT ON COLUMN industry.news_summaries.category IS 'What the item is about, of the same closed list as industry_news.category.';
COMMENT ON COLUMN industry.news_summaries.impact_creator IS 'Impact on people who make music, 0-100.';
COMMENT ON COLUMN industry.news_summaries.impact_developer IS 'Impact on people who build music technology, 0-100.';
COMMENT ON COLUMN industry.news_summaries.impact_monetizer IS 'Impact on people who earn with music, 0-100.';
COMMENT ON COLUMN industry.news_summaries.impact_method IS 'llm:<provider>:<model>; also made the category.';
