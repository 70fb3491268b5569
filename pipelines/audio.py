"""The code location `audio`: tracks and their analysis, transition scores, mixes.

Only assembles. Its default executor leases devices, and its assets alone may import torch and essentia (inside their
functions, so that the location itself starts fast).
"""

from collections.abc import Mapping

import dagster as dg

from assets.industry.catalogue import load_catalogue
from assets.library.definitions import ASSETS as LIBRARY_ASSETS
from assets.mixes.definitions import ASSETS as MIX_ASSETS
from pipelines.executor import audio_executor
from pipelines.jobs import AUDIO_JOBS, asset_jobs
from pipelines.policies import apply_policies
from pipelines.resource_set import resource_set
from pipelines.sensors import audio_sensors
from resources.settings import load_settings


def build_defs(resource_overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Assemble the location.

    Args:
        resource_overrides: resources that replace the real ones, by key.
    """
    settings = load_settings()
    assets = apply_policies([*LIBRARY_ASSETS, *MIX_ASSETS], load_catalogue(settings.catalogue))
    jobs = asset_jobs(AUDIO_JOBS)
    return dg.Definitions(
        assets=assets,
        jobs=list(jobs.values()),
        sensors=audio_sensors(jobs),
        resources=resource_set(resource_overrides),
        executor=audio_executor(settings.executor),
    )


defs = build_defs()
