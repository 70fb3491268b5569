-- What occurred in an ISO week (its Monday: %(week)s) and in the 12 weeks before: documents and the features they hold,
-- in two tables of this transaction. weeks_ago 0 is the week itself.
-- A document of the news is a headline of an outlet in a week: an item that a feed repeats under another guid counts once,
-- so the volume of a feed by itself moves nothing. A document of the charts is a track that entered, returned or rose on a
-- chart, as industry.chart_movers saw it over 7 days on the Sunday of the week.

CREATE TEMP TABLE trend_documents ON COMMIT DROP AS
WITH headlines AS (
    SELECT source_slug AS source, (%(week)s::date + 6 - (current_at AT TIME ZONE 'UTC')::date) / 7 AS weeks_ago,
           -- an apostrophe parts no word, all other signs do
           trim(regexp_replace(regexp_replace(lower(title), '[''’]', '', 'g'), '[^[:alnum:]]+', ' ', 'g')) AS words,
           title, url, category, tags, source_slug, guid
    FROM industry.industry_news
    WHERE current_at >= (%(week)s::date - 84)::timestamp AT TIME ZONE 'UTC'
      AND current_at < (%(week)s::date + 7)::timestamp AT TIME ZONE 'UTC'
)
SELECT DISTINCT ON (source, weeks_ago, coalesce(nullif(words, ''), title))
       row_number() OVER () AS document, source, weeks_ago, words, title, url, category, tags, guid
FROM headlines
ORDER BY source, weeks_ago, coalesce(nullif(words, ''), title), guid;

CREATE TEMP TABLE trend_chart_rows ON COMMIT DROP AS
SELECT -row_number() OVER () AS document, 'chart:' || concat_ws('/', platform, chart, country) AS source,
       (%(week)s::date + 6 - day) / 7 AS weeks_ago, artist_key, track_key, movement
FROM industry.chart_movers
WHERE day = ANY (SELECT %(week)s::date + 6 - 7 * ago FROM generate_series(0, 12) AS weeks (ago))
  AND window_days = 7 AND position IS NOT NULL AND movement <> 'no_baseline';

CREATE TEMP TABLE trend_occurrences ON COMMIT DROP AS
WITH tokens AS (
    SELECT document, source, weeks_ago, word, lead(word) OVER (PARTITION BY document ORDER BY place) AS next_word
    FROM trend_documents
    CROSS JOIN LATERAL string_to_table(words, ' ') WITH ORDINALITY AS split (word, place)
),
-- the words that can be a feature: no stop words, no numbers (every year would rise in January), no single letters
meaningful AS MATERIALIZED (
    SELECT word FROM (SELECT DISTINCT word FROM tokens) AS every
    WHERE length(word) > 1 AND word !~ '^[0-9]+$' AND ts_lexize('pg_catalog.english_stem', word) <> '{}'
),
found AS (
    SELECT 'term' AS kind, word AS feature, document, source, weeks_ago FROM tokens JOIN meaningful USING (word)
    UNION
    SELECT 'term', concat_ws(' ', tokens.word, next_word), document, source, weeks_ago
    FROM tokens
    JOIN meaningful AS one ON one.word = tokens.word
    JOIN meaningful AS other ON other.word = next_word
    UNION
    SELECT 'tag', lower(trim(tag)), document, source, weeks_ago
    FROM trend_documents CROSS JOIN LATERAL unnest(tags) AS given (tag)
    WHERE trim(tag) <> ''
    UNION
    SELECT 'category', category, document, source, weeks_ago FROM trend_documents WHERE category <> 'other'
    UNION
    SELECT kind, entity_key, document, trend_documents.source, weeks_ago
    FROM trend_documents JOIN industry.news_mentions AS m ON m.source_slug = trend_documents.source AND m.guid = trend_documents.guid
    UNION ALL
    SELECT 'chart_artist', artist_key, document, source, weeks_ago FROM trend_chart_rows
    WHERE movement IN ('new_entry', 're_entry')
    UNION ALL
    SELECT 'chart_track', track_key, document, source, weeks_ago FROM trend_chart_rows
    WHERE movement IN ('new_entry', 're_entry', 'up')
)
SELECT * FROM found;

ANALYZE trend_documents, trend_occurrences;
