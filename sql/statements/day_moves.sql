-- The moves of one day over one window (%(day)s, %(window_days)s), to be shown.
SELECT concat_ws(' ', platform, chart, country) AS series, title, artist, movement, position, previous_position, velocity,
       breakout_reason
FROM industry.chart_movers
WHERE day = %(day)s AND window_days = %(window_days)s
ORDER BY platform, chart, country, track_key;
