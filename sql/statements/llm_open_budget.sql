-- Make the row of a budget, or bring its cap up to the settings; subject NULL: that of today (UTC).
INSERT INTO ops.llm_budget (budget, subject, cap_usd)
VALUES (%(budget)s, coalesce(%(subject)s::text, ((now() AT TIME ZONE 'UTC')::date)::text), %(cap)s)
ON CONFLICT (budget, subject) DO UPDATE SET cap_usd = excluded.cap_usd;
