"""The `data` location as it is, with schedules that strike every minute."""

from pipelines.data import build_defs

defs = build_defs(cron_overrides={"feeds": "* * * * *", "charts": "* * * * *"})
