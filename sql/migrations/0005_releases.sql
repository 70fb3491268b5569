-- Releases, gear and what arrives as files: industry.new_releases, industry.gear_releases, raw.landing_files,
-- industry.attention_signals; and bronze that may be let go of.

-- == bronze: retention ==

ALTER TABLE raw.payloads ADD COLUMN body_removed_at timestamptz;
ALTER TABLE raw.payloads ADD CHECK (body_removed_at IS NULL OR uri IS NOT NULL);
COMMENT ON COLUMN raw.payloads.body_removed_at IS 'When the body was removed from the object store because it was older than BACKBEAT_BRONZE_DAYS; NULL while it is kept. A row without its body cannot be parsed again.';
CREATE INDEX payloads_kept ON raw.payloads (fetched_at) WHERE uri IS NOT NULL AND body_removed_at IS NULL;
CREATE INDEX payloads_body ON raw.payloads (sha256);

-- == releases ==

-- a release asks for an artist on any chart; chart_snapshots_artist only answers for one
CREATE INDEX chart_snapshots_any_artist ON industry.chart_snapshots (artist_key, chart_date) INCLUDE (position);

CREATE TABLE industry.new_releases (
    source_slug text NOT NULL REFERENCES industry.sources,
    source_id text NOT NULL CHECK (source_id <> ''),
    group_key text NOT NULL CHECK (group_key <> ''),
    is_lead boolean NOT NULL DEFAULT false,
    title text NOT NULL CHECK (title <> ''),
    artist text NOT NULL CHECK (artist <> ''),
    artist_keys text[] NOT NULL CHECK (cardinality(artist_keys) >= 1),
    kind text NOT NULL CHECK (kind IN ('album', 'single', 'ep', 'compilation', 'live', 'remix', 'soundtrack', 'mixtape', 'broadcast', 'other')),
    release_date date,
    date_precision text CHECK (date_precision IN ('day', 'month', 'year')),
    external_ids jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(external_ids) = 'object'),
    genres text[] NOT NULL DEFAULT '{}',
    label text,
    url text CHECK (url ~ '^https?://'),
    notable boolean NOT NULL DEFAULT false,
    notable_reason text,
    first_seen_day date NOT NULL,
    last_seen_day date NOT NULL,
    current_on date NOT NULL GENERATED ALWAYS AS (CASE WHEN date_precision = 'day' THEN release_date ELSE first_seen_day END) STORED,
    PRIMARY KEY (source_slug, source_id),
    CHECK ((release_date IS NULL) = (date_precision IS NULL)),
    CHECK (notable = (notable_reason IS NOT NULL)),
    CHECK (last_seen_day >= first_seen_day)
);
CREATE INDEX new_releases_ranked ON industry.new_releases (notable DESC, current_on DESC, group_key) WHERE is_lead;
CREATE INDEX new_releases_current ON industry.new_releases (current_on) WHERE is_lead;
CREATE INDEX new_releases_genres ON industry.new_releases USING gin (genres) WHERE is_lead;
CREATE INDEX new_releases_group ON industry.new_releases (group_key);
CREATE INDEX new_releases_last_seen ON industry.new_releases (last_seen_day);
CREATE INDEX new_releases_artists ON industry.new_releases USING gin (artist_keys);
COMMENT ON TABLE industry.new_releases IS 'Releases that the sources announce, one row per source and its identifier; fetching one again never adds a row. Rows of several sources that mean one release share group_key, and one of them leads.';
COMMENT ON COLUMN industry.new_releases.source_slug IS 'Source that announces the release.';
COMMENT ON COLUMN industry.new_releases.source_id IS 'Identity of the release within its source: the MusicBrainz release or release group, the Apple or Spotify album.';
COMMENT ON COLUMN industry.new_releases.group_key IS 'First artist, title and form (single or longer), normalised: equal for one release in several sources and editions.';
COMMENT ON COLUMN industry.new_releases.is_lead IS 'True for the one row of each group that is shown: one that names genres, then the best tier of source, then the exact date, then the earliest seen.';
COMMENT ON COLUMN industry.new_releases.title IS 'Title as announced, without Apple''s suffixes "- Single" and "- EP".';
COMMENT ON COLUMN industry.new_releases.artist IS 'Whole artist credit as announced.';
COMMENT ON COLUMN industry.new_releases.artist_keys IS 'Each credited artist, normalised as chart_snapshots.artist_key; the first alone where the source does not tell them apart.';
COMMENT ON COLUMN industry.new_releases.kind IS 'album, single, ep, compilation, live, remix, soundtrack, mixtape, broadcast, or other where the source does not say.';
COMMENT ON COLUMN industry.new_releases.release_date IS 'Release date as announced, the first day of it where only month or year is known; NULL where the source gives none. May lie ahead.';
COMMENT ON COLUMN industry.new_releases.date_precision IS 'How much of release_date is known: day, month or year; NULL without a date.';
COMMENT ON COLUMN industry.new_releases.external_ids IS 'Identifiers that the source gives, e.g. {"mb_release_group": "...", "barcode": "..."}.';
COMMENT ON COLUMN industry.new_releases.genres IS 'Genres and tags that the source gives, in lower case; empty where it gives none.';
COMMENT ON COLUMN industry.new_releases.label IS 'First label that the source names; NULL where it names none.';
COMMENT ON COLUMN industry.new_releases.url IS 'Page of the release; NULL where the source names none.';
COMMENT ON COLUMN industry.new_releases.notable IS 'True where a credited artist stood on one of our charts in the 26 weeks before last_seen_day.';
COMMENT ON COLUMN industry.new_releases.notable_reason IS 'Which artist on which chart, with the best position and its date, in one sentence; NULL where it is not notable.';
COMMENT ON COLUMN industry.new_releases.first_seen_day IS 'Earliest day whose payload announces the release.';
COMMENT ON COLUMN industry.new_releases.last_seen_day IS 'Latest day whose payload announces it; the row holds what that payload says.';
COMMENT ON COLUMN industry.new_releases.current_on IS 'release_date where its day is known, else first_seen_day: what to order and filter by.';

