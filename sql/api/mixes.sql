-- Questions about mixes.

CREATE OR REPLACE FUNCTION api.mix(mix_id text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    found jsonb;
    as_of timestamptz;
BEGIN
    PERFORM api._required('mix', 'mix_id', mix.mix_id);
    SELECT
        jsonb_build_object(
            'mix_id', r.request_id,
            'status', r.status,
            'error', r.error,
            'requested_at', r.requested_at,
            'finished_at', r.finished_at,
            'parameters', r.parameters,
            'plan', CASE WHEN p.request_id IS NOT NULL THEN to_jsonb(p) - 'request_id' - 'plan' END,
            'tracks', (
                SELECT coalesce(
                    jsonb_agg(
                        (to_jsonb(k) - 'request_id') || jsonb_build_object('title', t.title, 'artist', t.artist)
                        ORDER BY k.position
                    ),
                    '[]'
                )
                FROM mixes.mix_plan_tracks AS k
                JOIN library.tracks AS t ON t.track_id = k.track_id
                WHERE k.request_id = r.request_id
            ),
            'transitions', (
                SELECT coalesce(jsonb_agg(to_jsonb(x) - 'request_id' ORDER BY x.transition), '[]')
                FROM mixes.mix_plan_transitions AS x WHERE x.request_id = r.request_id
            ),
            'render', CASE WHEN d.request_id IS NOT NULL THEN to_jsonb(d) - 'request_id' END,
            'report', (
                SELECT jsonb_build_object(
                    'passed', count(*) FILTER (WHERE g.verdict = 'pass'),
                    'warned', count(*) FILTER (WHERE g.verdict = 'warn'),
                    'failed', count(*) FILTER (WHERE g.verdict = 'fail'),
                    'findings', coalesce(
                        jsonb_agg(to_jsonb(g) - 'request_id' ORDER BY g.transition, g.gate)
                        FILTER (WHERE g.verdict <> 'pass'),
                        '[]'
                    )
                )
                FROM mixes.transition_report AS g WHERE g.request_id = r.request_id
            ),
            'progress', (
                SELECT to_jsonb(h) - 'request_id' FROM mixes.mix_progress AS h
                WHERE h.request_id = r.request_id ORDER BY h.progress_id DESC LIMIT 1
            )
        ),
        greatest(r.requested_at, r.started_at, r.finished_at, p.planned_at, d.rendered_at)
    INTO found, as_of
    FROM mixes.mix_requests AS r
    LEFT JOIN mixes.mix_plans AS p ON p.request_id = r.request_id
    LEFT JOIN mixes.mix_renders AS d ON d.request_id = r.request_id
    WHERE r.request_id = mix.mix_id;
    IF found IS NULL THEN
        PERFORM api._fail('PT404', 'MIXES_NOT_FOUND', format('There is no mix `%s`.', mix.mix_id));
    END IF;
    RETURN api._answer(found, as_of);
END
$$;
COMMENT ON FUNCTION api.mix IS 'One mix whole: the request and its state, the planned tracks and transitions, the rendered file and what the report found.';
