-- The notable releases that a day announced, those with the nearest date first.
SELECT artist, title, coalesce(release_date::text, 'no date') AS released, notable_reason
FROM industry.new_releases
WHERE last_seen_day = %(day)s AND notable AND is_lead
ORDER BY abs(current_on - %(day)s::date), artist, title
LIMIT 20;
