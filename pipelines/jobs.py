"""The jobs: which assets are made together, and how long that may take.

Belongs here: selections. Does not belong here: when a job runs (``pipelines/schedules.py``, ``pipelines/sensors.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import dagster as dg

from pipelines.dagster_internals import UnresolvedAssetJobDefinition
from pipelines.policies import run_tags


@dataclass(frozen=True)
class JobPlan:
    """One job before it is bound to the assets that exist.

    Attributes:
        assets: keys (``schema.table``), all with the same partitions.
        priority: place in the run queue, higher first.
    """

    name: str
    description: str
    assets: tuple[str, ...]
    max_runtime: timedelta
    priority: int = 0


FEEDS_JOB: Final = JobPlan(
    "feeds_job",
    "Fetch every feed for a 4-hour window, parse its news, and have them summarised.",
    (
        "raw.payloads",
        "industry.industry_news",
        "industry.news_stories",
        "industry.news_mentions",
        "industry.news_summaries",
    ),
    timedelta(hours=1),
)
CHARTS_JOB: Final = JobPlan(
    "charts_job", "Fetch and parse one chart of one day.", ("industry.chart_snapshots",), timedelta(minutes=30)
)
MOVERS_JOB: Final = JobPlan(
    "movers_job",
    "Compute what rose, fell, entered and left the charts of a day.",
    ("industry.chart_movers",),
    timedelta(minutes=30),
)
DIGEST_JOB: Final = JobPlan(
    "digest_job",
    "Write the digest of a day and its files.",
    ("industry.daily_digest", "industry.digest_exports"),
    timedelta(minutes=30),
)
TRENDS_JOB: Final = JobPlan(
    "trends_job", "Find what rose in an ISO week.", ("industry.trend_clusters",), timedelta(minutes=30)
)
RELEASES_JOB: Final = JobPlan(
    "releases_job", "Fetch and read what was announced on a day.", ("industry.new_releases",), timedelta(minutes=30)
)
LANDING_JOB: Final = JobPlan(
    "landing_job",
    "Take files out of the landing folder and read them.",
    ("raw.landing_files", "industry.attention_signals"),
    timedelta(hours=1),
)
SCAN_JOB: Final = JobPlan(
    "scan_job", "Look for new audio files and register them in batches.", ("library.tracks",), timedelta(hours=2)
)
LIBRARY_JOB: Final = JobPlan(
    "library_job",
    "Analyse the tracks of a batch and score their transitions.",
    ("library.track_analyses", "library.transition_scores"),
    timedelta(hours=6),
)
MIX_JOB: Final = JobPlan(
    "mix_job",
    "Plan, render and measure one requested mix.",
    ("mixes.mix_plans", "mixes.mix_renders", "mixes.transition_report"),
    timedelta(hours=3),
    priority=10,  # somebody waits for it
)

DATA_JOBS: Final = (RELEASES_JOB, LANDING_JOB, FEEDS_JOB, CHARTS_JOB, MOVERS_JOB, DIGEST_JOB, TRENDS_JOB)
AUDIO_JOBS: Final = (SCAN_JOB, LIBRARY_JOB, MIX_JOB)


def asset_jobs(plans: Sequence[JobPlan]) -> Mapping[str, UnresolvedAssetJobDefinition]:
    """Make the jobs of a location, by name."""
    return {
        plan.name: dg.define_asset_job(
            plan.name,
            selection=dg.AssetSelection.assets(*[key.split(".") for key in plan.assets]),
            description=plan.description,
            run_tags=run_tags(plan.max_runtime, plan.priority),
        )
        for plan in plans
    }
