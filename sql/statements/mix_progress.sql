-- One step of a mix's progress. Parameters: request_id, phase, percent, message.
INSERT INTO mixes.mix_progress (request_id, phase, percent, message)
SELECT request_id, %(phase)s, %(percent)s, %(message)s FROM mixes.mix_requests WHERE request_id = %(request_id)s
