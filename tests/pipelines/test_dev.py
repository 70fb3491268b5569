"""`backbeat dev` as a shell starts it: up with everything, down with everything on one signal."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pipelines.dev import running_platform
from resources.failures import InputError
from resources.settings import Settings
from tests.conftest import remove_home
from tests.pipelines.graphql import Web
from tests.pipelines.test_crashes import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

LOADED = """{ workspaceOrError { ... on Workspace { locationEntries {
  name locationOrLoadError { __typename ... on PythonError { message } } } } } }"""


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="backbeat-dev-"))
    folder.chmod(0o755)
    yield folder
    remove_home(folder)


def processes_of(home: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "status", "cwd"]):
        place = " ".join([*(process.info["cmdline"] or ()), process.info["cwd"] or ""])
        if str(home) in place and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def test_one_signal_stops_everything_also_where_the_shell_had_interrupts_ignored(home: Path) -> None:
    port = free_port()
    environment = {**os.environ, "BACKBEAT_HOME": str(home), "BACKBEAT_LIVE_SOURCES": "false"}
    program = f"from pipelines.cli import main; import sys; sys.argv = ['backbeat', 'dev', '--port', '{port}']; main()"
    dev = subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as a shell does for `backbeat dev &`
    )
    assert dev.stdout is not None
    watchdog = threading.Timer(120, dev.kill)
    watchdog.start()
    said = []
    for line in dev.stdout:
        said.append(line)
        if "Everything runs" in line:
            break
    watchdog.cancel()
    assert "Everything runs" in said[-1], said
    entries = Web(f"http://127.0.0.1:{port}").ask(LOADED)["workspaceOrError"]["locationEntries"]
    assert {(entry["name"], entry["locationOrLoadError"]["__typename"]) for entry in entries} == {
        ("data", "RepositoryLocation"),
        ("audio", "RepositoryLocation"),
    }
    began = time.monotonic()
    dev.send_signal(signal.SIGINT)
    assert dev.wait(30) == 130
    assert time.monotonic() - began < 20
    assert processes_of(home) == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_a_port_that_is_taken_is_refused_before_anything_starts(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match="--port"), running_platform(Settings(home=home), port):
            pass
    assert processes_of(home) == []
