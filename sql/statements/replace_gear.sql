-- Make the gear of one day (%(day)s) that of %(items)s, a JSON array: rows that would not change are left alone, rows that
-- the rules no longer find go, rows of items that turned out to be older move to their day. Returns the rows written
-- and the rows removed.
WITH items AS (
    SELECT * FROM jsonb_to_recordset(%(items)s) AS item (
        source_slug text, guid text, brand text, product text, product_key text, kind text, event text, price numeric,
        currency text, title text, url text, current_at timestamptz, method text
    )
),
removed AS (
    DELETE FROM industry.gear_releases AS g
    WHERE g.day = %(day)s AND NOT EXISTS (
        SELECT FROM items WHERE items.source_slug = g.source_slug AND items.guid = g.guid
    )
    RETURNING 1
),
written AS (
    INSERT INTO industry.gear_releases AS kept (
        source_slug, guid, day, brand, product, product_key, kind, event, price, currency, title, url, current_at, method
    )
    SELECT source_slug, guid, %(day)s, brand, product, product_key, kind, event, price, currency, title, url, current_at, method
    FROM items ORDER BY source_slug, guid
    ON CONFLICT (source_slug, guid) DO UPDATE SET
        (day, brand, product, product_key, kind, event, price, currency, title, url, current_at, method)
        = (excluded.day, excluded.brand, excluded.product, excluded.product_key, excluded.kind, excluded.event,
           excluded.price, excluded.currency, excluded.title, excluded.url, excluded.current_at, excluded.method)
    WHERE (kept.day, kept.brand, kept.product, kept.product_key, kept.kind, kept.event, kept.price, kept.currency, kept.title,
           kept.url, kept.current_at, kept.method)
          IS DISTINCT FROM
          (excluded.day, excluded.brand, excluded.product, excluded.product_key, excluded.kind, excluded.event,
           excluded.price, excluded.currency, excluded.title, excluded.url, excluded.current_at, excluded.method)
    RETURNING 1
)
SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM removed);
