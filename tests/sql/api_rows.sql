-- Rows for the tests of the api schema: enough of them that a missing index would show.

INSERT INTO industry.sources (slug, name, kind, url, parser, cadence, tier, platform, country, chart, enabled, health,
    allowed_use, attribution, storage_limit, checked_on)
SELECT slug, slug, kind, 'https://example.org/', 'p', cadence, 1, platform, country, chart, true, 'alive', 'any', slug, 'none',
    '2026-01-01'
FROM (VALUES
    ('outlet', 'rss', 'window', NULL, NULL, NULL), ('apple-us', 'chart', 'day', 'apple', 'us', 'songs'),
    ('apple-us-albums', 'chart', 'day', 'apple', 'us', 'albums'), ('apple-de', 'chart', 'day', 'apple', 'de', 'songs')
) AS source (slug, kind, cadence, platform, country, chart);

INSERT INTO industry.industry_news (source_slug, guid, guid_method, title, url, published_at, published_raw,
    published_flag, category, impact_creator, impact_developer, impact_monetizer, impact_method, content_hash,
    first_seen_window, last_seen_window)
SELECT 'outlet', n::text, 'guid', 'Title ' || n, 'https://example.org/' || n, now() - n * interval '1 hour', 'raw', 'ok',
    (ARRAY['deals', 'legal', 'gear', 'other'])[1 + n % 4], n % 101, (n * 7) % 101, (n * 13) % 101, 'rules',
    encode(sha256(n::text::bytea), 'hex'), date_trunc('day', now()), date_trunc('day', now())
FROM generate_series(1, 5000) AS n;

INSERT INTO industry.chart_snapshots (platform, chart, country, chart_date, position, source_slug, title, artist,
    track_key, artist_key, fetched_at)
SELECT 'apple', s.chart, s.country, current_date - day, position, s.slug, 'Song ' || position, 'Singer', position::text,
    'singer', now() - day * interval '1 day'
FROM industry.sources AS s, generate_series(0, 30) AS day, generate_series(1, 100) AS position
WHERE s.kind = 'chart';

INSERT INTO industry.chart_movers (day, window_days, platform, chart, country, track_key, artist_key, title, artist,
    chart_date, baseline_date, position, previous_position, change, movement, strength, velocity, peak, weeks_on)
SELECT current_date - day, window_days, 'apple', s.chart, s.country, position::text, 'singer', 'Song ' || position, 'Singer',
    current_date - day, current_date - day - window_days, position, position + 1, 1, 'up', 0.5, 100.0 / position, position, 1
FROM industry.sources AS s, generate_series(0, 30) AS day, unnest(ARRAY[1, 7, 28]) AS window_days,
    generate_series(1, 100) AS position
WHERE s.kind = 'chart';

INSERT INTO industry.daily_digest (digest_date, headline, body, method, item_count, mover_count, source_urls, html_uri,
    html_sha256, html_bytes)
SELECT current_date - day, 'Headline', '{}', 'extractive', 1, 1, '{}', 'file:///x', repeat('a', 64), 1
FROM generate_series(0, 60) AS day;

INSERT INTO library.intake_batches (batch_key, source, track_count) VALUES ('b000001', 'file:///music', 50);
INSERT INTO library.tracks (track_id, batch_key, title, artist, genre, media_type, audio_bytes)
SELECT md5(n::text), 'b000001', 'Track ' || n, 'Artist ' || n % 500, (ARRAY['House', 'Techno', 'Trance'])[1 + n % 3],
    'audio/flac', 1000
FROM generate_series(1, 8000) AS n;
INSERT INTO library.track_locations (uri, track_id, bytes)
SELECT 'file:///music/' || track_id, track_id, 1000 FROM library.tracks;
INSERT INTO library.track_analyses (track_id, duration_s, sample_rate, channels, decoder, bpm, bpm_confidence,
    bpm_candidates, first_beat_s, first_downbeat, beat_count, grid_constant, grid_residual_ms, grid_confidence, key_tonic,
    key_mode, camelot, key_confidence, tuning_cents, energy, energy_level, energy_curve, loudness_lufs,
    loudness_range_lu, true_peak_dbtp, mix_in_s, mix_out_s, arrays_uri, picture_uri, code_version)