-- == gear ==

CREATE TABLE industry.gear_releases (
    source_slug text NOT NULL,
    guid text NOT NULL,
    day date NOT NULL,
    brand text NOT NULL CHECK (brand <> ''),
    product text NOT NULL CHECK (product <> ''),
    product_key text NOT NULL CHECK (product_key <> ''),
    kind text NOT NULL CHECK (kind IN ('plugin', 'instrument', 'synth', 'drum_machine', 'module', 'controller', 'interface', 'microphone', 'effect', 'monitor', 'daw', 'samples', 'app', 'software', 'other')),
    event text NOT NULL CHECK (event IN ('release', 'update', 'announcement')),
    price numeric(12, 2) CHECK (price >= 0),
    currency text CHECK (currency ~ '^[A-Z]{3}$'),
    title text NOT NULL CHECK (title <> ''),
    url text CHECK (url ~ '^https?://'),
    current_at timestamptz NOT NULL,
    method text NOT NULL CHECK (method = 'rules'),
    PRIMARY KEY (source_slug, guid),
    FOREIGN KEY (source_slug, guid) REFERENCES industry.industry_news ON DELETE CASCADE,
    CHECK (currency IS NULL OR price IS NOT NULL),
    CHECK (currency IS NOT NULL OR coalesce(price, 0) = 0)
);
CREATE INDEX gear_releases_current ON industry.gear_releases (current_at DESC);
CREATE INDEX gear_releases_day ON industry.gear_releases (day);
CREATE INDEX gear_releases_product ON industry.gear_releases (product_key, current_at DESC);
COMMENT ON TABLE industry.gear_releases IS 'Instruments, plugins and studio gear that gear feeds announce, one row per news item that names a brand and a product; items that do not are left out (reviews, deals, tutorials).';
COMMENT ON COLUMN industry.gear_releases.source_slug IS 'Feed that carried the item.';
COMMENT ON COLUMN industry.gear_releases.guid IS 'Identity of the item within its feed, as in industry_news.';
COMMENT ON COLUMN industry.gear_releases.day IS 'Day (UTC) on which our feeds first showed the item; the partition in Dagster.';
COMMENT ON COLUMN industry.gear_releases.brand IS 'Maker, as the item writes it.';
COMMENT ON COLUMN industry.gear_releases.product IS 'Product, as the item writes it, without the maker.';
COMMENT ON COLUMN industry.gear_releases.product_key IS 'Brand and product, normalised: equal for one product in several feeds.';
COMMENT ON COLUMN industry.gear_releases.kind IS 'Kind of product by the words that the item uses; other where none tells.';
COMMENT ON COLUMN industry.gear_releases.event IS 'release (out or on pre-order), update (a new version of something known), announcement (shown, in beta, or to come).';
COMMENT ON COLUMN industry.gear_releases.price IS 'Price that the item gives, 0 where it says that the product is free; NULL where it gives none.';
COMMENT ON COLUMN industry.gear_releases.currency IS 'ISO 4217 code of the price; NULL without a price and for what is free.';
COMMENT ON COLUMN industry.gear_releases.title IS 'Headline of the item.';
COMMENT ON COLUMN industry.gear_releases.url IS 'Address of the item; NULL where it names none.';
COMMENT ON COLUMN industry.gear_releases.current_at IS 'When the item was published, or first seen where that is unknown (UTC).';
COMMENT ON COLUMN industry.gear_releases.method IS 'How brand, product, kind and price were found: rules (assets/industry/gear_rules.py).';

-- == landing folder ==

