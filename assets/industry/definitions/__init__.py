"""The asset definitions of Industry Pulse: thin shells around the pure modules of this domain.

Belongs here: decorated functions, what they read and write, their checks. Does not belong here: parsing, scoring,
grouping (the modules beside this package), partitions, schedules and policies (``pipelines``).
"""

import dagster as dg

ASSETS: list[dg.AssetsDefinition] = []

__all__ = ["ASSETS"]
