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

-- == news, charts, movers, digest (silver and gold) ==

CREATE TABLE industry.industry_news (
    source_slug text NOT NULL REFERENCES industry.sources,
    guid text NOT NULL CHECK (guid <> ''),
    guid_method text NOT NULL CHECK (guid_method IN ('guid', 'url', 'content')),
    title text NOT NULL CHECK (title <> ''),
    url text CHECK (url ~ '^https?://'),
    author text,
    published_at timestamptz,
    published_raw text,
    published_flag text NOT NULL CHECK (published_flag IN ('ok', 'assumed_utc', 'date_only', 'missing', 'unreadable', 'future', 'ancient')),
    summary_raw text,
    summary text,
    summary_method text CHECK (summary_method ~ '^(extractive|llm:[^:]+:.+)$'),
    language text CHECK (language ~ '^[a-z]{2,3}$'),
    language_method text CHECK (language_method IN ('stopwords', 'declared')),
    tags text[] NOT NULL DEFAULT '{}',
    category text NOT NULL CHECK (category IN ('charts', 'deals', 'gear', 'legal', 'live', 'platforms', 'release', 'review', 'rights', 'technology', 'other')),
    impact_creator smallint NOT NULL CHECK (impact_creator BETWEEN 0 AND 100),
    impact_developer smallint NOT NULL CHECK (impact_developer BETWEEN 0 AND 100),
    impact_monetizer smallint NOT NULL CHECK (impact_monetizer BETWEEN 0 AND 100),
    impact_method text NOT NULL CHECK (impact_method ~ '^(rules|llm:[^:]+:.+)$'),
    content_hash text NOT NULL CHECK (content_hash ~ '^[0-9a-f]{64}$'),
    first_seen_window timestamptz NOT NULL,
    last_seen_window timestamptz NOT NULL,
    current_at timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(published_at, first_seen_window)) STORED,
    PRIMARY KEY (source_slug, guid),
    CHECK (last_seen_window >= first_seen_window),
    CHECK ((published_at IS NOT NULL) = (published_flag IN ('ok', 'assumed_utc', 'date_only'))),
    CHECK ((published_raw IS NULL) = (published_flag = 'missing')),
    CHECK ((language IS NULL) = (language_method IS NULL)),
    CHECK ((summary IS NULL) = (summary_method IS NULL))
);
CREATE INDEX industry_news_current_at ON industry.industry_news (current_at DESC);
CREATE INDEX industry_news_category ON industry.industry_news (category, current_at DESC);
CREATE INDEX industry_news_first_seen ON industry.industry_news (first_seen_window);
CREATE INDEX industry_news_last_seen ON industry.industry_news (last_seen_window);
CREATE INDEX industry_news_url ON industry.industry_news (url);
CREATE INDEX industry_news_content_hash ON industry.industry_news (content_hash);
CREATE INDEX industry_news_search ON industry.industry_news USING gin (to_tsvector('english', title || ' ' || coalesce(summary_raw, '')));
COMMENT ON TABLE industry.industry_news IS 'News items read from feeds, one row per source and guid; fetching an item again never adds a row. Where an item changed, the row holds the text of the latest window that showed it, whatever the order of materialisation.';
COMMENT ON COLUMN industry.industry_news.source_slug IS 'Source whose feed carried the item.';
COMMENT ON COLUMN industry.industry_news.guid IS 'Identity of the item within its source; guid_method says where it comes from.';
COMMENT ON COLUMN industry.industry_news.guid_method IS 'guid: the feed''s own id (with the URL or content hash behind a # where the feed gives several items one id); url: canonical URL of an item without id; content: content_hash of an item with neither.';
COMMENT ON COLUMN industry.industry_news.title IS 'Headline as plain text; the start of the text where the feed gives an item no title.';
COMMENT ON COLUMN industry.industry_news.url IS 'Canonical address: tracking parameters, fragment and default port dropped. NULL where the item names none that is http(s).';
COMMENT ON COLUMN industry.industry_news.author IS 'Names of the authors, joined by commas; NULL where the feed names none.';
COMMENT ON COLUMN industry.industry_news.published_at IS 'When the item says it was published (UTC); NULL where the date is missing or absurd: published_flag says which, and nothing is invented.';
COMMENT ON COLUMN industry.industry_news.published_raw IS 'The date as the feed wrote it; NULL where it gave none.';
COMMENT ON COLUMN industry.industry_news.published_flag IS 'ok; assumed_utc (time without a zone, read as UTC); date_only (a day without a time, read as midnight UTC); missing; unreadable; future (more than a day after the fetch); ancient (before 1990).';
COMMENT ON COLUMN industry.industry_news.summary_raw IS 'The feed''s own description as plain text, at most 300 characters (what terms let us keep; the whole text stays in bronze). NULL where the feed gives none.';
COMMENT ON COLUMN industry.industry_news.summary IS 'Two sentences that tell the item, made by summary_method; NULL where the feed gives no text beyond the title.';
COMMENT ON COLUMN industry.industry_news.summary_method IS 'extractive (sentences of the item, chosen by TextRank) or llm:<provider>:<model>; NULL without a summary.';
COMMENT ON COLUMN industry.industry_news.language IS 'ISO 639 code of the text''s language; NULL where neither text nor feed tells.';
COMMENT ON COLUMN industry.industry_news.language_method IS 'stopwords (counted in the text) or declared (by the feed, where the text is too short to tell); NULL without a language.';
COMMENT ON COLUMN industry.industry_news.tags IS 'Categories that the feed itself gives the item, as written.';
COMMENT ON COLUMN industry.industry_news.category IS 'What the item is about, from a closed list; other where no rule fits.';
COMMENT ON COLUMN industry.industry_news.impact_creator IS 'Impact on people who make music, 0-100, by impact_method.';
COMMENT ON COLUMN industry.industry_news.impact_developer IS 'Impact on people who build music technology, 0-100, by impact_method.';
COMMENT ON COLUMN industry.industry_news.impact_monetizer IS 'Impact on people who earn with music (labels, publishers, managers, investors), 0-100, by impact_method.';
COMMENT ON COLUMN industry.industry_news.impact_method IS 'rules, or llm:<provider>:<model>; also made the category.';
COMMENT ON COLUMN industry.industry_news.content_hash IS 'SHA-256 of title and whole text, case and white space apart: equal for an unchanged item and for verbatim copies in other feeds.';
COMMENT ON COLUMN industry.industry_news.first_seen_window IS 'Start of the earliest window whose payload holds the item.';
COMMENT ON COLUMN industry.industry_news.last_seen_window IS 'Start of the latest window whose payload holds the item.';
COMMENT ON COLUMN industry.industry_news.current_at IS 'published_at, or first_seen_window where that is unknown: what to order and filter by.';

