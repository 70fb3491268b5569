-- Bring industry.sources in line with the catalogue; a source that left it stays, disabled, because its payloads do.
WITH catalogue AS (
    SELECT * FROM jsonb_to_recordset(%(sources)s::jsonb) AS entry (
        slug text, name text, kind text, url text, parser text, cadence text, tier smallint, platform text,
        country text, chart text, enabled boolean, health text, health_note text, allowed_use text, attribution text,
        storage_limit text, terms_url text, checked_on date
    )
), written AS (
    INSERT INTO industry.sources AS present (
        slug, name, kind, url, parser, cadence, tier, platform, country, chart, enabled, health, health_note,
        allowed_use, attribution, storage_limit, terms_url, checked_on
    )
    SELECT * FROM catalogue ORDER BY slug
    ON CONFLICT (slug) DO UPDATE SET
        name = excluded.name, kind = excluded.kind, url = excluded.url, parser = excluded.parser,
        cadence = excluded.cadence, tier = excluded.tier, platform = excluded.platform, country = excluded.country,
        chart = excluded.chart, enabled = excluded.enabled, health = excluded.health,
        health_note = excluded.health_note, allowed_use = excluded.allowed_use, attribution = excluded.attribution,
        storage_limit = excluded.storage_limit, terms_url = excluded.terms_url, checked_on = excluded.checked_on,
        synced_at = now()
    WHERE (
        present.name, present.kind, present.url, present.parser, present.cadence, present.tier, present.platform,
        present.country, present.chart, present.enabled, present.health, present.health_note, present.allowed_use,
        present.attribution, present.storage_limit, present.terms_url, present.checked_on
    ) IS DISTINCT FROM (
        excluded.name, excluded.kind, excluded.url, excluded.parser, excluded.cadence, excluded.tier,
        excluded.platform, excluded.country, excluded.chart, excluded.enabled, excluded.health, excluded.health_note,
        excluded.allowed_use, excluded.attribution, excluded.storage_limit, excluded.terms_url, excluded.checked_on
    )
)
UPDATE industry.sources SET enabled = false, health_note = 'No longer in the catalogue.', synced_at = now()
WHERE enabled AND slug NOT IN (SELECT slug FROM catalogue);
