"""Which executor serves which location, by one setting, and the op tags by which each of them finds a GPU.

Belongs here: the choice. Does not belong here: our own executor (``pipelines/gpu_executor.py``).
"""

from collections.abc import Mapping
from typing import Final

import dagster as dg

from pipelines.gpu_executor import DEVICE_TAG, gpu_executor
from resources.failures import InputError

GPU_OP_TAGS: Final[Mapping[str, object]] = {
    DEVICE_TAG: "gpu",
    "dagster-k8s/config": {"container_config": {"resources": {"limits": {"nvidia.com/gpu": "1"}}}},
    "dagster-celery/queue": "gpu",
    "dagster-ray/config": {"num_gpus": 1},
}
"""On every op that computes on a GPU; each executor reads its own tag and ignores the others'."""

CPU_OP_TAGS: Final[Mapping[str, object]] = {DEVICE_TAG: "cpu"}
"""On every op of the audio location that has no use for a GPU."""


def data_executor() -> dg.ExecutorDefinition:
    """Executor of the `data` location: its steps are short and wait on the network, so a process each would cost more.

    A step that is killed takes the run worker with it; the launcher sees that, and the run is retried from the step.
    """
    return dg.in_process_executor


def audio_executor(name: str) -> dg.ExecutorDefinition:
    """Executor of the `audio` location.

    Args:
        name: ``BACKBEAT_EXECUTOR``: ``local`` (devices of this machine), ``k8s``, ``ray`` or ``celery``.

    Raises:
        InputError: the executor's package is not installed.
    """
    try:
        if name == "k8s":
            from dagster_k8s import k8s_job_executor

            return k8s_job_executor
        if name == "ray":
            from dagster_ray import ray_executor

            return ray_executor
        if name == "celery":
            from dagster_celery import celery_executor

            return celery_executor
    except ImportError as missing:
        raise InputError(
            f"BACKBEAT_EXECUTOR={name} needs a package that is not installed ({missing.name}).",
            f"Install it: pip install 'backbeat[{name}]'.",
        ) from missing
    return gpu_executor
