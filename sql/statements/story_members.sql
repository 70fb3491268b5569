-- Every item of the stories that the given items (%(sources)s, %(guids)s, in pairs) belong to.
SELECT s.source_slug, s.guid, s.linked_source, s.linked_guid, s.similarity, s.story_id, s.current_at, s.content
FROM industry.news_stories AS s
WHERE s.story_id IN (
    SELECT g.story_id FROM industry.news_stories AS g
    JOIN unnest(%(sources)s::text[], %(guids)s::text[]) AS item (source_slug, guid) USING (source_slug, guid)
)
ORDER BY s.source_slug, s.guid;
