"""A code location whose steps wait to be killed: for the tests that kill things."""

import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg

from pipelines.executor import data_executor
from pipelines.gpu_executor import gpu_executor

RETRY = dg.RetryPolicy(max_retries=2, delay=1)


def _folder(run: dg.DagsterRun) -> Path:
    folder = Path(os.environ["RECORD_FOLDER"]) / (run.root_run_id or run.run_id)
    folder.mkdir(exist_ok=True)
    return folder


def _count(folder: Path, name: str) -> int:
    """Count one more attempt, in a file that a kill leaves whole."""
    with (folder / name).open("a") as counter:
        counter.write("x")
        return counter.tell()


@dg.op(retry_policy=RETRY)
def first(context: dg.OpExecutionContext) -> None:
    _count(_folder(context.run), "first")


@dg.op(ins={"after": dg.In(dg.Nothing)}, retry_policy=RETRY)
def second(context: dg.OpExecutionContext) -> None:
    """Wait on the first attempt for what the test does to us; a later one, or a word from the test, ends at once."""
    folder = _folder(context.run)
    if _count(folder, "second") > 1:
        return
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (folder / "pids.tmp").write_text(f"{os.getppid()} {os.getpid()} {child.pid}")
    (folder / "pids.tmp").rename(folder / "pids")
    while not (folder / "go").exists():
        time.sleep(0.2)
    child.kill()


@dg.job(executor_def=data_executor())
def in_process() -> None:
    second(first())


@dg.job(executor_def=gpu_executor)
def leased() -> None:
    second(first())


defs = dg.Definitions(jobs=[in_process, leased])
