-- The trends of a week (its Monday: %(week)s) with their members.
SELECT trend_id, kind, feature FROM industry.trend_members WHERE week = %(week)s ORDER BY 1, 2, 3;