CREATE TABLE industry.chart_snapshots (
    platform text NOT NULL,
    chart text NOT NULL,
    country text NOT NULL CHECK (country ~ '^([a-z]{2}|global)$'),
    chart_date date NOT NULL,
    position smallint NOT NULL CHECK (position >= 1),
    source_slug text NOT NULL REFERENCES industry.sources,
    title text NOT NULL CHECK (title <> ''),
    artist text NOT NULL CHECK (artist <> ''),
    track_key text NOT NULL,
    artist_key text NOT NULL,
    external_ids jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(external_ids) = 'object'),
    url text,
    streams bigint CHECK (streams >= 0),
    publisher_previous smallint CHECK (publisher_previous >= 1),
    publisher_peak smallint CHECK (publisher_peak >= 1),
    publisher_weeks_on smallint CHECK (publisher_weeks_on >= 0),
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (platform, chart, country, chart_date, position)
);
CREATE INDEX chart_snapshots_track ON industry.chart_snapshots (platform, chart, country, track_key, chart_date) INCLUDE (position);
CREATE INDEX chart_snapshots_artist ON industry.chart_snapshots (platform, chart, country, artist_key, chart_date);
COMMENT ON TABLE industry.chart_snapshots IS 'Published charts, one row per position of each chart and date. A chart of a date is replaced whole, and only by a payload fetched later than the one it came from.';
COMMENT ON COLUMN industry.chart_snapshots.platform IS 'Who publishes the chart, e.g. apple.';
COMMENT ON COLUMN industry.chart_snapshots.chart IS 'Which chart of the platform, e.g. songs.';
COMMENT ON COLUMN industry.chart_snapshots.country IS 'Two-letter ISO 3166 code in lower case, or global.';
COMMENT ON COLUMN industry.chart_snapshots.chart_date IS 'Date that the publisher gives the chart (Billboard: "week of", which may lie ahead); the partition''s day where the payload has none.';
COMMENT ON COLUMN industry.chart_snapshots.position IS 'Rank, contiguous from 1.';
COMMENT ON COLUMN industry.chart_snapshots.source_slug IS 'Source whose payload the chart was read from.';
COMMENT ON COLUMN industry.chart_snapshots.title IS 'Title as printed.';
COMMENT ON COLUMN industry.chart_snapshots.artist IS 'Whole artist credit as printed.';
COMMENT ON COLUMN industry.chart_snapshots.track_key IS 'First credited artist and title, normalised (accents, "&"/"and", featured guests, year and remaster suffixes): equal for one recording across days, charts and spellings.';
COMMENT ON COLUMN industry.chart_snapshots.artist_key IS 'First name of the credit, normalised; coarse: "Earth, Wind & Fire" becomes "earth".';
COMMENT ON COLUMN industry.chart_snapshots.external_ids IS 'Identifiers that the publisher gives, e.g. {"apple_song": "...", "isrc": "..."}.';
COMMENT ON COLUMN industry.chart_snapshots.url IS 'Page of the entry; NULL where the payload names none.';
COMMENT ON COLUMN industry.chart_snapshots.streams IS 'Plays in the chart''s period; NULL where the payload does not count them.';
COMMENT ON COLUMN industry.chart_snapshots.publisher_previous IS 'Position in the preceding chart according to the publisher; NULL for new entries, re-entries and where it is not printed.';
COMMENT ON COLUMN industry.chart_snapshots.publisher_peak IS 'Best position according to the publisher. Archive pages count later weeks too: never compute with it, chart_movers.peak is ours.';
COMMENT ON COLUMN industry.chart_snapshots.publisher_weeks_on IS 'Weeks on chart according to the publisher. Archive pages count later weeks too: never compute with it, chart_movers.weeks_on is ours.';
COMMENT ON COLUMN industry.chart_snapshots.fetched_at IS 'When the payload arrived (UTC): the earliest time at which we could know the chart.';

