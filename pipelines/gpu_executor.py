"""The executor of the `audio` location: one process per step, one leased device (or CPU slot) per process.

Belongs here: starting, watching and ending the steps' processes. Does not belong here: what a slot is
(``resources/devices.py``), what runs in a step's process (``pipelines/step_worker.py``), or which executor serves
where (``pipelines/executor.py``).
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import dagster as dg

from pipelines.dagster_internals import (
    CheckStepHealthResult,
    DagsterEvent,
    EngineEventData,
    RetryMode,
    StepDelegatingExecutor,
    StepHandler,
    StepHandlerContext,
    get_retries_config,
    get_tag_concurrency_limits_config,
    multiple_process_executor_requirements,
)
from pipelines.step_worker import LeaseRequest
from resources.devices import Slot, cpu_slots, gpu_devices, gpu_slots, lock_folder
from resources.processes import kill_group
from resources.settings import Settings, load_settings

DEVICE_TAG = "backbeat/device"
"""Op tag: ``cpu`` keeps a step off the GPUs; ``gpu``, or no tag, leases one where there is one."""

_EVENT_POLL_SECONDS = 0.2
_HEALTH_SECONDS = 1
_REPORT_SECONDS = 3.0
"""A step writes its last event before it exits, and the executor reads it by polling: only a step that has been dead
for this long without a last event is called dead."""
_TERMINATE_SECONDS = 5.0
"""Time that steps get to end by themselves when a run is cancelled."""


@dataclass(frozen=True)
class Slots:
    """Places for steps on this machine, GPUs and CPU apart."""

    gpu: tuple[Slot, ...]
    cpu: tuple[Slot, ...]

    def of(self, step_tags: Mapping[str, str]) -> tuple[Slot, ...]:
        """Places that a step with these op tags may take."""
        return self.cpu if step_tags.get(DEVICE_TAG) == "cpu" or not self.gpu else self.gpu


def machine_slots(settings: Settings, environment: Mapping[str, str] = os.environ) -> Slots:
    """Places that the settings and the inherited device mask leave to this machine's steps.

    Raises:
        ValueError: ``BACKBEAT_DEVICES`` names what is no device.
    """
    devices = gpu_devices(settings.devices, environment.get("CUDA_VISIBLE_DEVICES"))
    return Slots(tuple(gpu_slots(devices, settings.device_slots)), tuple(cpu_slots(settings.cpu_slots)))


@dataclass
class _StepProcess:
    """A step's process and, once it is seen to have ended, when (``time.monotonic``)."""

    process: subprocess.Popen[bytes]
    keeper: threading.Thread
    ended: float | None = None


class LeasingStepHandler(StepHandler):
    """Starts each step as a process that leases one slot and dies with the run worker."""

    def __init__(self, slots: Slots, folder: Path) -> None:
        self._slots = slots
        self._folder = folder
        self._steps: dict[str, _StepProcess] = {}

    @property
    def name(self) -> str:
        """Shown in the run's log."""
        return "backbeat device lease"

    def launch_step(self, step_handler_context: StepHandlerContext) -> Iterator[DagsterEvent]:
        """Start the step's process; it waits for its slot itself, so that this loop never blocks."""
        arguments = step_handler_context.execute_step_args
        (key,) = arguments.step_keys_to_execute or ()
        command = list(arguments.get_command_args(skip_serialized_namedtuple=True))
        environment = {entry["name"]: entry["value"] for entry in arguments.get_command_env()}
        reading, writing = os.pipe()
        request = LeaseRequest(
            os.getpid(), writing, str(self._folder), self._slots.of(step_handler_context.step_tags[key])
        )
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.step_worker", request.to_json(), *command[command.index("api") :]],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                pass_fds=(writing,),
                start_new_session=True,
            )
        finally:
            os.close(writing)
        keeper = threading.Thread(
            target=_keep, args=(process, os.fdopen(reading), step_handler_context, key), daemon=True, name=f"keep {key}"
        )
        self._steps[key] = _StepProcess(process, keeper)
        yield DagsterEvent.step_worker_starting(
            step_handler_context.get_step_context(key),
            message=f"Started a process for step {key}.",
            metadata={"pid": dg.MetadataValue.int(process.pid)},
        )
        keeper.start()

    def check_step_health(self, step_handler_context: StepHandlerContext) -> CheckStepHealthResult:
        """Say whether the step's process lives; the keeper has killed what it left behind."""
        (key,) = step_handler_context.execute_step_args.step_keys_to_execute or ()
        step = self._steps.get(key)
        if step is None:
            return CheckStepHealthResult.unhealthy("its process was started by another run worker, which is gone")
        if step.keeper.is_alive():
            return CheckStepHealthResult.healthy()
        step.ended = step.ended or time.monotonic()
        if time.monotonic() - step.ended < _REPORT_SECONDS:
            return CheckStepHealthResult.healthy()
        return CheckStepHealthResult.unhealthy(f"its process ended {_ending(step.process.returncode)}")

    def terminate_step(self, step_handler_context: StepHandlerContext) -> Iterator[DagsterEvent]:
        """End the step's process and all that it started: a word first, then the kill."""
        (key,) = step_handler_context.execute_step_args.step_keys_to_execute or ()
        for other in self._steps.values():  # the executor asks step by step: let all of them begin to end now
            if other.process.poll() is None:
                kill_group(other.process.pid, signal.SIGTERM)
        step = self._steps.get(key)
        if step is None:  # its launch failed
            return iter(())
        step.keeper.join(_TERMINATE_SECONDS)
        if step.keeper.is_alive():
            kill_group(step.process.pid)
            step.keeper.join()
        return iter(())


