-- industry.chart_movers of one day (%(day)s), from industry.chart_snapshots alone.
-- The meaning of each column is its COMMENT in sql/migrations/0004_industry.sql. Why these formulas: over 123,209
-- song-weeks of the Hot 100 since 2000, the spread of moves in the square root of rank is alike all over the chart (sd
-- 1.1-fold; in rank 12-fold), and an EWMA of moves foretells the next 4 weeks better than the last move (Spearman 0.43, 0.37).
-- Every lookup in chart_snapshots goes through its primary key, chart_snapshots_track or chart_snapshots_artist.

-- The joins below are of some thousand rows that no statistics describe; taking each for one row, the planner would loop
-- over them (11 s instead of 0.3 s on a table not yet analysed). The LATERAL lookups are loops in any case.
SET LOCAL enable_nestloop = off;

DELETE FROM industry.chart_movers WHERE day = %(day)s;

WITH constants AS (
    SELECT 10 AS stale_days,          -- a chart older than this is not news of the day
           14 AS baseline_slack_days, -- how much older than its window a baseline may be: the Hot 100 once paused 12 days
           8 AS spread_steps,         -- steps from chart to chart that the spread is measured over
           20 AS spread_prior,        -- moves that the whole chart's spread counts for in a band, which may hold 5 tracks
           4 AS ewma_steps,
           0.6::float8 AS ewma_decay,
           728 AS novelty_days,       -- 104 weeks
           56 AS novelty_run_days,    -- an artist counts as new for 8 weeks
           28 AS momentum_days,       -- the slope is that of up to 4 weeks
           3 AS slope_weight,         -- log strength + 3 x slope: P@50 0.54 on Hot 100 breakouts, level with trained models
           8 AS momentum_charts,      -- a percentile within one chart ties the best of every week; among 8 it does not
           0.9::float8 AS breakout_threshold
),
series AS (
    SELECT row_number() OVER () AS series_id, platform, chart, country, newest.chart_date, oldest.chart_date AS history_start
    FROM (SELECT DISTINCT platform, chart, country FROM industry.sources WHERE kind = 'chart') AS known
    CROSS JOIN constants
    CROSS JOIN LATERAL (
        SELECT s.chart_date FROM industry.chart_snapshots AS s
        WHERE s.platform = known.platform AND s.chart = known.chart AND s.country = known.country
          AND s.chart_date BETWEEN %(day)s::date - stale_days AND %(day)s::date
        ORDER BY s.chart_date DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT s.chart_date FROM industry.chart_snapshots AS s
        WHERE s.platform = known.platform AND s.chart = known.chart AND s.country = known.country
        ORDER BY s.chart_date LIMIT 1
    ) AS oldest
),
-- the latest charts of each series, step 0 being the newest; position 1 stands for the chart
charts AS MATERIALIZED (
    SELECT series_id, recent.chart_date,
           row_number() OVER latest_first - 1 AS step,
           recent.chart_date - lead(recent.chart_date) OVER latest_first AS days
    FROM series
    CROSS JOIN constants
    CROSS JOIN LATERAL (
        SELECT s.chart_date FROM industry.chart_snapshots AS s
        WHERE s.platform = series.platform AND s.chart = series.chart AND s.country = series.country
          AND s.position = 1 AND s.chart_date <= series.chart_date
        ORDER BY s.chart_date DESC LIMIT spread_steps + 1
    ) AS recent
    WINDOW latest_first AS (PARTITION BY series_id ORDER BY recent.chart_date DESC)
),
windows AS MATERIALIZED (
    SELECT series_id, window_days, baseline.chart_date AS baseline_date
    FROM series
    CROSS JOIN constants
    CROSS JOIN (VALUES (1), (7), (28)) AS lengths (window_days)
    LEFT JOIN LATERAL (
        SELECT s.chart_date FROM industry.chart_snapshots AS s
        WHERE s.platform = series.platform AND s.chart = series.chart AND s.country = series.country AND s.position = 1
          AND s.chart_date BETWEEN series.chart_date - window_days - baseline_slack_days AND series.chart_date - window_days
        ORDER BY s.chart_date DESC LIMIT 1
    ) AS baseline ON true
),
-- every rank that is compared with another; a track printed twice on a chart counts at its better position
ranks AS MATERIALIZED (
    SELECT series_id, wanted.chart_date, track_key, position, title, artist, artist_key,
           1 - sqrt(position / (1 + max(length) OVER (PARTITION BY series_id, wanted.chart_date))::float8) AS strength,
           1 - ln(position) / ln(1 + max(length) OVER (PARTITION BY series_id, wanted.chart_date)) AS log_strength,
           CASE WHEN position <= 5 THEN 1 WHEN position <= 20 THEN 2 WHEN position <= 50 THEN 3 ELSE 4 END AS band
    FROM (
        SELECT series_id, chart_date FROM charts
        UNION
        SELECT series_id, baseline_date FROM windows WHERE baseline_date IS NOT NULL
    ) AS wanted
    JOIN series USING (series_id)
    CROSS JOIN LATERAL (
        SELECT DISTINCT ON (s.track_key) s.track_key, s.position, s.title, s.artist, s.artist_key,
               max(s.position) OVER () AS length
        FROM industry.chart_snapshots AS s
        WHERE s.platform = series.platform AND s.chart = series.chart AND s.country = series.country
          AND s.chart_date = wanted.chart_date
        ORDER BY s.track_key, s.position
    ) AS best
),
-- change of strength per day at each step from chart to chart; off the chart the strength is 0
moves AS MATERIALIZED (
    SELECT tracks.series_id, tracks.track_key, later.step,
           (coalesce(arrived.strength, 0) - coalesce(started.strength, 0)) / later.days AS per_day,
           CASE WHEN arrived.position IS NOT NULL THEN started.band END AS stayed_from_band
    FROM (SELECT DISTINCT series_id, track_key FROM ranks) AS tracks
    JOIN charts AS later ON later.series_id = tracks.series_id
    JOIN charts AS earlier ON earlier.series_id = later.series_id AND earlier.step = later.step + 1
    LEFT JOIN ranks AS arrived
        ON arrived.series_id = later.series_id AND arrived.chart_date = later.chart_date AND arrived.track_key = tracks.track_key
    LEFT JOIN ranks AS started
        ON started.series_id = earlier.series_id AND started.chart_date = earlier.chart_date AND started.track_key = tracks.track_key
),
-- typical daily change of tracks that stayed, by the band they started from, drawn towards that of the whole chart
spreads AS (
    SELECT series_id, band,
           sqrt(nullif((coalesce(sum(square) FILTER (WHERE stayed_from_band = band), 0) + spread_prior * avg(square))
                       / (count(*) FILTER (WHERE stayed_from_band = band) + spread_prior), 0)) AS spread
    FROM (SELECT series_id, stayed_from_band, per_day ^ 2 AS square FROM moves WHERE stayed_from_band IS NOT NULL) AS squares
    CROSS JOIN generate_series(1, 4) AS bands (band)
    CROSS JOIN constants
    GROUP BY series_id, band, spread_prior
),
tempos AS (
    SELECT series_id, track_key,
           sum(per_day * ewma_decay ^ step) FILTER (WHERE step < ewma_steps)
               / sum(ewma_decay ^ step) FILTER (WHERE step < ewma_steps) AS ewma,
           max(per_day) FILTER (WHERE step = 0) - max(per_day) FILTER (WHERE step = 1) AS acceleration
    FROM moves CROSS JOIN constants
    GROUP BY series_id, track_key
),
-- what the whole history says of each track in question
histories AS MATERIALIZED (
    SELECT tracks.series_id, tracks.track_key, past.*
    FROM (SELECT DISTINCT series_id, track_key FROM ranks) AS tracks
    JOIN series USING (series_id)
    CROSS JOIN constants
    CROSS JOIN LATERAL (
        SELECT min(s.position) AS peak, count(DISTINCT date_trunc('week', s.chart_date::timestamp)) AS weeks_on,
               min(s.chart_date) AS first_date
        FROM industry.chart_snapshots AS s
        WHERE s.platform = series.platform AND s.chart = series.chart AND s.country = series.country
          AND s.track_key = tracks.track_key AND s.chart_date <= series.chart_date
    ) AS past
),
-- novelty of the artists now on each chart: true, false, or null where the history is too short to tell
novelties AS (
    SELECT artists.series_id, artists.artist_key, entry.first_date,
           greatest(history_start, series.chart_date - novelty_days) AS held_from,
           CASE WHEN series.chart_date - history_start < momentum_days THEN NULL
                WHEN entry.first_date < series.chart_date - novelty_run_days THEN false
                WHEN entry.first_date - greatest(history_start, series.chart_date - novelty_days) >= momentum_days THEN true
           END AS novel
    FROM (SELECT DISTINCT series_id, artist_key FROM ranks JOIN series USING (series_id, chart_date)) AS artists
    JOIN series USING (series_id)
    CROSS JOIN constants
    CROSS JOIN LATERAL (
        SELECT min(s.chart_date) AS first_date FROM industry.chart_snapshots AS s
        WHERE s.platform = series.platform AND s.chart = series.chart AND s.country = series.country
          AND s.artist_key = artists.artist_key AND s.chart_date BETWEEN series.chart_date - novelty_days AND series.chart_date
    ) AS entry
),
-- log strength and its slope of every entry of the latest charts, each as of its own chart, against one another
momenta AS MATERIALIZED (
    SELECT series_id, step, track_key, artist_key,
           percent_rank() OVER (
               PARTITION BY series_id
               ORDER BY round((log_strength - slope_weight * coalesce(log_rank_slope, 0) / ln(1 + length))::numeric, 9)
           ) AS percentile
    FROM (
        SELECT charts.step, ranks.*, max(position) OVER (PARTITION BY series_id, chart_date) AS length
        FROM ranks JOIN charts USING (series_id, chart_date)
    ) AS entries
    JOIN series AS place USING (series_id)
    CROSS JOIN constants
    CROSS JOIN LATERAL (
        SELECT regr_slope(ln(s.position), (s.chart_date - entries.chart_date) / 7.0) AS log_rank_slope
        FROM industry.chart_snapshots AS s
        WHERE s.platform = place.platform AND s.chart = place.chart AND s.country = place.country
          AND s.track_key = entries.track_key
          AND s.chart_date > entries.chart_date - momentum_days AND s.chart_date <= entries.chart_date
    ) AS recent
    WHERE step < momentum_charts
),
breakouts AS (
    SELECT series_id, track_key, first_date, held_from, percentile AS momentum_percentile,
           CASE WHEN novel THEN percentile WHEN NOT novel THEN 0 END AS score
    FROM momenta
    JOIN novelties USING (series_id, artist_key)
    WHERE step = 0
),
compared AS (
    SELECT windows.series_id, windows.window_days, windows.baseline_date, series.chart_date, tracks.track_key,
           current.position, before.position AS previous_position,
           coalesce(current.strength, 0) AS strength,
           CASE WHEN windows.baseline_date IS NOT NULL THEN coalesce(before.strength, 0) END AS previous_strength,
           coalesce(before.band, current.band) AS band,
           coalesce(current.title, before.title) AS title,
           coalesce(current.artist, before.artist) AS artist,
           coalesce(current.artist_key, before.artist_key) AS artist_key
    FROM windows
    JOIN series USING (series_id)
    JOIN (SELECT DISTINCT series_id, track_key FROM ranks) AS tracks USING (series_id)
    LEFT JOIN ranks AS current USING (series_id, track_key, chart_date)
    LEFT JOIN ranks AS before
        ON before.series_id = windows.series_id AND before.track_key = tracks.track_key AND before.chart_date = windows.baseline_date
    WHERE current.position IS NOT NULL OR before.position IS NOT NULL
),
moved AS (
    SELECT compared.*, histories.peak, histories.weeks_on, breakouts.score, breakouts.momentum_percentile,
           breakouts.first_date AS artist_first_date, breakouts.held_from,
           CASE WHEN baseline_date IS NULL THEN 'no_baseline'
                WHEN position IS NULL THEN 'exit'
                WHEN previous_position IS NULL AND histories.first_date < baseline_date THEN 're_entry'
                WHEN previous_position IS NULL THEN 'new_entry'
                WHEN position < previous_position THEN 'up'
                WHEN position > previous_position THEN 'down'
                ELSE 'same'
           END AS movement,
           (strength - previous_strength) / (chart_date - baseline_date) / spread AS velocity,
           ewma / spread AS velocity_ewma,
           tempos.acceleration / spread AS acceleration,
           score >= breakout_threshold AND coalesce(ewma, 0) >= 0 AS breakout
    FROM compared
    CROSS JOIN constants
    JOIN histories USING (series_id, track_key)
    LEFT JOIN spreads USING (series_id, band)
    LEFT JOIN tempos USING (series_id, track_key)
    LEFT JOIN breakouts ON breakouts.series_id = compared.series_id AND breakouts.track_key = compared.track_key
        AND compared.position IS NOT NULL
)
INSERT INTO industry.chart_movers (
    day, window_days, platform, chart, country, track_key, artist_key, title, artist, chart_date, baseline_date,
    position, previous_position, change, movement, strength, previous_strength, velocity, velocity_ewma, acceleration,
    peak, weeks_on, breakout_score, breakout, breakout_reason
)
SELECT %(day)s, window_days, platform, chart, country, track_key, artist_key, title, artist, moved.chart_date, baseline_date,
       position, previous_position, previous_position - position, movement,
       round(strength::numeric, 6), round(previous_strength::numeric, 6), round(velocity::numeric, 6),
       round(velocity_ewma::numeric, 6), round(moved.acceleration::numeric, 6),
       peak, weeks_on, round(score::numeric, 6), breakout,
       CASE WHEN breakout THEN format(
           '%%s is new: first entry on this chart %%s, none before in the chart''s history since %%s; momentum above %%s percent of the latest charts.',
           artist, artist_first_date, held_from, floor(100 * momentum_percentile))
       END
FROM moved
JOIN series USING (series_id)
ORDER BY platform, chart, country, window_days, track_key;
