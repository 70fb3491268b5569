-- The mix rendered last: where it is, its length, its transitions and how many gates of its report failed.
SELECT r.uri,
       r.seconds,
       (SELECT count(*) FROM mixes.mix_plan_transitions t WHERE t.request_id = r.request_id),
       (SELECT count(*) FROM mixes.transition_report g WHERE g.request_id = r.request_id AND g.verdict = 'fail')
FROM mixes.mix_renders r
ORDER BY r.rendered_at DESC
LIMIT 1