def _ending(code: int | None) -> str:
    """Say how a process ended, from ``Popen.returncode``."""
    if code is not None and code < 0:
        return f"by signal {-code} ({signal.Signals(-code).name})"
    return f"with exit code {code} and without a result"


def _keep(process: subprocess.Popen[bytes], report: IO[str], context: StepHandlerContext, key: str) -> None:
    """Pass a step's lease on to the event log, wait for its end, and kill whatever it left behind."""
    with report:
        for line in report:
            _log_lease(json.loads(line), context, key)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # not reaped yet: the group's number is still ours
    kill_group(process.pid)
    process.wait()


def _log_lease(fields: Mapping[str, str], context: StepHandlerContext, key: str) -> None:
    """Write one engine event that names the device or the CPU slot of a step."""
    if fields["state"] == "waiting":
        message, metadata = f"Step {key} waits for a free slot: all are leased.", {}
    else:
        slot = fields["slot"]
        kind = "CPU slot" if slot.startswith("cpu-") else "GPU"
        message = f"Step {key} runs on {kind} {slot}."
        metadata = {"slot": dg.MetadataValue.text(slot)}
    context.instance.report_engine_event(
        message, context.dagster_run, EngineEventData(metadata=metadata), cls=LeasingStepHandler, step_key=key
    )


def _concurrency(setting: int | None, slots: Slots) -> int:
    """Steps that one run starts at once: more than there are slots would only wait as processes."""
    return setting or len(slots.gpu) + len(slots.cpu)


@dg.executor(
    name="backbeat_devices",
    requirements=multiple_process_executor_requirements(),
    config_schema={
        "retries": get_retries_config(),
        "max_concurrent": dg.Field(
            dg.Noneable(int), default_value=None, description="Steps of one run at once; unset: as many as slots."
        ),
        "tag_concurrency_limits": get_tag_concurrency_limits_config(),
        "lock_folder": dg.Field(
            dg.Noneable(str), default_value=None, description="Folder of the lease files; unset: the machine's."
        ),
    },
)
def gpu_executor(init_context: dg.InitExecutorContext) -> dg.Executor:
    """Run each step in a process of its own that leases one GPU, or one CPU slot where there is no GPU."""
    config: Mapping[str, Any] = init_context.executor_config
    slots = machine_slots(load_settings())
    folder = Path(config["lock_folder"]) if config["lock_folder"] else lock_folder()
    return StepDelegatingExecutor(
        LeasingStepHandler(slots, folder),
        retries=RetryMode.from_config(config["retries"]) or RetryMode.ENABLED,
        sleep_seconds=_EVENT_POLL_SECONDS,
        check_step_health_interval_seconds=_HEALTH_SECONDS,
        max_concurrent=_concurrency(config["max_concurrent"], slots),
        tag_concurrency_limits=config.get("tag_concurrency_limits"),
        should_verify_step=True,
    )
