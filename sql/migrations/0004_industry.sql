-- Schemas raw and industry: who is fetched, what came back as it came, and what was read out of it.

-- == sources and payloads (bronze) ==

CREATE TABLE industry.sources (
    slug text PRIMARY KEY CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name text NOT NULL CHECK (name <> ''),
    kind text NOT NULL CHECK (kind IN ('rss', 'chart', 'releases', 'gear', 'events', 'attention')),
    url text,
    parser text NOT NULL,
    cadence text NOT NULL CHECK (cadence IN ('window', 'day', 'week', 'drop')),
    tier smallint NOT NULL CHECK (tier BETWEEN 1 AND 3),
    platform text,
    country text CHECK (country ~ '^([a-z]{2}|global)$'),
    chart text,
    enabled boolean NOT NULL,
    health text NOT NULL CHECK (health IN ('alive', 'unverified', 'dead', 'restricted')),
    health_note text,
    allowed_use text NOT NULL,
    attribution text NOT NULL,
    storage_limit text NOT NULL,
    terms_url text,
    checked_on date NOT NULL,
    synced_at timestamptz NOT NULL DEFAULT now(),
    CHECK (kind <> 'chart' OR (platform IS NOT NULL AND country IS NOT NULL AND chart IS NOT NULL)),
    CHECK (cadence = 'drop' OR url IS NOT NULL)
);
CREATE INDEX sources_kind ON industry.sources (kind) WHERE enabled;
COMMENT ON TABLE industry.sources IS 'The source catalogue (assets/industry/sources.yaml, or BACKBEAT_CATALOGUE) as the last run read it: who is fetched, how often, and under which terms. A source that leaves the catalogue stays here, disabled, because its payloads do.';
COMMENT ON COLUMN industry.sources.slug IS 'Name of the source in every other table and in run configuration, e.g. music-business-worldwide.';
COMMENT ON COLUMN industry.sources.name IS 'Name for people, also used when the source is cited.';
COMMENT ON COLUMN industry.sources.kind IS 'What the source gives: rss (news), chart, releases, gear (gear news), events or attention (pageviews, coverage, social signals).';
COMMENT ON COLUMN industry.sources.url IS 'Address that is fetched; NULL for sources that arrive as files in the landing folder.';
COMMENT ON COLUMN industry.sources.parser IS 'Parser function that reads its payloads.';
COMMENT ON COLUMN industry.sources.cadence IS 'How often it is fetched: every 4-hour window, day, week, or on the arrival of a file (drop).';
COMMENT ON COLUMN industry.sources.tier IS 'Weight of the outlet: 1 = trade press of record or official chart, 2 = established, 3 = niche.';
COMMENT ON COLUMN industry.sources.platform IS 'Chart sources: who publishes the chart, e.g. apple. NULL for other kinds.';
COMMENT ON COLUMN industry.sources.country IS 'Two-letter ISO 3166 code in lower case, or global. NULL where the source has no country.';
COMMENT ON COLUMN industry.sources.chart IS 'Chart sources: which chart of the platform, e.g. songs. NULL for other kinds.';
COMMENT ON COLUMN industry.sources.enabled IS 'Whether runs fetch it.';
COMMENT ON COLUMN industry.sources.health IS 'What is known of the source apart from our own runs: alive, unverified, dead (gone for good) or restricted (needs a key, a login or a decision on its terms). What our runs met is in ops.source_health.';
COMMENT ON COLUMN industry.sources.health_note IS 'Why the health is what it is; NULL when there is nothing to say.';
COMMENT ON COLUMN industry.sources.allowed_use IS 'What the terms of the source allow, in one sentence.';
COMMENT ON COLUMN industry.sources.attribution IS 'Credit to show wherever its data is shown.';
COMMENT ON COLUMN industry.sources.storage_limit IS 'How much of it may be kept and for how long, in one sentence.';
COMMENT ON COLUMN industry.sources.terms_url IS 'Page that states the terms; NULL when none is known.';
COMMENT ON COLUMN industry.sources.checked_on IS 'Day on which a person last checked address and terms.';
COMMENT ON COLUMN industry.sources.synced_at IS 'When the row last changed.';

