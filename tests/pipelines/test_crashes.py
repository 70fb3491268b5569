"""`kill -9` of everything there is to kill, in mid-run, on the whole platform: the run finishes all the same."""

import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from pipelines.dev import Platform, running_platform
from resources import postgres_server
from resources.settings import Settings
from tests.conftest import remove_home
from tests.pipelines.graphql import Web, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The whole platform, with one code location that waits to be killed."""
    home = Path(tempfile.mkdtemp(prefix="backbeat-crash-"))
    home.chmod(0o755)
    before = dict(os.environ)
    os.environ["RECORD_FOLDER"] = str(tmp_path_factory.mktemp("records"))
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    os.environ |= {"BACKBEAT_DEVICES": "", "BACKBEAT_CPU_SLOTS": "4"}
    try:
        settings = Settings(home=home)
        with running_platform(settings, free_port(), locations={"crash": "tests.pipelines.crash_location"}) as running:
            yield running
        assert not [p for p in psutil.process_iter() if str(home) in " ".join(_command(p))]
    finally:
        os.environ.clear()
        os.environ.update(before)
        remove_home(home)


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def web(platform: Platform) -> Web:
    return Web(platform.url)


@dataclass(frozen=True)
class Begun:
    """A run whose second step waits: its folder of records, and the pids of the step's parent, the step, its child."""

    run: str
    folder: Path
    parent: int
    step: int
    child: int

    def attempts(self) -> tuple[int, int]:
        return len((self.folder / "first").read_text()), len((self.folder / "second").read_text())


def begin(web: Web, *jobs: str) -> list[Begun]:
    runs = [web.launch(job, "crash") for job in jobs]
    begun = []
    for run in runs:
        folder = Path(os.environ["RECORD_FOLDER"]) / run
        wait_for((folder / "pids").exists, seconds=90, what="the second step runs")
        begun.append(Begun(run, folder, *map(int, (folder / "pids").read_text().split())))
    return begun


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def wait_for_end(web: Web, begun: Begun, *expected: str) -> None:
    """Wait until a run and its automatic retries have these statuses."""
    wait_for(lambda: web.statuses(begun.run) == list(expected), seconds=60, what=f"run and retries are {expected}")


def test_whatever_is_killed_in_a_run_the_run_is_finished_within_a_minute(web: Web) -> None:
    in_process, worker, step, cancelled = begin(web, "in_process", "leased", "leased", "leased")
    os.kill(in_process.step, signal.SIGKILL)  # in this job the run worker is the step
    os.kill(worker.parent, signal.SIGKILL)
    os.kill(step.step, signal.SIGKILL)
    web.terminate(cancelled.run)

    wait_for(lambda: gone(worker.step), seconds=3, what="the step has died with its run worker")
    wait_for(lambda: gone(step.child), seconds=5, what="what the killed step had started is killed too")
    wait_for_end(web, cancelled, "CANCELED")
    wait_for(lambda: gone(cancelled.step) and gone(cancelled.child), seconds=3, what="nothing of it is left")
    wait_for_end(web, step, "SUCCESS")  # retried within the run
    wait_for_end(web, in_process, "FAILURE", "SUCCESS")  # found dead, retried from the step
    wait_for_end(web, worker, "FAILURE", "SUCCESS")
    assert [run.attempts() for run in (in_process, worker, step)] == [(1, 2)] * 3  # what was finished is not redone


def test_runs_outlive_the_daemon_and_the_database_which_are_back_within_seconds(web: Web, platform: Platform) -> None:
    home = platform.settings.home_path
    (begun,) = begin(web, "leased")
    daemon, postmaster = platform.pids()["daemon"], postgres_server.status(home).pid
    assert postmaster is not None
    os.kill(daemon, signal.SIGKILL)
    os.kill(postmaster, signal.SIGKILL)
    wait_for(lambda: platform.pids().get("daemon", daemon) != daemon, seconds=15, what="the daemon is back")
    wait_for(lambda: postgres_server.status(home).running, seconds=30, what="the database is back")
    assert not gone(begun.step)
    (begun.folder / "go").touch()
    wait_for(lambda: web.statuses(begun.run)[-1:] == ["SUCCESS"], seconds=90, what="the run, or its retry, finishes")
    assert begun.attempts()[0] == 1
