-- Schema industry: what rises together in a week, the files of a digest, and the indexes of news by impact.

CREATE TABLE industry.trend_clusters (
    week date NOT NULL CHECK (extract(isodow FROM week) = 1),
    trend_id text NOT NULL CHECK (trend_id ~ '^[0-9]{4}-W[0-9]{2}-[0-9]{2,}$'),
    rank smallint NOT NULL CHECK (rank >= 1),
    label text NOT NULL CHECK (label <> ''),
    member_count smallint NOT NULL CHECK (member_count >= 1),
    story_count integer NOT NULL CHECK (story_count >= 0),
    stories jsonb NOT NULL CHECK (jsonb_typeof(stories) = 'array'),
    observed integer NOT NULL CHECK (observed >= 1),
    expected double precision NOT NULL CHECK (expected > 0),
    growth double precision NOT NULL CHECK (growth > 0),
    p_value double precision NOT NULL CHECK (p_value BETWEEN 0 AND 1),
    q_value double precision NOT NULL CHECK (q_value BETWEEN 0 AND 1),
    baseline_weeks smallint NOT NULL CHECK (baseline_weeks >= 1),
    features_tested integer NOT NULL CHECK (features_tested >= 1),
    first_week date NOT NULL CHECK (extract(isodow FROM first_week) = 1),
    method_version text NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (week, trend_id),
    UNIQUE (week, rank),
    CHECK (first_week <= week),
    CHECK (p_value <= q_value)
);
COMMENT ON TABLE industry.trend_clusters IS 'What rose in an ISO week beyond what 12 weeks of history let expect: groups of terms, tags, categories, linked names, chart artists and chart tracks that occur in the same stories. A week without rows had nothing significant, or too little history.';
COMMENT ON COLUMN industry.trend_clusters.week IS 'Monday of the ISO week (UTC), the partition in Dagster.';
COMMENT ON COLUMN industry.trend_clusters.trend_id IS 'Identity across weeks: ISO week and number of its first appearance; a group that shares at least half of its members (Jaccard) with one of the week before keeps its id.';
COMMENT ON COLUMN industry.trend_clusters.rank IS 'Order within the week, 1 = most significant.';
COMMENT ON COLUMN industry.trend_clusters.label IS 'The most significant members in words, at most three.';
COMMENT ON COLUMN industry.trend_clusters.member_count IS 'Members in industry.trend_members.';
COMMENT ON COLUMN industry.trend_clusters.story_count IS 'Distinct stories of the week that hold a member.';
COMMENT ON COLUMN industry.trend_clusters.stories IS 'At most 10 of these stories, those with most members first: [{"title", "url", "source"}].';
COMMENT ON COLUMN industry.trend_clusters.observed IS 'Occurrences of the most significant member in the week.';
COMMENT ON COLUMN industry.trend_clusters.expected IS 'Occurrences that history and the week''s exposure let expect of it; exposure counts what each source brought, so that a louder source raises it too.';
COMMENT ON COLUMN industry.trend_clusters.growth IS 'ln((observed + prior) / (expected + prior)) of the most significant member, prior = typical weekly rate of its kind; never a percentage.';
COMMENT ON COLUMN industry.trend_clusters.p_value IS 'Upper tail of the shrunk negative binomial for the most significant member.';
COMMENT ON COLUMN industry.trend_clusters.q_value IS 'The same after Benjamini-Hochberg over every feature of the week; at most 0.05.';
COMMENT ON COLUMN industry.trend_clusters.baseline_weeks IS 'Weeks with data that it is compared with, at most 12.';
COMMENT ON COLUMN industry.trend_clusters.features_tested IS 'Features tested in the week, which Benjamini-Hochberg corrects for.';
COMMENT ON COLUMN industry.trend_clusters.first_week IS 'Week in which the trend first appeared under this id.';
COMMENT ON COLUMN industry.trend_clusters.method_version IS 'Version of the formulas; a backfill never mixes two.';
COMMENT ON COLUMN industry.trend_clusters.computed_at IS 'When the week was computed (UTC).';

