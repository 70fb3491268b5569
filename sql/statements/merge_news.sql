-- Bring the items of one source and window (%(items)s, a JSON array) into industry.industry_news, whatever the order in
-- which windows are materialised: the latest window that shows an item gives its text, the earliest its first_seen_window.
-- Rows that would not change are left alone. Returns the rows inserted and the rows changed.
WITH items AS (
    SELECT * FROM jsonb_to_recordset(%(items)s) AS item (
        guid text, guid_method text, title text, url text, author text, published_at timestamptz, published_raw text,
        published_flag text, summary_raw text, summary text, summary_method text, language text, language_method text,
        tags text[], category text, impact_creator smallint, impact_developer smallint, impact_monetizer smallint,
        impact_method text, content_hash text
    )
),
merged AS (
    INSERT INTO industry.industry_news AS kept (
        source_slug, first_seen_window, last_seen_window, guid, guid_method, title, url, author, published_at, published_raw,
        published_flag, summary_raw, summary, summary_method, language, language_method, tags, category, impact_creator,
        impact_developer, impact_monetizer, impact_method, content_hash
    )
    SELECT %(source_slug)s, %(window_start)s, %(window_start)s, guid, guid_method, title, url, author, published_at, published_raw,
           published_flag, summary_raw, summary, summary_method, language, language_method, tags, category, impact_creator,
           impact_developer, impact_monetizer, impact_method, content_hash
    FROM items
    ORDER BY guid -- so that two windows of a source queue instead of deadlocking
    ON CONFLICT (source_slug, guid) DO UPDATE SET
        (first_seen_window, last_seen_window, guid_method, title, url, author, published_at, published_raw, published_flag,
         summary_raw, summary, summary_method, language, language_method, tags, category, impact_creator, impact_developer,
         impact_monetizer, impact_method, content_hash)
        = (least(kept.first_seen_window, excluded.first_seen_window), excluded.last_seen_window, excluded.guid_method,
           excluded.title, excluded.url, excluded.author, excluded.published_at, excluded.published_raw,
           excluded.published_flag, excluded.summary_raw, excluded.summary, excluded.summary_method, excluded.language,
           excluded.language_method, excluded.tags, excluded.category, excluded.impact_creator, excluded.impact_developer,
           excluded.impact_monetizer, excluded.impact_method, excluded.content_hash)
    WHERE excluded.last_seen_window >= kept.last_seen_window
      AND (kept.last_seen_window, kept.guid_method, kept.title, kept.url, kept.author, kept.published_at, kept.published_raw,
           kept.published_flag, kept.summary_raw, kept.summary, kept.summary_method, kept.language, kept.language_method,
           kept.tags, kept.category, kept.impact_creator, kept.impact_developer, kept.impact_monetizer, kept.impact_method,
           kept.content_hash)
          IS DISTINCT FROM
          (excluded.last_seen_window, excluded.guid_method, excluded.title, excluded.url, excluded.author,
           excluded.published_at, excluded.published_raw, excluded.published_flag, excluded.summary_raw, excluded.summary,
           excluded.summary_method, excluded.language, excluded.language_method, excluded.tags, excluded.category,
           excluded.impact_creator, excluded.impact_developer, excluded.impact_monetizer, excluded.impact_method,
           excluded.content_hash)
    RETURNING kept.xmax = 0 AS inserted -- xmax is 0 on a row version that nothing preceded
),
backdated AS (
    UPDATE industry.industry_news AS kept SET first_seen_window = %(window_start)s
    FROM items
    WHERE kept.source_slug = %(source_slug)s AND kept.guid = items.guid
      AND kept.first_seen_window > %(window_start)s AND kept.last_seen_window > %(window_start)s
    RETURNING 1
)
SELECT (SELECT count(*) FROM merged WHERE inserted), (SELECT count(*) FROM merged WHERE NOT inserted) + (SELECT count(*) FROM backdated);
