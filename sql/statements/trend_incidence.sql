-- In which documents of the week each rising feature occurs (%(kinds)s, %(features)s: two arrays of one length). A chart
-- artist or track is followed to the headlines that name the artist; where none does, to its rows of the charts.
WITH rising AS (
    SELECT * FROM unnest(%(kinds)s::text[], %(features)s::text[]) AS given (kind, feature)
),
named AS (
    SELECT rising.kind, rising.feature, trend_documents.document
    FROM rising
    JOIN trend_documents ON weeks_ago = 0
        AND position(' ' || split_part(rising.feature, '|', 1) || ' ' IN ' ' || words || ' ') > 0
    WHERE rising.kind IN ('chart_artist', 'chart_track')
)
SELECT kind, feature, document FROM named
UNION
SELECT kind, feature, document
FROM rising JOIN trend_occurrences USING (kind, feature)
WHERE weeks_ago = 0 AND (kind, feature) NOT IN (SELECT kind, feature FROM named)
ORDER BY 1, 2, 3;
