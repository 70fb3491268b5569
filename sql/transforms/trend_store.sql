-- Replace the trends of a week (its Monday: %(week)s) by others (%(clusters)s and %(members)s, JSON arrays of rows).
DELETE FROM industry.trend_clusters WHERE week = %(week)s;

INSERT INTO industry.trend_clusters (
    week, trend_id, rank, label, member_count, story_count, stories, observed, expected, growth, p_value, q_value,
    baseline_weeks, features_tested, first_week, method_version
)
SELECT %(week)s, row.trend_id, row.rank, row.label, row.member_count, row.story_count, row.stories, row.observed, row.expected,
       row.growth, row.p_value, row.q_value, row.baseline_weeks, row.features_tested,
       coalesce(
           (SELECT min(first_week) FROM industry.trend_clusters AS known WHERE known.trend_id = row.trend_id AND known.week < %(week)s),
           %(week)s
       ),
       row.method_version
FROM jsonb_to_recordset(%(clusters)s) AS row (
    trend_id text, rank smallint, label text, member_count smallint, story_count integer, stories jsonb, observed integer,
    expected double precision, growth double precision, p_value double precision, q_value double precision,
    baseline_weeks smallint, features_tested integer, method_version text
);

INSERT INTO industry.trend_members (week, trend_id, kind, feature, observed, expected, growth, p_value, q_value, sources)
SELECT %(week)s, row.*
FROM jsonb_to_recordset(%(members)s) AS row (
    trend_id text, kind text, feature text, observed integer, expected double precision, growth double precision,
    p_value double precision, q_value double precision, sources smallint
);