CREATE TABLE raw.payloads (
    source_slug text NOT NULL REFERENCES industry.sources,
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    fetched_at timestamptz NOT NULL,
    url text NOT NULL,
    final_url text,
    status smallint CHECK (status BETWEEN 100 AND 599),
    headers jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(headers) = 'object'),
    etag text,
    last_modified text,
    media_type text,
    sha256 text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint CHECK (bytes >= 0),
    uri text,
    elapsed_seconds double precision CHECK (elapsed_seconds >= 0),
    error text,
    PRIMARY KEY (source_slug, window_start, fetched_at),
    CHECK (window_end > window_start),
    CHECK ((sha256 IS NULL) = (uri IS NULL) AND (sha256 IS NULL) = (bytes IS NULL)),
    CHECK (error IS NOT NULL OR sha256 IS NOT NULL)
);
-- what a window holds is a set: fetching it again adds a row only where something else came back
CREATE UNIQUE INDEX payloads_once ON raw.payloads (source_slug, window_start, sha256, error) NULLS NOT DISTINCT;
CREATE INDEX payloads_window ON raw.payloads (window_start, source_slug);
CREATE INDEX payloads_latest ON raw.payloads (source_slug, fetched_at DESC) WHERE error IS NULL;
COMMENT ON TABLE raw.payloads IS 'Bronze: what each source answered in each window (4 hours; a day for charts), exactly as it came. Rows are added, never changed: normally one per source and window; fetching a window again adds one only if the answer differs. Rows without error are what silver is parsed from, in the order of fetched_at.';
COMMENT ON COLUMN raw.payloads.source_slug IS 'Source that was fetched.';
COMMENT ON COLUMN raw.payloads.window_start IS 'Start of the window (UTC), the partition in Dagster.';
COMMENT ON COLUMN raw.payloads.window_end IS 'End of the window (UTC), exclusive.';
COMMENT ON COLUMN raw.payloads.fetched_at IS 'When the answer arrived (UTC): the earliest time at which we could know its content.';
COMMENT ON COLUMN raw.payloads.url IS 'Address that was asked for.';
COMMENT ON COLUMN raw.payloads.final_url IS 'Address that answered, after redirects; NULL when none did.';
COMMENT ON COLUMN raw.payloads.status IS 'HTTP status: 200, or 304 when the body is the earlier one that sha256 and uri name. NULL when no answer came.';
COMMENT ON COLUMN raw.payloads.headers IS 'Headers of the answer, names in lower case.';
COMMENT ON COLUMN raw.payloads.etag IS 'ETag to send with the next request; NULL when the source gives none.';
COMMENT ON COLUMN raw.payloads.last_modified IS 'Last-Modified to send with the next request, as received; NULL when the source gives none.';
COMMENT ON COLUMN raw.payloads.media_type IS 'Content-Type of the body as received, with its charset; NULL when the source gives none.';
COMMENT ON COLUMN raw.payloads.sha256 IS 'SHA-256 of the body after transfer decompression; NULL when there is no body.';
COMMENT ON COLUMN raw.payloads.bytes IS 'Size of the body after transfer decompression, in bytes; NULL when there is no body.';
COMMENT ON COLUMN raw.payloads.uri IS 'Where the gzip-compressed body lies in the object store; NULL when there is no body.';
COMMENT ON COLUMN raw.payloads.elapsed_seconds IS 'Seconds from the first connection to the last byte, retries included; NULL when no answer came.';
COMMENT ON COLUMN raw.payloads.error IS 'Why the answer cannot be used, in one sentence, e.g. a web page where a feed was expected; NULL for a usable one.';
