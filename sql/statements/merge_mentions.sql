-- Make %(mentions)s (a JSON array) the mentions of the items last seen in the window %(window)s: rows that are no longer
-- found go, rows that would not change are left alone. Returns the rows that are there now.
WITH found AS (
    SELECT * FROM jsonb_to_recordset(%(mentions)s) AS mention (
        source_slug text, guid text, field text, start_offset integer, end_offset integer, kind text, entity_key text, name text,
        surface text, confidence double precision, evidence text[]
    )
),
gone AS (
    DELETE FROM industry.news_mentions AS m
    USING industry.industry_news AS n
    WHERE n.source_slug = m.source_slug AND n.guid = m.guid AND n.last_seen_window = %(window)s
        AND NOT EXISTS (
            SELECT FROM found AS f
            WHERE (f.source_slug, f.guid, f.field, f.start_offset) = (m.source_slug, m.guid, m.field, m.start_offset)
        )
),
written AS (
    INSERT INTO industry.news_mentions AS m (
        source_slug, guid, field, start_offset, end_offset, kind, entity_key, name, surface, confidence, evidence
    )
    SELECT source_slug, guid, field, start_offset, end_offset, kind, entity_key, name, surface, confidence, evidence
    FROM found ORDER BY source_slug, guid, field, start_offset
    ON CONFLICT (source_slug, guid, field, start_offset) DO UPDATE SET
        (end_offset, kind, entity_key, name, surface, confidence, evidence)
        = (excluded.end_offset, excluded.kind, excluded.entity_key, excluded.name, excluded.surface, excluded.confidence,
           excluded.evidence)
    WHERE (m.end_offset, m.kind, m.entity_key, m.name, m.surface, m.confidence, m.evidence) IS DISTINCT FROM
        (excluded.end_offset, excluded.kind, excluded.entity_key, excluded.name, excluded.surface, excluded.confidence,
         excluded.evidence)
)
SELECT count(*) FROM found;
