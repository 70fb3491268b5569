-- A year of synthetic rows up to today: %(news)s news items, %(charts)s charts of 100 tracks a day.

INSERT INTO industry.sources (slug, name, kind, url, parser, cadence, tier, platform, country, chart, enabled, health,
    allowed_use, attribution, storage_limit, checked_on)
SELECT 'outlet-' || n, 'Outlet ' || n, 'rss', 'https://example.org/', 'feed', 'window', 1 + n %% 3, NULL, NULL, NULL, true, 'alive',
    'any', 'credit', 'none', date '2026-01-01'
FROM generate_series(1, 40) AS n
UNION ALL
SELECT 'apple-' || n, 'Apple ' || n, 'chart', 'https://example.org/', 'p', 'day', 1, 'apple',
    CASE n WHEN 1 THEN 'us' ELSE chr(97 + n / 26) || chr(97 + n %% 26) END, 'songs', true, 'alive', 'any', 'credit', 'none',
    date '2026-01-01'
FROM generate_series(1, %(charts)s) AS n;

INSERT INTO industry.industry_news (source_slug, guid, guid_method, title, url, published_at, published_raw, published_flag,
    summary_raw, summary, summary_method, category, impact_creator, impact_developer, impact_monetizer, impact_method,
    content_hash, first_seen_window, last_seen_window)
SELECT 'outlet-' || 1 + n %% 40, n::text, 'guid', 'Headline ' || n || ' about a label and a court', 'https://example.org/' || n,
    at, 'raw', 'ok', repeat('A sentence of the feed. ', 8), 'Two sentences. Of the feed.', 'extractive',
    (ARRAY['charts', 'deals', 'gear', 'legal', 'live', 'platforms', 'release', 'review', 'rights', 'other'])[1 + n %% 10],
    floor(100 * random() ^ 4), floor(100 * random() ^ 4), floor(100 * random() ^ 4), 'rules', encode(sha256(n::text::bytea), 'hex'),
    date_trunc('day', at), date_trunc('day', at)
FROM (SELECT n, now() - n * interval '365 days' / %(news)s AS at FROM generate_series(1, %(news)s) AS n) AS hours;

INSERT INTO industry.news_stories (source_slug, guid, story_id, current_at, method, content)
SELECT source_slug, guid, substr(md5((guid::int / 2)::text), 1, 16), current_at, 'bench', md5(guid) FROM industry.industry_news;

INSERT INTO industry.chart_snapshots (platform, chart, country, chart_date, position, source_slug, title, artist, track_key,
    artist_key, url, fetched_at)
SELECT 'apple', s.chart, s.country, current_date - day, place, s.slug, 'Song ' || (place + day) %% 400, 'Singer ' || (place + day) %% 150,
    'singer|' || (place + day) %% 400, 'singer ' || (place + day) %% 150, 'https://example.org/' || place,
    now() - day * interval '1 day'
FROM industry.sources AS s, generate_series(0, 364) AS day, generate_series(1, 100) AS place WHERE s.kind = 'chart';

INSERT INTO industry.chart_movers (day, window_days, platform, chart, country, track_key, artist_key, title, artist, chart_date,
    baseline_date, position, previous_position, change, movement, strength, velocity, peak, weeks_on)
SELECT current_date - day, days, 'apple', s.chart, s.country, 'singer|' || place, 'singer ' || place, 'Song ' || place,
    'Singer ' || place, current_date - day, current_date - day - days, place, place + 1, 1, 'up', 0.5, random() - 0.5, place, 1
FROM industry.sources AS s, generate_series(0, 89) AS day, unnest(ARRAY[1, 7, 28]) AS days, generate_series(1, 100) AS place
WHERE s.kind = 'chart';

INSERT INTO industry.daily_digest (digest_date, headline, body, method, item_count, mover_count, source_urls, html_uri,
    html_sha256, html_bytes)
SELECT current_date - day, 'Headline', jsonb_build_object('text', repeat('A digest. ', 2000)), 'extractive', 15, 60, '{}',
    'file:///x', repeat('a', 64), 1
FROM generate_series(0, 364) AS day;

INSERT INTO industry.new_releases (source_slug, source_id, group_key, is_lead, title, artist, artist_keys, kind, release_date,
    date_precision, genres, url, notable, notable_reason, first_seen_day, last_seen_day)
SELECT 'outlet-' || 1 + n %% 3, n::text, 'group ' || n / 2, n %% 2 = 0, 'Release ' || n, 'Singer ' || n %% 5000,
    ARRAY['singer ' || n %% 5000], 'album', current_date - n %% 365, 'day',
    ARRAY[(ARRAY['house', 'techno', 'pop', 'jazz'])[1 + n %% 4]], 'https://example.org/' || n, n %% 50 = 0,
    CASE WHEN n %% 50 = 0 THEN 'On charts.' END, current_date - n %% 365, current_date - n %% 365
FROM generate_series(1, 60000) AS n;

INSERT INTO industry.gear_releases (source_slug, guid, day, brand, product, product_key, kind, event, title, url, current_at, method)
SELECT source_slug, guid, current_at::date, 'Korg', 'Synth ' || guid, 'korg synth ' || guid, 'synth', 'release', title, url,
    current_at, 'rules'
FROM industry.industry_news WHERE category = 'gear';
