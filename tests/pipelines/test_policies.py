"""Policies as they act: retries by failure class, ranges with a key that fails, automation."""

from collections.abc import Callable

import dagster as dg
import pytest

from assets.industry.catalogue import load_catalogue
from pipelines.dagster_internals import RETRY_ON_ASSET_OR_OP_FAILURE_TAG
from pipelines.policies import POLICIES, apply_policies
from resources.failures import PermanentFailure

CATALOGUE = load_catalogue()


def declared(key: str, body: Callable[[dg.AssetExecutionContext], None], *deps: str) -> dg.AssetsDefinition:
    """An asset as a domain declares it: without any policy."""

    @dg.asset(key=key.split("."), deps=[dg.AssetKey(dep.split(".")) for dep in deps])
    def asset(context: dg.AssetExecutionContext) -> None:
        body(context)

    return asset


def materialise(
    asset: dg.AssetsDefinition, instance: dg.DagsterInstance, **arguments: str
) -> dg.ExecuteInProcessResult:
    return dg.materialize([asset], instance=instance, raise_on_error=False, **arguments)  # type: ignore[arg-type]


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@pytest.fixture(autouse=True)
def without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.policies.POLICIES", {
        name: policy.__class__(**{**policy.__dict__, "retry": dg.RetryPolicy(max_retries=policy.retry.max_retries)})
        for name, policy in POLICIES.items()
    })  # fmt: skip


def test_a_failure_that_may_pass_is_tried_three_times(instance: dg.DagsterInstance) -> None:
    attempts = []

    def body(context: dg.AssetExecutionContext) -> None:
        attempts.append(context.retry_number)
        raise ConnectionError("the host does not answer")

    (asset,) = apply_policies([declared("industry.daily_digest", body)], CATALOGUE)
    assert not materialise(asset, instance, partition_key="2026-11-19").success
    assert attempts == [0, 1, 2]


def test_a_permanent_failure_stops_step_retries_and_run_retries(instance: dg.DagsterInstance) -> None:
    attempts = []

    def body(context: dg.AssetExecutionContext) -> None:
        attempts.append(context.retry_number)
        raise PermanentFailure("The window is past and was never fetched.", "Import its payloads.")

    (asset,) = apply_policies([declared("raw.payloads", body)], CATALOGUE)
    ended = materialise(asset, instance, partition_key="2026-11-19-08:00")
    assert not ended.success
    assert attempts == [0]
    run = instance.get_run_by_id(ended.run_id)
    assert run is not None
    assert run.tags[RETRY_ON_ASSET_OR_OP_FAILURE_TAG] == "false"
    (failure,) = ended.get_step_failure_events()
    assert "Import its payloads." in str(failure.step_failure_data.user_failure_data)


def test_in_a_range_a_key_that_fails_leaves_those_before_and_after_it(instance: dg.DagsterInstance) -> None:
    """One key to a run: the policy of what is fetched or rendered, so that each key fails alone."""

    def body(context: dg.AssetExecutionContext) -> None:
        if context.partition_key == "b000002":
            raise PermanentFailure("The batch cannot be read.", "Scan again.")

    (asset,) = apply_policies([declared("library.track_analyses", body)], CATALOGUE)
    keys = ["b000001", "b000002", "b000003"]
    instance.add_dynamic_partitions("intake_batches", keys)
    assert asset.backfill_policy == dg.BackfillPolicy.multi_run(max_partitions_per_run=1)
    assert [materialise(asset, instance, partition_key=key).success for key in keys] == [True, False, True]
    assert instance.get_materialized_partitions(asset.key) == {"b000001", "b000003"}


def test_a_range_of_days_is_made_in_one_run(instance: dg.DagsterInstance) -> None:
    made: list[str] = []
    (asset,) = apply_policies(
        [declared("industry.chart_movers", lambda context: made.extend(context.partition_keys))], CATALOGUE
    )
    tags = {"dagster/asset_partition_range_start": "2026-11-17", "dagster/asset_partition_range_end": "2026-11-19"}
    assert dg.materialize([asset], instance=instance, tags=tags).success
    assert made == ["2026-11-17", "2026-11-18", "2026-11-19"]
    assert instance.get_materialized_partitions(asset.key) == set(made)


def test_movers_follow_each_change_of_a_chart_once_and_a_failure_does_not_repeat_itself(
    instance: dg.DagsterInstance,
) -> None:
    broken = [True]

    def movers(context: dg.AssetExecutionContext) -> None:
        if broken[0]:
            raise PermanentFailure("No rows.")

    charts, follower = apply_policies(
        [
            declared("industry.chart_snapshots", lambda context: None),
            declared("industry.chart_movers", movers, "industry.chart_snapshots"),
        ],
        CATALOGUE,
    )
    definitions = dg.Definitions(assets=[charts, follower])
    partitions = follower.specs_by_key[follower.key].partitions_def
    assert partitions is not None
    day = partitions.get_last_partition_key()
    assert day is not None

    def chart(slug: str) -> None:
        key = dg.MultiPartitionKey({"chart": slug, "day": day})
        assert materialise(charts, instance, partition_key=key).success

    def evaluate(before: dg.EvaluateAutomationConditionsResult | None) -> tuple[set[str], object]:
        now = dg.evaluate_automation_conditions(definitions, instance, cursor=before.cursor if before else None)
        return now.get_requested_partitions(follower.key), now

    requested, tick = evaluate(None)
    assert requested == set()
    chart("apple-us")
    requested, tick = evaluate(tick)  # type: ignore[arg-type]
    assert requested == {day}
    assert not materialise(follower, instance, partition_key=day).success
    for _ in range(2):
        requested, tick = evaluate(tick)  # type: ignore[arg-type]
        assert requested == set()  # once, and a permanent failure is not asked for again
    broken[0] = False
    chart("apple-gb")
    requested, tick = evaluate(tick)  # type: ignore[arg-type]
    assert requested == {day}  # the next change is
    assert materialise(follower, instance, partition_key=day).success
    requested, tick = evaluate(tick)  # type: ignore[arg-type]
    assert requested == set()


def test_an_asset_without_a_policy_is_refused() -> None:
    with pytest.raises(KeyError, match="nosuch"):
        apply_policies([declared("raw.nosuch", lambda context: None)], CATALOGUE)
