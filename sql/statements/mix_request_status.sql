-- How far a mix request is. Parameters: request_id, status, error (null unless failed or impossible).
UPDATE mixes.mix_requests
SET status = %(status)s,
    error = %(error)s,
    started_at = CASE WHEN %(status)s = 'running' AND status <> 'running' THEN now() ELSE started_at END,
    finished_at = CASE WHEN %(status)s IN ('done', 'failed', 'impossible') THEN now() END
WHERE request_id = %(request_id)s
