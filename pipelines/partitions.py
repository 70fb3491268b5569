"""In which pieces assets are made: the partition definitions, and which asset has which.

A year costs 2,190 keys for feeds, 365 for days, 365 for each chart, and one key for each 50 tracks and each mix: far
below the 100,000 at which Dagster becomes slow.

Belongs here: definitions and the table. Does not belong here: what happens to a partition (``pipelines/policies.py``)
or when (``pipelines/schedules.py``, ``pipelines/sensors.py``).
"""

from collections.abc import Mapping
from datetime import datetime

import dagster as dg

from assets.industry.catalogue import Catalogue

FIRST_DAY = "2025-01-01"
"""Before it there is no partition. A fetch fills the current one; earlier ones are for imports and replays."""

FEED_WINDOW_FORMAT = "%Y-%m-%d-%H:%M"
FEED_WINDOW_CRON = "0 */4 * * *"

# end_offset=1: the current window has a partition while it lasts, because that is when its sources are fetched
FEED_WINDOW = dg.TimeWindowPartitionsDefinition(
    cron_schedule=FEED_WINDOW_CRON,
    start=f"{FIRST_DAY}-00:00",
    fmt=FEED_WINDOW_FORMAT,
    timezone="UTC",
    end_offset=1,
)
DAY = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone="UTC", end_offset=1)
WEEK = dg.WeeklyPartitionsDefinition(start_date="2025-01-06", day_offset=1, timezone="UTC")
"""ISO weeks that are over, each named by its Monday."""

INTAKE_BATCHES = dg.DynamicPartitionsDefinition(name="intake_batches")
MIX_REQUESTS = dg.DynamicPartitionsDefinition(name="mix_requests")


def chart_by_day(catalogue: Catalogue) -> dg.MultiPartitionsDefinition:
    """Chart x day; the charts are those of the source catalogue."""
    return dg.MultiPartitionsDefinition({"chart": dg.StaticPartitionsDefinition(catalogue.chart_keys()), "day": DAY})


def chart_day_key(chart: str, day: str) -> dg.MultiPartitionKey:
    """Key of one chart on one day, e.g. ``apple-us|2026-11-20``."""
    return dg.MultiPartitionKey({"chart": chart, "day": day})


def feed_window_key(moment: datetime) -> str:
    """Key of the feed window in which a moment lies."""
    return FEED_WINDOW.get_partition_key_for_timestamp(moment.timestamp())


def partitions_by_asset(catalogue: Catalogue) -> Mapping[str, dg.PartitionsDefinition[str] | None]:
    """Every asset by its key (``schema.table``) and its partitions; None: unpartitioned."""
    return {
        "raw.payloads": FEED_WINDOW,
        "industry.industry_news": FEED_WINDOW,
        "industry.news_summaries": FEED_WINDOW,
        "industry.news_stories": FEED_WINDOW,
        "industry.artist_names": None,
        "industry.news_mentions": FEED_WINDOW,
        "industry.chart_snapshots": chart_by_day(catalogue),
        "industry.chart_movers": DAY,
        "industry.daily_digest": DAY,
        "industry.new_releases": DAY,
        "industry.gear_releases": DAY,
        "raw.landing_files": None,
        "industry.attention_signals": None,
        "industry.digest_exports": DAY,
        "industry.trend_clusters": WEEK,
        "library.tracks": None,
        "library.track_analyses": INTAKE_BATCHES,
        "library.transition_scores": INTAKE_BATCHES,
        "mixes.mix_plans": MIX_REQUESTS,
        "mixes.mix_renders": MIX_REQUESTS,
        "mixes.transition_report": MIX_REQUESTS,
    }


def mapping_between(
    downstream: dg.PartitionsDefinition[str] | None, upstream: dg.PartitionsDefinition[str] | None
) -> dg.PartitionMapping | None:
    """How partitions of an asset follow from those of an upstream asset; None: as Dagster infers it.

    Dagster matches two dynamic sets by equal keys, which those of different sets never have: a mix follows from every
    intake batch.
    """
    dynamic = (dg.DynamicPartitionsDefinition,)
    if isinstance(downstream, dynamic) and isinstance(upstream, dynamic) and downstream.name != upstream.name:
        return dg.AllPartitionMapping()
    return None
