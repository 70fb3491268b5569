-- Items that a window (%(window_start)s) showed last and that have more text than a headline, what matters most first: where
-- the budget ends, it has gone to those.
SELECT source_slug, guid, content_hash, title, summary_raw, summary
FROM industry.industry_news
WHERE last_seen_window = %(window_start)s AND coalesce(summary_raw, summary) IS NOT NULL
ORDER BY greatest(impact_creator, impact_developer, impact_monetizer) DESC, current_at DESC, source_slug, guid;
