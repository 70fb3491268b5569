"""Records of run workers: whose process lives, and whose number another process has now."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil

from pipelines.run_worker import RunWorker, living_workers, read_worker, record_path


def worker(pid: int) -> RunWorker:
    return RunWorker("run", pid, psutil.Process(pid).create_time())


def sleeping(script: str = "import time; time.sleep(60)") -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", script])


def test_a_living_process_is_found_and_another_with_its_number_is_not() -> None:
    mine = worker(os.getpid())
    assert mine.process() is not None
    assert replace(mine, started=mine.started - 100).process() is None


def test_a_zombie_is_dead() -> None:
    process = sleeping()
    record = worker(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not reaped: a zombie
    assert record.process() is None
    process.wait()


def test_killing_a_worker_kills_what_it_started() -> None:
    process = sleeping(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    while not (children := psutil.Process(process.pid).children()):
        continue
    worker(process.pid).kill()
    process.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]


def test_records_are_read_and_those_of_the_dead_are_not_living(tmp_path: Path) -> None:
    assert read_worker(tmp_path, "run") is None
    mine = worker(os.getpid())
    record_path(tmp_path, "run").write_text(json.dumps(mine.__dict__))
    record_path(tmp_path, "old").write_text(json.dumps(replace(mine, run_id="old", started=1.0).__dict__))
    assert read_worker(tmp_path, "run") == mine
    assert list(living_workers(tmp_path)) == [mine]