CREATE TABLE industry.chart_movers (
    day date NOT NULL,
    window_days smallint NOT NULL CHECK (window_days IN (1, 7, 28)),
    platform text NOT NULL,
    chart text NOT NULL,
    country text NOT NULL,
    track_key text NOT NULL,
    artist_key text NOT NULL,
    title text NOT NULL,
    artist text NOT NULL,
    chart_date date NOT NULL,
    baseline_date date,
    position smallint CHECK (position >= 1),
    previous_position smallint CHECK (previous_position >= 1),
    change smallint,
    movement text NOT NULL CHECK (movement IN ('up', 'down', 'same', 'new_entry', 're_entry', 'exit', 'no_baseline')),
    strength double precision NOT NULL CHECK (strength >= 0 AND strength < 1),
    previous_strength double precision CHECK (previous_strength >= 0 AND previous_strength < 1),
    velocity double precision,
    velocity_ewma double precision,
    acceleration double precision,
    peak smallint NOT NULL CHECK (peak >= 1),
    weeks_on smallint NOT NULL CHECK (weeks_on >= 0),
    breakout_score double precision CHECK (breakout_score BETWEEN 0 AND 1),
    breakout boolean,
    breakout_reason text,
    PRIMARY KEY (day, window_days, platform, chart, country, track_key),
    CHECK ((movement = 'exit') = (position IS NULL)),
    CHECK ((movement = 'no_baseline') = (baseline_date IS NULL)),
    CHECK (baseline_date < chart_date),
    CHECK ((change IS NULL) = (position IS NULL OR previous_position IS NULL)),
    CHECK (change = previous_position - position),
    CHECK ((breakout_reason IS NOT NULL) = coalesce(breakout, false))
);
CREATE INDEX chart_movers_ranked ON industry.chart_movers (platform, window_days, day DESC, velocity DESC NULLS LAST);
CREATE INDEX chart_movers_track ON industry.chart_movers (platform, chart, country, track_key, day);
COMMENT ON TABLE industry.chart_movers IS 'How each track of each chart moved, as of a day: the latest chart dated on or before the day (at most 10 days before) against the nearest chart at least window_days older (at most 14 days more). A weekly chart therefore shows on each day of its week; chart_date tells. Computed by sql/transforms/chart_movers.sql from chart_snapshots alone.';
COMMENT ON COLUMN industry.chart_movers.day IS 'Day as of which the row holds; the partition in Dagster.';
COMMENT ON COLUMN industry.chart_movers.window_days IS 'Days looked back: 1, 7 or 28.';
COMMENT ON COLUMN industry.chart_movers.platform IS 'Who publishes the chart.';
COMMENT ON COLUMN industry.chart_movers.chart IS 'Which chart of the platform.';
COMMENT ON COLUMN industry.chart_movers.country IS 'Two-letter ISO 3166 code in lower case, or global.';
COMMENT ON COLUMN industry.chart_movers.track_key IS 'Normalised first artist and title, as in chart_snapshots; a track printed twice on a chart counts at its better position.';
COMMENT ON COLUMN industry.chart_movers.artist_key IS 'Normalised first artist, as in chart_snapshots.';
COMMENT ON COLUMN industry.chart_movers.title IS 'Title as last printed.';
COMMENT ON COLUMN industry.chart_movers.artist IS 'Artist credit as last printed.';
COMMENT ON COLUMN industry.chart_movers.chart_date IS 'Date of the chart that the row is about.';
COMMENT ON COLUMN industry.chart_movers.baseline_date IS 'Date of the chart compared with; NULL where there is none, then movement is no_baseline.';
COMMENT ON COLUMN industry.chart_movers.position IS 'Rank in the chart; NULL for exits.';
COMMENT ON COLUMN industry.chart_movers.previous_position IS 'Rank in the chart compared with; NULL where the track was not on it.';
COMMENT ON COLUMN industry.chart_movers.change IS 'Ranks won since (positive = up); NULL for entries, re-entries and exits, which are flags and no distances.';
COMMENT ON COLUMN industry.chart_movers.movement IS 'up, down or same; new_entry (never on this chart before, as far as chart_snapshots goes back); re_entry; exit; no_baseline (no chart to compare with).';
COMMENT ON COLUMN industry.chart_movers.strength IS 'Chart strength s = 1 - sqrt(position / (N + 1)), N = length of the chart; 0 off the chart. The square root makes a move of equal strength equally likely all over the chart.';
COMMENT ON COLUMN industry.chart_movers.previous_strength IS 'Strength in the chart compared with, 0 when off it; NULL without a chart to compare with.';
COMMENT ON COLUMN industry.chart_movers.velocity IS 'Change of strength per day since baseline_date, divided by the typical daily change of strength (standard deviation over the last 8 charts) in its rank band 1-5, 6-20, 21-50 or 51+. Unit: standard deviations. NULL without a chart to compare with, or where no spread is known yet.';
COMMENT ON COLUMN industry.chart_movers.velocity_ewma IS 'The same for the last up to 4 steps from chart to chart, averaged with weights 0.6^k (k = 0 for the latest): predicts the next 4 weeks better than the last step alone. The same in all windows.';
COMMENT ON COLUMN industry.chart_movers.acceleration IS 'Latest step from chart to chart minus the one before, in the unit of velocity; NULL with fewer than three charts. The same in all windows.';
COMMENT ON COLUMN industry.chart_movers.peak IS 'Best position up to chart_date, recomputed from ranks.';
COMMENT ON COLUMN industry.chart_movers.weeks_on IS 'Calendar weeks (Monday to Sunday) with a chart that holds the track, up to chart_date, recomputed from ranks.';
COMMENT ON COLUMN industry.chart_movers.breakout_score IS 'Uncalibrated: percentile (0-1) within the chart of log strength + 3 x its weekly slope over up to 4 weeks, for artists whose first entry in 104 weeks lies at most 8 weeks back; 0 for other artists. NULL for exits and where the chart''s history is under 28 days.';
COMMENT ON COLUMN industry.chart_movers.breakout IS 'True where breakout_score is at least 0.9 and the track is not losing ground; NULL where the score is.';
COMMENT ON COLUMN industry.chart_movers.breakout_reason IS 'Why, in one sentence; NULL where it is no breakout.';