CREATE TABLE industry.trend_members (
    week date NOT NULL,
    trend_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('term', 'tag', 'category', 'artist', 'label', 'platform', 'scene', 'chart_artist', 'chart_track')),
    feature text NOT NULL CHECK (feature <> ''),
    observed integer NOT NULL CHECK (observed >= 1),
    expected double precision NOT NULL CHECK (expected > 0),
    growth double precision NOT NULL CHECK (growth > 0),
    p_value double precision NOT NULL CHECK (p_value BETWEEN 0 AND 1),
    q_value double precision NOT NULL CHECK (q_value BETWEEN 0 AND 1),
    sources smallint NOT NULL CHECK (sources >= 1),
    PRIMARY KEY (week, kind, feature),
    FOREIGN KEY (week, trend_id) REFERENCES industry.trend_clusters ON DELETE CASCADE
);
CREATE INDEX trend_members_trend ON industry.trend_members (week, trend_id);
CREATE INDEX trend_members_feature ON industry.trend_members (kind, feature, week);
COMMENT ON TABLE industry.trend_members IS 'What belongs to each group of industry.trend_clusters: each feature that rose significantly in the week, in exactly one group.';
COMMENT ON COLUMN industry.trend_members.week IS 'Monday of the ISO week (UTC).';
COMMENT ON COLUMN industry.trend_members.trend_id IS 'Group it belongs to.';
COMMENT ON COLUMN industry.trend_members.kind IS 'term (one or two neighbouring words of headlines), tag (category given by a feed), category (ours), artist, label, platform or scene (linked names), chart_artist (its tracks that entered charts), chart_track (charts that it entered or rose on).';
COMMENT ON COLUMN industry.trend_members.feature IS 'The feature in lower case: the words, the tag, the name, the artist key or the track key.';
COMMENT ON COLUMN industry.trend_members.observed IS 'Occurrences in the week: distinct headlines of each source, or chart rows.';
COMMENT ON COLUMN industry.trend_members.expected IS 'Occurrences that history and the week''s exposure let expect.';
COMMENT ON COLUMN industry.trend_members.growth IS 'ln((observed + prior) / (expected + prior)), prior = typical weekly rate of its kind.';
COMMENT ON COLUMN industry.trend_members.p_value IS 'Upper tail of the shrunk negative binomial.';
COMMENT ON COLUMN industry.trend_members.q_value IS 'The same after Benjamini-Hochberg over every feature of the week.';
COMMENT ON COLUMN industry.trend_members.sources IS 'Outlets or charts that it occurred in during the week.';

CREATE TABLE industry.digest_exports (
    digest_date date NOT NULL REFERENCES industry.daily_digest ON DELETE CASCADE,
    format text NOT NULL CHECK (format IN ('pdf', 'csv')),
    uri text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint NOT NULL CHECK (bytes > 0),
    media_type text NOT NULL,
    PRIMARY KEY (digest_date, format)
);
COMMENT ON TABLE industry.digest_exports IS 'The files of each daily digest beside its HTML page: a PDF to send and a CSV to compute with, both with every source cited by its address.';
COMMENT ON COLUMN industry.digest_exports.digest_date IS 'The day (UTC) that the digest tells of.';
COMMENT ON COLUMN industry.digest_exports.format IS 'pdf or csv.';
COMMENT ON COLUMN industry.digest_exports.uri IS 'Where the file lies in the object store.';
COMMENT ON COLUMN industry.digest_exports.sha256 IS 'SHA-256 of the file.';
COMMENT ON COLUMN industry.digest_exports.bytes IS 'Size of the file in bytes.';
COMMENT ON COLUMN industry.digest_exports.media_type IS 'Media type of the file.';

-- api.news for a tier: the greatest impacts of some days, without sorting a year
CREATE INDEX industry_news_creator ON industry.industry_news (impact_creator DESC, current_at DESC) INCLUDE (category);
CREATE INDEX industry_news_developer ON industry.industry_news (impact_developer DESC, current_at DESC) INCLUDE (category);
CREATE INDEX industry_news_monetizer ON industry.industry_news (impact_monetizer DESC, current_at DESC) INCLUDE (category);

COMMENT ON COLUMN industry.chart_movers.breakout_score IS 'Uncalibrated: percentile (0-1) among the entries of the latest 8 charts of log strength + 3 x its weekly slope over up to 4 weeks, for artists whose first entry in 104 weeks lies at most 8 weeks back; 0 for other artists. NULL for exits and where the chart''s history is under 28 days. bench.breakout_backtest says what it is worth.';
