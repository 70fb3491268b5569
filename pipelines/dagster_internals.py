"""Every name of Dagster's that is not part of its public interface, and nothing else.

These may move between releases, so Dagster's version is pinned and ``tests/pipelines/test_dagster_internals.py`` holds
each of them to the shape that we rely on. All other modules import from ``dagster`` alone.
"""

from typing import Any, cast

import dagster as dg
from dagster._core.definitions.executor_definition import multiple_process_executor_requirements
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
    "WorkerStatus",
    "get_retries_config",
    "get_tag_concurrency_limits_config",
    "multiple_process_executor_requirements",
]


def get_retries_config() -> dg.Field:
    """Schema of an executor's ``retries`` setting."""
    return cast("dg.Field", cast("Any", _get_retries_config)())


def get_tag_concurrency_limits_config() -> dg.Field:
    """Schema of an executor's ``tag_concurrency_limits`` setting."""
    return cast("dg.Field", cast("Any", _get_tag_limits_config)())
