"""What one run's process does before Dagster starts in it: leave a record by which anyone can tell whether it lives.

Run as ``python -m pipelines.run_worker FOLDER RUN_ID ARG...`` by ``pipelines/launcher.py``. The worker writes its
record itself, so that none is missing when the launcher is killed just after it started the worker.
"""

import json
import os
import runpy
import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from resources.processes import default_signals


@dataclass(frozen=True)
class RunWorker:
    """A run's process: number and start time together name one process for ever, as numbers are used again.

    Attributes:
        started: seconds since 1970, as the kernel tells it.
    """

    run_id: str
    pid: int
    started: float

    def process(self) -> psutil.Process | None:
        """The living process; None where it has ended, a zombie included."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1.0
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def kill(self) -> None:
        """Kill the worker and everything it started, nothing of which outlives it."""
        worker = self.process()
        if worker is None:
            return
        for process in [*worker.children(recursive=True), worker]:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue


def record_path(folder: Path, run_id: str) -> Path:
    """Where a run's record lies."""
    return folder / f"{run_id}.json"


def log_path(folder: Path, run_id: str) -> Path:
    """Where a run's process writes what it prints."""
    return folder / f"{run_id}.log"


def read_worker(folder: Path, run_id: str) -> RunWorker | None:
    """Read a run's record; None where there is none."""
    try:
        return RunWorker(**json.loads(record_path(folder, run_id).read_text()))
    except FileNotFoundError:
        return None


def living_workers(folder: Path) -> Iterator[RunWorker]:
    """Every run worker of this folder that lives."""
    for path in folder.glob("*.json"):
        worker = read_worker(folder, path.stem)
        if worker is not None and worker.process() is not None:
            yield worker


def _write_record(folder: Path, run_id: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    worker = RunWorker(run_id, os.getpid(), psutil.Process().create_time())
    temporary = folder / f".{run_id}.{worker.pid}"
    temporary.write_text(json.dumps(asdict(worker)))
    temporary.replace(record_path(folder, run_id))


def main(argv: list[str]) -> None:
    """Record this process, become the ``dagster`` command line, and take the record away at an orderly end."""
    default_signals()
    folder, run_id = Path(argv[0]), argv[1]
    _write_record(folder, run_id)
    sys.argv = ["dagster", *argv[2:]]
    try:
        runpy.run_module("dagster", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code in (None, 0):
            log_path(folder, run_id).unlink(missing_ok=True)
        raise
    finally:
        record_path(folder, run_id).unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
