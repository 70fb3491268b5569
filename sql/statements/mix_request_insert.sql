-- A new mix request. Parameters: request_id, parameters (jsonb), parameters_sha256, requested_by (or null).
INSERT INTO mixes.mix_requests (request_id, parameters, parameters_sha256, requested_by)
VALUES (%(request_id)s, %(parameters)s, %(parameters_sha256)s, coalesce(%(requested_by)s, current_user))