CREATE TABLE industry.daily_digest (
    digest_date date PRIMARY KEY,
    headline text,
    body jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object'),
    method text NOT NULL CHECK (method ~ '^(extractive|llm:[^:]+:.+)$'),
    item_count integer NOT NULL CHECK (item_count >= 0),
    mover_count integer NOT NULL CHECK (mover_count >= 0),
    source_urls text[] NOT NULL,
    html_uri text NOT NULL,
    html_sha256 text NOT NULL CHECK (html_sha256 ~ '^[0-9a-f]{64}$'),
    html_bytes bigint NOT NULL CHECK (html_bytes > 0)
);
COMMENT ON TABLE industry.daily_digest IS 'One digest per day: what mattered to each tier, and what moved on the charts. Every number, name and address in it occurs in the rows it cites.';
COMMENT ON COLUMN industry.daily_digest.digest_date IS 'The day (UTC) that the digest tells of.';
COMMENT ON COLUMN industry.daily_digest.headline IS 'Title of the item with the greatest impact; NULL on a day without significant items.';
COMMENT ON COLUMN industry.daily_digest.body IS 'The digest: {"digest_date", "method", "highlights": {"creator": [...], "developer": [...], "monetizer": [...]}, "movers": [...], "note"}; items carry title, url, source, summary, impact; movers carry chart, positions and the chart''s address.';
COMMENT ON COLUMN industry.daily_digest.method IS 'extractive (chosen from the items, no text of ours) or llm:<provider>:<model>.';
COMMENT ON COLUMN industry.daily_digest.item_count IS 'Distinct news items cited.';
COMMENT ON COLUMN industry.daily_digest.mover_count IS 'Chart movers listed.';
COMMENT ON COLUMN industry.daily_digest.source_urls IS 'Every address cited, sorted.';
COMMENT ON COLUMN industry.daily_digest.html_uri IS 'Where the HTML page lies in the object store.';
COMMENT ON COLUMN industry.daily_digest.html_sha256 IS 'SHA-256 of the HTML page.';
COMMENT ON COLUMN industry.daily_digest.html_bytes IS 'Size of the HTML page in bytes.';
