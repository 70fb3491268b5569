"""What holds for every asset, applied once over the graph: partitions, group, retries, backfill, freshness, automation.

The domains declare what an asset is; this module says how it is run. Each policy is one table or one rule.

Belongs here: policies by asset key. Does not belong here: schedules and sensors, or what an asset computes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import dagster as dg

from assets.industry.catalogue import Catalogue
from pipelines.dagster_internals import RETRY_ON_ASSET_OR_OP_FAILURE_TAG, rebuilt
from pipelines.executor import CPU_OP_TAGS, GPU_OP_TAGS
from pipelines.partitions import mapping_between, partitions_by_asset
from resources.dictionary import column_schema
from resources.failures import PermanentFailure

NETWORK_RETRY = dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""Three attempts for steps that fetch; the client has retried each request by then, so the waits are long."""

COMPUTE_RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""Three attempts for all others: what ends them is a dead process or a database that restarts. What can never succeed
raises ``PermanentFailure`` and is not retried."""


@dg.failure_hook(name="stop_run_retries")
def stop_run_retries(context: dg.HookContext) -> None:
    """Stop run retries from repeating a run whose step has failed for good."""
    if isinstance(context.op_exception, PermanentFailure):
        context.instance.add_run_tags(context.run_id, {RETRY_ON_ASSET_OR_OP_FAILURE_TAG: "false"})


_FOLLOWS_UPSTREAM: dg.AutomationCondition[Any] = (
    dg.AutomationCondition.in_latest_time_window(lookback_delta=timedelta(days=3))
    & dg.AutomationCondition.any_deps_updated().since_last_handled()  # what lands during a run is not lost
    & ~dg.AutomationCondition.any_deps_in_progress()  # ten charts land one by one: one run after the last
    & ~dg.AutomationCondition.in_progress()
).with_label("follows_upstream")
"""Made again when something upstream was made again, for the last days: charts that come late or are replayed."""

_ONCE_UPSTREAM_RESTS: dg.AutomationCondition[Any] = (
    dg.AutomationCondition.any_deps_updated().since_last_handled()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
).with_label("once_upstream_rests")
"""The same for what has no partitions."""


@dataclass(frozen=True)
class Policy:
    """How one asset is run.

    Attributes:
        retry: what happens when its step fails.
        op_tags: for the executors.
        pool: the scarce thing that its step uses; limits are in ``pipelines/instance.py``.
        partitions_per_run: most keys that a backfill gives to one run; None: all of a range in one run.
        freshness: how old it may become; None where nothing makes it by the clock.
        automation: when it is made without being asked; None: by schedule, sensor or hand alone.
    """

    retry: dg.RetryPolicy = COMPUTE_RETRY
    op_tags: Mapping[str, object] = field(default_factory=dict)
    pool: str | None = None
    partitions_per_run: int | None = 1
    freshness: dg.FreshnessPolicy | None = None
    automation: dg.AutomationCondition[Any] | None = None


def _fresh(fail: timedelta, warn: timedelta) -> dg.FreshnessPolicy:
    return dg.FreshnessPolicy.time_window(fail_window=fail, warn_window=warn)


_TWO_WINDOWS = _fresh(timedelta(hours=9), timedelta(hours=5))
_A_WEEK_AND_A_DAY = _fresh(timedelta(days=9), timedelta(days=8))
_A_DAY_AND_A_HALF = _fresh(timedelta(hours=36), timedelta(hours=26))

POLICIES: Mapping[str, Policy] = {
    "raw.payloads": Policy(NETWORK_RETRY, pool="feeds", freshness=_TWO_WINDOWS),
    "industry.industry_news": Policy(partitions_per_run=50, freshness=_TWO_WINDOWS),
    "industry.news_stories": Policy(partitions_per_run=50, freshness=_TWO_WINDOWS),
    "industry.artist_names": Policy(automation=_ONCE_UPSTREAM_RESTS),
    "industry.news_mentions": Policy(partitions_per_run=50, freshness=_TWO_WINDOWS),
    "industry.news_summaries": Policy(
        NETWORK_RETRY, pool="language_models", partitions_per_run=10, freshness=_TWO_WINDOWS
    ),
    "industry.chart_snapshots": Policy(NETWORK_RETRY, pool="charts", freshness=_A_DAY_AND_A_HALF),
    "industry.chart_movers": Policy(partitions_per_run=None, freshness=_A_DAY_AND_A_HALF, automation=_FOLLOWS_UPSTREAM),
    "industry.daily_digest": Policy(partitions_per_run=10, freshness=_A_DAY_AND_A_HALF),
    "industry.digest_exports": Policy(partitions_per_run=10, freshness=_A_DAY_AND_A_HALF),
    "industry.trend_clusters": Policy(partitions_per_run=10, freshness=_A_WEEK_AND_A_DAY),
    "industry.new_releases": Policy(NETWORK_RETRY, pool="charts", freshness=_A_DAY_AND_A_HALF),
    "industry.gear_releases": Policy(partitions_per_run=50, freshness=_A_DAY_AND_A_HALF, automation=_FOLLOWS_UPSTREAM),
    "raw.landing_files": Policy(),
    "industry.attention_signals": Policy(),
    "library.tracks": Policy(op_tags=CPU_OP_TAGS),
    "library.track_analyses": Policy(op_tags=GPU_OP_TAGS),
    "library.transition_scores": Policy(op_tags=CPU_OP_TAGS),
    "mixes.mix_plans": Policy(op_tags=CPU_OP_TAGS),
    "mixes.mix_renders": Policy(op_tags=GPU_OP_TAGS),
    "mixes.transition_report": Policy(op_tags=CPU_OP_TAGS),
}


def _backfill(policy: Policy) -> dg.BackfillPolicy:
    if policy.partitions_per_run is None:
        return dg.BackfillPolicy.single_run()
    return dg.BackfillPolicy.multi_run(max_partitions_per_run=policy.partitions_per_run)


def _with_mapping(
    dep: dg.AssetDep, own: dg.PartitionsDefinition[str] | None, upstream: dg.PartitionsDefinition[str] | None
) -> dg.AssetDep:
    """Say how an asset's partitions follow from an upstream asset's, unless its domain has said so."""
    if dep.partition_mapping is not None:  # a mapping without fields is an empty tuple, hence false
        return dep
    return dg.AssetDep(dep.asset_key, partition_mapping=mapping_between(own, upstream))


def _applied(
    asset: dg.AssetsDefinition, partitions: Mapping[str, dg.PartitionsDefinition[str] | None]
) -> dg.AssetsDefinition:
    """Give one asset definition everything that its key's policy says."""
    name = ".".join(asset.key.path)
    policy, own = POLICIES[name], partitions[name]
    schema = column_schema(asset.key.path)
    if schema is None:
        raise KeyError(f"No table {name} in the data dictionary: write it with `backbeat dictionary --write`.")

    def replaced(spec: dg.AssetSpec) -> dg.AssetSpec:
        return spec.replace_attributes(
            deps=[_with_mapping(dep, own, partitions.get(".".join(dep.asset_key.path))) for dep in spec.deps],
            partitions_def=own,
            group_name=spec.key.path[0],
            freshness_policy=policy.freshness,
            automation_condition=policy.automation,
            metadata={**spec.metadata, "dagster/column_schema": schema, "dagster/table_name": name},
        )

    with_op = rebuilt(asset, retry_policy=policy.retry, tags=policy.op_tags, pool=policy.pool)
    backfill = _backfill(policy) if own is not None else None
    return with_op.map_asset_specs(replaced).with_attributes(backfill_policy=backfill, hook_defs={stop_run_retries})