SELECT md5(n::text), 120 + n % 300, 44100, 2, 'soundfile', 90 + (n % 900) / 10.0, 1, '[]', 0, 0, 10, true, 0, 1, 0,
    'minor', 1 + n % 12 || (ARRAY['A', 'B'])[1 + n % 2], 1, 0, (n % 100) / 100.0, 5, '{0.5}', -9, 5, -1, 0, 100, 'file:///a',
    'file:///p', '1'
FROM generate_series(1, 8000) AS n;
INSERT INTO library.transition_scores (out_track, in_track, rank, score, harmonic_score, tempo_score, energy_score,
    tempo_ratio, energy_step, batch_key, code_version)
SELECT md5(n::text), md5((n + k)::text), k, 90, 90, 90, 90, 1, 0, 'b000001', '1'
FROM generate_series(1, 500) AS n, generate_series(1, 30) AS k;

INSERT INTO mixes.mix_requests (request_id, status, parameters, parameters_sha256, finished_at)
SELECT 'mix-' || n, 'done', '{"curve": "build", "seconds": 600, "seed": 1}', repeat('a', 64), now()
FROM generate_series(1, 200) AS n;
INSERT INTO mixes.mix_plans (request_id, plan, plan_sha256, tracks, seconds, objective, greedy_objective, exact,
    code_version)
SELECT request_id, '{}', repeat('a', 64), 2, 600, 0.5, 0.4, true, '1' FROM mixes.mix_requests;
INSERT INTO mixes.mix_plan_tracks (request_id, position, track_id, start_s, end_s, source_start_s, source_end_s, bpm, keep_pitch,
    gain_db, energy, target_energy)
SELECT request_id, k, md5(k::text), k, k + 10, 0, 10, 120, true, 0, 0.5, 0.5
FROM mixes.mix_requests, generate_series(1, 10) AS k;
INSERT INTO mixes.mix_renders (request_id, uri, sha256, bytes, media_type, seconds, sample_rate, integrated_lufs,
    true_peak_dbtp, gain_reduction_db, render_seconds, plan_sha256, code_version)
SELECT request_id, 'file:///m', repeat('a', 64), 1, 'audio/flac', 600, 44100, -14, -1, 0, 1, repeat('a', 64), '1'
FROM mixes.mix_requests;
INSERT INTO mixes.transition_report (request_id, transition, gate, name, unit, verdict, detail)
SELECT request_id, k, 1, 'beat_alignment', 'ms', CASE WHEN k = 3 THEN 'fail' WHEN k = 2 THEN 'warn' ELSE 'pass' END, 'x'
FROM mixes.mix_requests, generate_series(1, 9) AS k;

INSERT INTO industry.new_releases (source_slug, source_id, group_key, is_lead, title, artist, artist_keys, kind,
    release_date, date_precision, genres, notable, notable_reason, first_seen_day, last_seen_day)
SELECT 'outlet', n::text, (n / 2)::text, n % 2 = 0, 'Release ' || n, 'Singer', '{singer}', 'album', current_date - n / 200,
    'day', ARRAY['g' || n % 250], n % 50 = 0, CASE WHEN n % 50 = 0 THEN 'Singer stood at 1.' END, current_date - n / 200,
    current_date - n / 200
FROM generate_series(1, 40000) AS n;
INSERT INTO industry.gear_releases (source_slug, guid, day, brand, product, product_key, kind, event, price, currency, title,
    url, current_at, method)
SELECT source_slug, guid, current_at::date, 'Brand', 'Product ' || guid, 'brand|' || guid, 'synth', 'release', 99.5, 'EUR',
    title, url, current_at, 'rules'
FROM industry.industry_news;
