-- The items of the windows %(windows)s, their stories, those that several outlets tell, the largest story, and links that
-- lead nowhere, back in time too far, or to another story.
WITH own AS (
    SELECT s.* FROM industry.news_stories AS s
    JOIN industry.industry_news AS n USING (source_slug, guid)
    WHERE n.last_seen_window = ANY(%(windows)s)
),
sizes AS (
    SELECT s.story_id, count(*) AS items, count(DISTINCT s.source_slug) AS outlets
    FROM industry.news_stories AS s WHERE s.story_id IN (SELECT story_id FROM own) GROUP BY s.story_id
)
SELECT (SELECT count(*) FROM own), (SELECT count(*) FROM sizes), (SELECT count(*) FROM sizes WHERE outlets > 1),
    (SELECT coalesce(max(items), 0) FROM sizes),
    (
        SELECT count(*) FROM own AS o
        LEFT JOIN industry.news_stories AS l ON l.source_slug = o.linked_source AND l.guid = o.linked_guid
        WHERE o.linked_guid IS NOT NULL
            AND (l.guid IS NULL OR l.story_id <> o.story_id OR l.current_at > o.current_at
                OR o.current_at - l.current_at > interval '3 days')
    );
