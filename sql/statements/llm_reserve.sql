-- Reserve the greatest cost of a call (%(usd)s) in one budget, if it fits; subject NULL: that of today (UTC).
-- Returns a row if it did. The row lock makes workers that race wait for each other, and each sees what the last one left.
UPDATE ops.llm_budget SET reserved_usd = reserved_usd + %(usd)s
WHERE budget = %(budget)s AND subject = coalesce(%(subject)s::text, ((now() AT TIME ZONE 'UTC')::date)::text)
  AND spent_usd + reserved_usd + %(usd)s <= cap_usd
RETURNING reserved_usd;