def apply_policies(assets: Iterable[dg.AssetsDefinition], catalogue: Catalogue) -> list[dg.AssetsDefinition]:
    """Apply the policies to assets as their domains declare them.

    Raises:
        KeyError: an asset has no entry in :data:`POLICIES` or in ``partitions_by_asset``.
    """
    partitions = partitions_by_asset(catalogue)
    return [_applied(asset, partitions) for asset in assets]


def automation_sensors(assets: Iterable[dg.AssetsDefinition]) -> list[dg.AutomationConditionSensorDefinition]:
    """One automation sensor for each group that has an asset with a condition, so that no group delays another."""
    groups = {
        spec.group_name for asset in assets for spec in asset.specs if spec.automation_condition and spec.group_name
    }
    return [
        dg.AutomationConditionSensorDefinition(
            f"{group}_automation",
            target=dg.AssetSelection.groups(group),
            description=f"Makes the assets of {group} that follow from upstream.",
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=15,
        )
        for group in sorted(groups)
    ]


def run_tags(max_runtime: timedelta, priority: int = 0) -> Mapping[str, str]:
    """Tags of a job's runs.

    Args:
        max_runtime: past it a run is cancelled, whatever it hangs on.
        priority: place in the run queue; what somebody waits for goes before what the clock starts.
    """
    return {"dagster/max_runtime": str(int(max_runtime.total_seconds())), "dagster/priority": str(priority)}
