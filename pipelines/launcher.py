"""The run launcher: each run in a process of its own that outlives the daemon, and whose death is noticed.

Dagster's default launcher cannot tell whether a run's process lives, so that a killed run would stay "started" for
ever. This one can: run monitoring finds the death within its poll interval, and run retries take the run up again
from the step that failed.

Belongs here: starting, checking and ending run workers. Does not belong here: what the worker does
(``pipelines/run_worker.py``) or how its steps are executed (``pipelines/executor.py``).
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import dagster as dg
import psutil

from pipelines.dagster_internals import (
    CheckRunHealthResult,
    ConfigurableClass,
    ConfigurableClassData,
    ExecuteRunArgs,
    LaunchRunContext,
    RunLauncher,
    WorkerStatus,
)
from pipelines.run_worker import RunWorker, log_path, read_worker

_CANCEL_SECONDS = 20.0
"""Time that a run gets to end by itself when it is cancelled."""
_LOG_TAIL_CHARACTERS = 2000


def worker_folder(root_directory: str) -> Path:
    """Where the records of the run workers of a Dagster home lie."""
    return Path(root_directory) / "run_workers"


class DetachedRunLauncher(RunLauncher[dg.DagsterInstance], ConfigurableClass):
    """Starts each run as a session of its own on this machine, and tells whether it lives."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        super().__init__()  # type: ignore[no-untyped-call]  # Dagster leaves it untyped

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        """The entry of dagster.yaml that this launcher was made from."""
        return self._inst_data

    @classmethod
    def config_type(cls) -> Mapping[str, Any]:
        """No configuration: the records lie in the Dagster home."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Self:
        """Make the launcher that dagster.yaml names."""
        return cls(inst_data=inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: it is what this launcher is for."""
        return True

    @property
    def _folder(self) -> Path:
        return worker_folder(self._instance.root_directory)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's process.

        Raises:
            dg.DagsterInvariantViolationError: the run does not say which code it runs.
        """
        run = context.dagster_run
        origin = context.job_code_origin
        if origin is None:
            raise dg.DagsterInvariantViolationError(f"Run {run.run_id} does not say which code it runs.")
        arguments = ExecuteRunArgs(job_origin=origin, run_id=run.run_id, instance_ref=self._instance.get_ref())
        command = list(arguments.get_command_args())
        folder = self._folder
        folder.mkdir(parents=True, exist_ok=True)
        with log_path(folder, run.run_id).open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "pipelines.run_worker",
                    str(folder),
                    run.run_id,
                    *command[command.index("api") :],
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._instance.report_engine_event(
            f"Started a process for the run (pid {process.pid}).", run, cls=self.__class__
        )
        threading.Thread(target=self._reap, args=(process, run.run_id), daemon=True).start()

    def _reap(self, process: "subprocess.Popen[bytes]", run_id: str) -> None:
        """Wait for a run's process, so that it leaves no zombie, and tell of one that died before its run began.

        Run monitoring checks only runs that have started; a start that never comes would cost its whole time-out.
        """
        process.wait()
        run = self._instance.get_run_by_id(run_id) if self.has_instance else None
        if run is not None and run.status == dg.DagsterRunStatus.STARTING:
            self._instance.report_run_failed(run, f"The run's process ended {process.returncode} before the run began.")

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Say whether the run's process lives."""
        worker = read_worker(self._folder, run.run_id)
        if worker is None:
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "the run's process left no record")
        if worker.process() is None:
            return CheckRunHealthResult(
                WorkerStatus.FAILED, f"the run's process (pid {worker.pid}) has died", run_worker_id=str(worker.pid)
            )
        return CheckRunHealthResult(WorkerStatus.RUNNING, run_worker_id=str(worker.pid))

    def get_run_worker_debug_info(self, run: dg.DagsterRun, include_container_logs: bool | None = True) -> str | None:
        """Give the end of what a dead run's process printed."""
        try:
            text = log_path(self._folder, run.run_id).read_text(errors="replace")
        except FileNotFoundError:
            return None
        return f"Last words of the run's process:\n{text[-_LOG_TAIL_CHARACTERS:]}"

    def terminate(self, run_id: str) -> bool:
        """Cancel a run: its process is asked to end and, if it does not in time, killed with all it started.

        Returns:
            Whether there was anything to cancel.
        """
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        worker = read_worker(self._folder, run_id)
        process = worker.process() if worker else None
        if worker is None or process is None:
            self._instance.report_run_canceled(run, "The run's process had ended already.")
            return True
        os.kill(process.pid, signal.SIGTERM)
        threading.Thread(target=self._insist, args=(worker, process), daemon=True).start()
        return True

    def _insist(self, worker: RunWorker, process: psutil.Process) -> None:
        """Kill a cancelled run's process that has not ended in time."""
        try:
            process.wait(_CANCEL_SECONDS)
        except psutil.TimeoutExpired:
            worker.kill()
        run = self._instance.get_run_by_id(worker.run_id) if self.has_instance else None
        if run is not None and not run.is_finished:
            self._instance.report_run_canceled(run, "The run's process did not end in time and was killed.")
