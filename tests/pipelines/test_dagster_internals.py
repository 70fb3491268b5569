"""The shape of Dagster's private names that we rely on: a new release that moves one fails here, not in a run."""

import inspect
import re
from pathlib import Path

import dagster as dg

from pipelines import dagster_internals as internals

ROOT = Path(__file__).resolve().parents[2]


def parameters(function: object) -> set[str]:
    return set(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_no_other_module_reaches_into_dagster() -> None:
    private = re.compile(r"^\s*(from|import)\s+dagster(_\w+)?\._", re.MULTILINE)
    offenders = [
        path.relative_to(ROOT).as_posix()
        for folder in ("pipelines", "assets", "resources", "sql", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if private.search(path.read_text(encoding="utf-8"))
    ]
    assert offenders == ["pipelines/dagster_internals.py"]


def test_step_handlers_have_the_methods_that_the_executor_calls() -> None:
    assert internals.StepHandler.__abstractmethods__ == {"name", "launch_step", "check_step_health", "terminate_step"}
    assert {"step_tags", "execute_step_args", "get_step_context", "instance", "dagster_run"} <= set(
        dir(internals.StepHandlerContext)
    )


def test_the_delegating_executor_takes_our_arguments() -> None:
    assert {
        "step_handler", "retries", "sleep_seconds", "check_step_health_interval_seconds", "max_concurrent",
        "tag_concurrency_limits", "should_verify_step",
    } <= parameters(internals.StepDelegatingExecutor.__init__)  # fmt: skip


def test_launchers_have_the_methods_that_the_daemon_calls() -> None:
    assert internals.RunLauncher.__abstractmethods__ == {"launch_run", "terminate"}
    assert {"supports_check_run_worker_health", "check_run_worker_health", "get_run_worker_debug_info"} <= set(
        dir(internals.RunLauncher)
    )
    assert {"job_origin", "run_id", "instance_ref"} <= parameters(internals.ExecuteRunArgs)


def test_an_asset_is_rebuilt_with_nothing_lost_but_what_was_replaced() -> None:
    @dg.asset(
        key=["raw", "payloads"],
        deps=[dg.AssetKey(["raw", "sources"])],
        required_resource_keys={"warehouse"},
        code_version="3",
        op_tags={"kept": "yes"},
        check_specs=[dg.AssetCheckSpec("contract", asset=["raw", "payloads"])],
        config_schema={"sources": dg.Field(dg.Array(str), is_required=False)},
    )
    def before(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="contract")])

    after = internals.rebuilt(
        before, retry_policy=dg.RetryPolicy(max_retries=7), tags={"new": {"deep": 1}}, pool="feeds"
    )
    assert list(after.specs) == list(before.specs)
    assert after.check_keys == before.check_keys
    assert after.op.required_resource_keys == before.op.required_resource_keys
    assert after.op.config_schema == before.op.config_schema
    assert after.op.retry_policy == dg.RetryPolicy(max_retries=7)
    assert after.op.tags == {"kept": "yes", "new": '{"deep": 1}'}
    assert after.op.pool == "feeds"
