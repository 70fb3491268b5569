-- What news items tell together and whom they name: industry.news_stories, industry.artist_names, industry.news_mentions.

-- == stories ==

CREATE TABLE industry.news_stories (
    source_slug text NOT NULL,
    guid text NOT NULL,
    story_id text NOT NULL CHECK (story_id ~ '^[0-9a-f]{16}$'),
    current_at timestamptz NOT NULL,
    linked_source text,
    linked_guid text,
    similarity double precision CHECK (similarity > 0 AND similarity <= 1),
    method text NOT NULL CHECK (method <> ''),
    content text NOT NULL CHECK (content ~ '^[0-9a-f]{32}$'),
    PRIMARY KEY (source_slug, guid),
    FOREIGN KEY (source_slug, guid) REFERENCES industry.industry_news ON DELETE CASCADE,
    CHECK ((linked_source IS NULL) = (linked_guid IS NULL) AND (linked_source IS NULL) = (similarity IS NULL)),
    CHECK ((linked_source, linked_guid) IS DISTINCT FROM (source_slug, guid))
);
CREATE INDEX news_stories_story ON industry.news_stories (story_id, current_at);
CREATE INDEX news_stories_current_at ON industry.news_stories (current_at DESC) INCLUDE (story_id);
CREATE INDEX news_stories_linked ON industry.news_stories (linked_source, linked_guid);
COMMENT ON TABLE industry.news_stories IS 'Which story each news item tells, one row per item of industry_news: near-duplicates across outlets share a story_id and nothing is deleted. Count rows for mentions and distinct story_id for stories. The same items give the same stories, whatever the order of materialisation.';
COMMENT ON COLUMN industry.news_stories.source_slug IS 'Source of the item.';
COMMENT ON COLUMN industry.news_stories.guid IS 'Identity of the item within its source.';
COMMENT ON COLUMN industry.news_stories.story_id IS 'The story, named after the item that began it: 64-bit BLAKE2 of its source and guid. Stays when later items join; changes only when an earlier item comes to be known.';
COMMENT ON COLUMN industry.news_stories.current_at IS 'When the item was published, or first seen (UTC), at the time of grouping: the order within the story.';
COMMENT ON COLUMN industry.news_stories.linked_source IS 'Source of the most similar earlier item of the story; NULL for the item that began it.';
COMMENT ON COLUMN industry.news_stories.linked_guid IS 'Its guid; NULL for the item that began the story.';
COMMENT ON COLUMN industry.news_stories.similarity IS 'Similarity to that item, 0-1: headline, TF-IDF and names, weighted; 1 for the same address or headline. NULL for the item that began the story.';
COMMENT ON COLUMN industry.news_stories.method IS 'Version of the grouping method; a new version regroups items when their windows are made again.';
COMMENT ON COLUMN industry.news_stories.content IS 'MD5 of what was compared: tells whether the item has changed since.';

-- == names and mentions ==

CREATE TABLE industry.artist_names (
    artist_key text PRIMARY KEY CHECK (artist_key <> ''),
    name text NOT NULL CHECK (name <> ''),
    chart_entries integer NOT NULL CHECK (chart_entries >= 0),
    best_position smallint CHECK (best_position >= 1),
    releases integer NOT NULL CHECK (releases >= 0),
    CHECK (chart_entries + releases > 0),
    CHECK ((chart_entries = 0) = (best_position IS NULL))
);
COMMENT ON TABLE industry.artist_names IS 'The artists that our own charts and releases name: the gazetteer behind news_mentions. Credits are taken apart ("A Featuring B") unless the parts are unknown alone ("Earth, Wind & Fire"). Made from scratch each time.';
COMMENT ON COLUMN industry.artist_names.artist_key IS 'The name''s words without case, accents and punctuation, "&" read as "and".';
COMMENT ON COLUMN industry.artist_names.name IS 'The name as it is most often printed.';
COMMENT ON COLUMN industry.artist_names.chart_entries IS 'Rows of chart_snapshots that credit the artist; the prior with which a name in a text is believed to be the artist.';
COMMENT ON COLUMN industry.artist_names.best_position IS 'Best position on any chart; NULL where the artist is known from releases alone.';
COMMENT ON COLUMN industry.artist_names.releases IS 'Rows of new_releases that credit the artist.';

CREATE TABLE industry.news_mentions (
    source_slug text NOT NULL,
    guid text NOT NULL,
    field text NOT NULL CHECK (field IN ('title', 'summary_raw')),
    start_offset integer NOT NULL CHECK (start_offset >= 0),
    end_offset integer NOT NULL CHECK (end_offset > start_offset),
    kind text NOT NULL CHECK (kind IN ('artist', 'label', 'platform', 'scene')),
    entity_key text NOT NULL CHECK (entity_key <> ''),
    name text NOT NULL CHECK (name <> ''),
    surface text NOT NULL CHECK (surface <> ''),
    confidence double precision NOT NULL CHECK (confidence >= 0.5 AND confidence < 1),
    evidence text[] NOT NULL CHECK (cardinality(evidence) >= 1),
    PRIMARY KEY (source_slug, guid, field, start_offset),
    FOREIGN KEY (source_slug, guid) REFERENCES industry.industry_news ON DELETE CASCADE,
    CHECK (end_offset - start_offset = char_length(surface))
);
CREATE INDEX news_mentions_entity ON industry.news_mentions (kind, entity_key) INCLUDE (source_slug, guid);
COMMENT ON TABLE industry.news_mentions IS 'Artists, labels, platforms and scenes that news items name, linked to what we know of. A name that could be something else ("Future", "Yes") is linked only where the text gives reasons; where it does not, there is no row.';
COMMENT ON COLUMN industry.news_mentions.source_slug IS 'Source of the item.';
COMMENT ON COLUMN industry.news_mentions.guid IS 'Identity of the item within its source.';
COMMENT ON COLUMN industry.news_mentions.field IS 'Column of industry_news that holds the name: title or summary_raw.';
COMMENT ON COLUMN industry.news_mentions.start_offset IS 'First character of the name in the field, counted from 0.';
COMMENT ON COLUMN industry.news_mentions.end_offset IS 'Character behind the name: substr(field, start_offset + 1, end_offset - start_offset) is the surface.';
COMMENT ON COLUMN industry.news_mentions.kind IS 'artist, label, platform or scene.';
COMMENT ON COLUMN industry.news_mentions.entity_key IS 'Artists: artist_names.artist_key, or the normalised name of one that only the item''s own tags and headline attest; others: the slug in assets/industry/gazetteer.yaml.';
COMMENT ON COLUMN industry.news_mentions.name IS 'Canonical name.';
COMMENT ON COLUMN industry.news_mentions.surface IS 'The name as the text has it.';
COMMENT ON COLUMN industry.news_mentions.confidence IS 'Belief that the name is meant, 0.5-1: a logistic score of written weights, not a calibrated probability.';
COMMENT ON COLUMN industry.news_mentions.evidence IS 'Reasons for the belief, e.g. {rare,tag,before:singer}.';
