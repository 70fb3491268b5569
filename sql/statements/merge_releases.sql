-- Bring the releases of one source and day (%(items)s, a JSON array) into industry.new_releases, whatever the order in
-- which days are materialised: the latest day that announces a release gives its text, the earliest its first_seen_day.
-- Rows that would not change are left alone. Returns the rows inserted and the rows changed.
WITH items AS (
    SELECT * FROM jsonb_to_recordset(%(items)s) AS item (
        source_id text, group_key text, title text, artist text, artist_keys text[], kind text, release_date date,
        date_precision text, external_ids jsonb, genres text[], label text, url text
    )
),
merged AS (
    INSERT INTO industry.new_releases AS kept (
        source_slug, first_seen_day, last_seen_day, source_id, group_key, title, artist, artist_keys, kind, release_date,
        date_precision, external_ids, genres, label, url
    )
    SELECT %(source_slug)s, %(day)s, %(day)s, source_id, group_key, title, artist, artist_keys, kind, release_date,
           date_precision, external_ids, genres, label, url
    FROM items
    ORDER BY source_id -- so that two days of a source queue instead of deadlocking
    ON CONFLICT (source_slug, source_id) DO UPDATE SET
        (first_seen_day, last_seen_day, group_key, title, artist, artist_keys, kind, release_date, date_precision,
         external_ids, genres, label, url)
        = (least(kept.first_seen_day, excluded.first_seen_day), excluded.last_seen_day, excluded.group_key, excluded.title,
           excluded.artist, excluded.artist_keys, excluded.kind, excluded.release_date, excluded.date_precision,
           excluded.external_ids, excluded.genres, excluded.label, excluded.url)
    WHERE excluded.last_seen_day >= kept.last_seen_day
      AND (kept.last_seen_day, kept.group_key, kept.title, kept.artist, kept.artist_keys, kept.kind, kept.release_date,
           kept.date_precision, kept.external_ids, kept.genres, kept.label, kept.url)
          IS DISTINCT FROM
          (excluded.last_seen_day, excluded.group_key, excluded.title, excluded.artist, excluded.artist_keys, excluded.kind,
           excluded.release_date, excluded.date_precision, excluded.external_ids, excluded.genres, excluded.label,
           excluded.url)
    RETURNING kept.xmax = 0 AS inserted -- xmax is 0 on a row version that nothing preceded
),
backdated AS (
    UPDATE industry.new_releases AS kept SET first_seen_day = %(day)s
    FROM items
    WHERE kept.source_slug = %(source_slug)s AND kept.source_id = items.source_id
      AND kept.first_seen_day > %(day)s AND kept.last_seen_day > %(day)s
    RETURNING 1
)
SELECT (SELECT count(*) FROM merged WHERE inserted),
       (SELECT count(*) FROM merged WHERE NOT inserted) + (SELECT count(*) FROM backdated);
