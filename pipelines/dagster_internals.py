"""Every name of Dagster's that is not part of its public interface, and nothing else.

These may move between releases, so Dagster's version is pinned and ``tests/pipelines/test_dagster_internals.py`` holds
each of them to the shape that we rely on. All other modules import from ``dagster`` alone.
"""

from collections.abc import Mapping
from typing import Any, cast

import dagster as dg
from dagster._core.definitions.executor_definition import multiple_process_executor_requirements
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.events import DagsterEvent, EngineEventData
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.retries import get_retries_config as _get_retries_config
from dagster._core.execution.tags import get_tag_concurrency_limits_config as _get_tag_limits_config
from dagster._core.executor.step_delegating import (
    CheckStepHealthResult,
    StepDelegatingExecutor,
    StepHandler,
    StepHandlerContext,
)
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._core.storage.tags import RETRY_ON_ASSET_OR_OP_FAILURE_TAG
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClass, ConfigurableClassData

__all__ = [
    "RETRY_ON_ASSET_OR_OP_FAILURE_TAG",
    "CheckRunHealthResult",
    "CheckStepHealthResult",
    "ConfigurableClass",
    "ConfigurableClassData",
    "DagsterEvent",
    "EngineEventData",
    "ExecuteRunArgs",
    "LaunchRunContext",
    "RetryMode",
    "RunLauncher",
    "StepDelegatingExecutor",
    "StepHandler",
    "StepHandlerContext",
    "UnresolvedAssetJobDefinition",
    "WorkerStatus",
    "get_retries_config",
    "get_tag_concurrency_limits_config",
    "multiple_process_executor_requirements",
    "rebuilt",
]


def get_retries_config() -> dg.Field:
    """Schema of an executor's ``retries`` setting."""
    return cast("dg.Field", cast("Any", _get_retries_config)())


def get_tag_concurrency_limits_config() -> dg.Field:
    """Schema of an executor's ``tag_concurrency_limits`` setting."""
    return cast("dg.Field", cast("Any", _get_tag_limits_config)())


def rebuilt(
    asset: dg.AssetsDefinition, *, retry_policy: dg.RetryPolicy, tags: Mapping[str, object], pool: str | None
) -> dg.AssetsDefinition:
    """Return an asset whose op has another retry policy, further tags and another pool.

    ``AssetsDefinition.with_attributes`` reaches everything but these three, which live in the op.

    Raises:
        TypeError: the asset has no op of its own: it is external, or backed by a graph.
    """
    attributes = asset.get_attributes_dict()
    op = attributes["node_def"]
    if not isinstance(op, dg.OpDefinition):
        raise TypeError(f"{asset} is not made by one op.")
    node = dg.OpDefinition(
        compute_fn=op.compute_fn,
        name=op.name,
        ins=op.ins,
        outs=op.outs,
        description=op.description,
        config_schema=op.config_schema,
        required_resource_keys=set(op.required_resource_keys),
        tags={**op.tags, **tags},
        retry_policy=retry_policy,
        pool=pool,
    )
    return dg.AssetsDefinition.dagster_internal_init(**{**attributes, "node_def": node})
