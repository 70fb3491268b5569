-- Charge what a call cost (%(charged)s) to both rows of its budget, and give back what it reserved (%(reserved)s, zero where
-- that had expired before the call ended). The rows are locked by the statement before this one.
UPDATE ops.llm_budget SET spent_usd = spent_usd + %(charged)s, reserved_usd = reserved_usd - %(reserved)s
WHERE (budget = 'day' AND subject = %(day)s) OR (budget = %(purpose)s AND subject = %(subject)s);
