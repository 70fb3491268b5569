-- A plan with its tracks and transitions, whole or not at all. Parameters: request_id, plan, plan_sha256, objective,
-- greedy_objective, exact, seconds, notes (array), code_version, tracks and transitions (jsonb arrays of rows).
INSERT INTO mixes.mix_plans AS target (
    request_id, plan, plan_sha256, tracks, seconds, objective, greedy_objective, exact, notes, code_version
)
VALUES (
    %(request_id)s, %(plan)s::jsonb, %(plan_sha256)s, jsonb_array_length(%(tracks)s::jsonb), %(seconds)s,
    %(objective)s, %(greedy_objective)s, %(exact)s, %(notes)s::text[], %(code_version)s
)
ON CONFLICT (request_id) DO UPDATE SET
    plan = excluded.plan,
    plan_sha256 = excluded.plan_sha256,
    tracks = excluded.tracks,
    seconds = excluded.seconds,
    objective = excluded.objective,
    greedy_objective = excluded.greedy_objective,
    exact = excluded.exact,
    notes = excluded.notes,
    code_version = excluded.code_version,
    planned_at = now()
WHERE (target.plan_sha256, target.code_version) IS DISTINCT FROM (excluded.plan_sha256, excluded.code_version);

DELETE FROM mixes.mix_plan_tracks WHERE request_id = %(request_id)s;
DELETE FROM mixes.mix_plan_transitions WHERE request_id = %(request_id)s;

INSERT INTO mixes.mix_plan_tracks
SELECT (jsonb_populate_record(NULL::mixes.mix_plan_tracks, entry || jsonb_build_object('request_id', %(request_id)s::text))).*
FROM jsonb_array_elements(%(tracks)s::jsonb) AS entry;

INSERT INTO mixes.mix_plan_transitions
SELECT (
    jsonb_populate_record(NULL::mixes.mix_plan_transitions, entry || jsonb_build_object('request_id', %(request_id)s::text))
).*
FROM jsonb_array_elements(%(transitions)s::jsonb) AS entry;