CREATE TABLE raw.landing_files (
    source_slug text NOT NULL REFERENCES industry.sources,
    file_name text NOT NULL CHECK (file_name <> ''),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    contract text NOT NULL,
    day date,
    bytes bigint NOT NULL CHECK (bytes >= 0),
    uri text NOT NULL,
    landed_at timestamptz NOT NULL,
    read_at timestamptz,
    rows integer CHECK (rows >= 0),
    bad_rows integer CHECK (bad_rows >= 0),
    problem text,
    PRIMARY KEY (source_slug, file_name, sha256),
    CHECK ((read_at IS NULL) = (rows IS NULL) AND (rows IS NULL) = (bad_rows IS NULL))
);
CREATE INDEX landing_files_unread ON raw.landing_files (landed_at) WHERE read_at IS NULL;
CREATE INDEX landing_files_charts ON raw.landing_files (landed_at) WHERE day IS NOT NULL;
COMMENT ON TABLE raw.landing_files IS 'Bronze: every file that was ever taken from the landing folder, once for each content. The file itself may go; its body is in the object store.';
COMMENT ON COLUMN raw.landing_files.source_slug IS 'Source that the file belongs to: the name of its folder.';
COMMENT ON COLUMN raw.landing_files.file_name IS 'Name of the file within the folder of its source.';
COMMENT ON COLUMN raw.landing_files.sha256 IS 'SHA-256 of the file; the same file again changes nothing.';
COMMENT ON COLUMN raw.landing_files.contract IS 'Contract that it is read by: the parser of its source (docs/how-to/landing-files.md).';
COMMENT ON COLUMN raw.landing_files.day IS 'Charts: the last date (YYYY-MM-DD) in the file''s name. NULL for other contracts, whose rows are dated.';
COMMENT ON COLUMN raw.landing_files.bytes IS 'Size in bytes.';
COMMENT ON COLUMN raw.landing_files.uri IS 'Where the gzip-compressed file lies in the object store.';
COMMENT ON COLUMN raw.landing_files.landed_at IS 'When the file was taken (UTC): the earliest time at which we could know its content.';
COMMENT ON COLUMN raw.landing_files.read_at IS 'When its rows were last brought into silver (UTC); NULL until then.';
COMMENT ON COLUMN raw.landing_files.rows IS 'Rows that could be used; NULL until it is read.';
COMMENT ON COLUMN raw.landing_files.bad_rows IS 'Rows that could not, each a row of ops.dead_letters; NULL until it is read.';
COMMENT ON COLUMN raw.landing_files.problem IS 'Why nothing was read from it, in one sentence; NULL where something was.';

CREATE TABLE industry.attention_signals (
    source_slug text NOT NULL REFERENCES industry.sources,
    day date NOT NULL,
    platform text NOT NULL CHECK (platform <> ''),
    place text NOT NULL,
    metric text NOT NULL CHECK (metric ~ '^[a-z][a-z0-9_]*$'),
    artist_key text NOT NULL CHECK (artist_key <> ''),
    track_key text NOT NULL,
    country text NOT NULL CHECK (country ~ '^([a-z]{2}|global)$'),
    artist text NOT NULL CHECK (artist <> ''),
    title text,
    value double precision NOT NULL CHECK (value >= 0 AND value < 'infinity'),
    url text CHECK (url ~ '^https?://'),
    file_sha256 text NOT NULL CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (source_slug, day, platform, place, metric, artist_key, track_key, country),
    CHECK ((title IS NULL) = (track_key = ''))
);
CREATE INDEX attention_signals_artist ON industry.attention_signals (artist_key, metric, day);
CREATE INDEX attention_signals_day ON industry.attention_signals (day);
COMMENT ON TABLE industry.attention_signals IS 'What the user''s own files say of attention, one number a row: playlist placements, radio plays, social signals. A later file replaces the value of an earlier one.';
COMMENT ON COLUMN industry.attention_signals.source_slug IS 'Source that the file belongs to, e.g. radio-plays.';
COMMENT ON COLUMN industry.attention_signals.day IS 'Day (UTC) that the number counts.';
COMMENT ON COLUMN industry.attention_signals.platform IS 'Where it was counted, in lower case: spotify, tiktok, radio.';
COMMENT ON COLUMN industry.attention_signals.place IS 'Playlist, station or account; empty where the number counts the whole platform.';
COMMENT ON COLUMN industry.attention_signals.metric IS 'What is counted: playlist_position, playlist_followers, plays, or the social signal''s own name.';
COMMENT ON COLUMN industry.attention_signals.artist_key IS 'First artist, normalised as in chart_snapshots.';
COMMENT ON COLUMN industry.attention_signals.track_key IS 'First artist and title, normalised as in chart_snapshots; empty for numbers that count an artist.';
COMMENT ON COLUMN industry.attention_signals.country IS 'Two-letter ISO 3166 code in lower case, or global.';
COMMENT ON COLUMN industry.attention_signals.artist IS 'Artist as written.';
COMMENT ON COLUMN industry.attention_signals.title IS 'Title as written; NULL for numbers that count an artist.';
COMMENT ON COLUMN industry.attention_signals.value IS 'The number, in the unit of its metric: ranks, followers or counts of the day.';
COMMENT ON COLUMN industry.attention_signals.url IS 'Page of what is counted; NULL where the file names none.';
COMMENT ON COLUMN industry.attention_signals.file_sha256 IS 'File that the number was read from, as in raw.landing_files.';
