"""The supervisor behind `backbeat dev`: database, code servers, web server and daemon, started, kept alive and stopped.

Belongs here: processes. Does not belong here: what is in them, or the command line (``pipelines/cli.py``).
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from urllib.error import URLError

import yaml

from pipelines.instance import dagster_home, prepare
from pipelines.launcher import worker_folder
from pipelines.run_worker import living_workers
from resources import postgres_server
from resources.database_server import warehouse_server_url
from resources.failures import InputError
from resources.migrate import migrate
from resources.processes import command_that_dies_with, kill_group
from resources.settings import Settings

LOCATIONS: Final[Mapping[str, str]] = {"data": "pipelines.data", "audio": "pipelines.audio"}
"""Code locations and their modules, as in workspace.yaml."""

READY_SECONDS = 120.0
"""Longest wait for the web server's first answer."""
STOP_SECONDS = 6.0
"""Time that processes get to end by themselves."""

_WATCH_SECONDS = 1.0
_READY_POLL_SECONDS = 0.2
_LOG_BYTES = 20_000_000
_CALM_SECONDS = 30.0
"""A process that has lived for so long is restarted at once when it dies; one that dies sooner waits ever longer."""
_LONGEST_PAUSE_SECONDS = 30.0


@dataclass
class _Service:
    """One supervised process.

    Attributes:
        socket: file that shows that it serves; None where nothing waits for it.
        failures: deaths in a row that came soon after a start.
        due: when it is to be started again (``time.monotonic``), where it is down.
    """

    name: str
    command: list[str]
    socket: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0


@dataclass
class Platform:
    """Everything that runs for one home; made by :func:`running_platform`.

    Attributes:
        url: of the web UI.
        say: told, in a sentence, of everything that a person should know.
        environment: of the processes.
        logs: folder of what the processes print.
    """

    settings: Settings
    url: str
    say: Callable[[str], None]
    environment: Mapping[str, str]
    logs: Path
    _services: list[_Service] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def pids(self) -> dict[str, int]:
        """Process number of each service that lives, by name."""
        return {
            service.name: service.process.pid
            for service in self._services
            if service.process is not None and service.process.poll() is None
        }

    def _start(self, service: _Service) -> None:
        log = self.logs / f"{service.name}.log"
        with log.open("ab") as output:
            service.process = subprocess.Popen(
                service.command,
                env=dict(self.environment),
                cwd=self.environment["DAGSTER_HOME"],  # nothing of the caller's folder is imported by accident
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # the terminal's Ctrl-C reaches the supervisor alone, which stops them in order
            )
        service.started = time.monotonic()

    def _watch_services(self) -> None:
        """Start what is due, and see what has died."""
        now = time.monotonic()
        for service in self._services:
            if service.process is None:
                if now >= service.due:
                    self._start(service)
                    self.say(f"{service.name} is running again.")
            elif (code := service.process.poll()) is not None:
                kill_group(service.process.pid)  # its children, e.g. a code server of its own
                service.process = None
                service.failures = 0 if now - service.started > _CALM_SECONDS else service.failures + 1
                pause = min(2.0 ** (service.failures - 1), _LONGEST_PAUSE_SECONDS) if service.failures else 0.0
                service.due = now + pause
                again = f"in {pause:.0f} s" if pause else "at once"
                self.say(
                    f"{service.name} ended ({code}) and is started again {again}; see {self.logs / service.name}.log."
                )

    def _watch_logs(self) -> None:
        """Set a log aside that has grown large; its process goes on writing at the new end, as it appends."""
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > _LOG_BYTES:
                shutil.copyfile(log, log.with_suffix(".log.old"))
                os.truncate(log, 0)

    def _watch_database(self) -> None:
        """Start the embedded server again if it is down."""
        if self.settings.database_url is None and not postgres_server.status(self.settings.home_path).running:
            postgres_server.ensure_running(self.settings.home_path)
            self.say("The database had ended and is running again.")

    def _watch(self) -> None:
        """Keep everything alive until :attr:`_stopping` is set, then end it."""
        self._start_in_order()
        while not self._stopping.wait(_WATCH_SECONDS):
            try:
                self._watch_logs()
                self._watch_database()
            except (InputError, OSError) as error:
                self.say(str(error))
            self._watch_services()
        self._end_services()

    def _start_in_order(self) -> None:
        """Start the code servers, and the others once those serve: a web server that comes first shows no code."""
        servers = [service for service in self._services if service.socket is not None]
        for service in servers:
            self._start(service)
        deadline = time.monotonic() + READY_SECONDS
        while not all(service.socket and service.socket.exists() for service in servers):
            if self._stopping.wait(_READY_POLL_SECONDS) or time.monotonic() > deadline:
                break
        for service in self._services:
            if service.process is None:
                self._start(service)

    def _end_services(self) -> None:
        """Ask every process to end, and kill what has not in time."""
        living = [service.process for service in self._services if service.process is not None]
        for process in living:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in living:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            kill_group(process.pid)
            process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            address = f"{self.url}/server_info"
            with suppress(URLError, ConnectionError, TimeoutError), urllib.request.urlopen(address, timeout=2):  # noqa: S310
                return
            time.sleep(_READY_POLL_SECONDS)
        raise InputError(
            f"The web server did not answer within {READY_SECONDS:.0f} seconds.",
            f"Its log is {self.logs}/webserver.log.",
        )

    def _end_run_workers(self) -> None:
        """Kill runs in progress: their database is about to stop, and the next start takes them up again."""
        workers = list(living_workers(worker_folder(str(dagster_home(self.settings)))))
        for worker in workers:
            worker.kill()
        if workers:
            self.say(f"{len(workers)} run(s) were interrupted; the next start takes them up again.")


@contextmanager
def running_platform(
    settings: Settings,
    port: int = 3000,
    *,
    host: str = "127.0.0.1",
    say: Callable[[str], None] = lambda sentence: None,
    locations: Mapping[str, str] = LOCATIONS,
    stop_database: bool = True,
) -> Iterator[Platform]:
    """Run the whole platform of a home inside the block; on leaving it nothing is left running.

    Args:
        settings: home, databases and everything else.
        port: of the web server.
        host: address that the web server listens on. It has no authentication: loopback, unless a proxy guards it.
        say: told what happens, a sentence at a time, from another thread.
        locations: code locations and their modules; tests replace them.
        stop_database: whether the embedded server is stopped too.

    Raises:
        InputError: the port is taken, the home is in use, or a part does not start.
    """
    with ExitStack() as stack:
        settings.home_path.mkdir(parents=True, exist_ok=True)
        stack.enter_context(_only_supervisor(settings.home_path))
        _check_port(host, port)
        if stop_database and settings.database_url is None:
            stack.callback(postgres_server.stop, settings.home_path)
        say("Starting the database.")
        migrate(warehouse_server_url(settings))
        environment = prepare(settings)
        sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backbeat-")))
        logs = settings.home_path / "logs"
        logs.mkdir(exist_ok=True)
        platform = Platform(
            settings,
            f"http://{host}:{port}",
            say,
            _child_environment(environment),
            logs,
            _services(locations, _workspace(settings, locations, sockets), sockets, host, port),
        )
        stack.callback(platform._end_run_workers)
        stack.enter_context(_supervised(platform))
        say("Starting the web server and the daemon.")
        platform._wait_until_ready()
        try:
            yield platform
        finally:
            say("Stopping.")


@contextmanager
def _supervised(platform: Platform) -> Iterator[None]:
    """Supervise in a thread of its own, which starts the processes: the kernel ties their lives to it."""
    thread = threading.Thread(target=platform._watch, name="supervisor")
    thread.start()
    try:
        yield
    finally:
        platform._stopping.set()
        thread.join()


def _child_environment(variables: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **variables}


@contextmanager
def _only_supervisor(home: Path) -> Iterator[IO[str]]:
    """Hold the home for this supervisor; the kernel frees it however the supervisor ends."""
    with (home / "dev.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"The platform of {home} is running already.", "Stop it first, or choose another BACKBEAT_HOME."
            ) from None
        yield lock


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"Port {port} of {host} cannot be used ({error.strerror}).", "Choose another one: --port."
            ) from None


def _workspace(settings: Settings, locations: Mapping[str, str], sockets: Path) -> Path:
    """Write the workspace file that names the code servers: one for each location, shared by web server and daemon."""
    path = dagster_home(settings) / "workspace.yaml"
    servers = [
        {"grpc_server": {"host": "localhost", "socket": str(sockets / name), "location_name": name}}
        for name in locations
    ]
    path.write_text(yaml.safe_dump({"load_from": servers}), encoding="utf-8")
    return path


def _services(locations: Mapping[str, str], workspace: Path, sockets: Path, host: str, port: int) -> list[_Service]:
    def service(name: str, *command: str, serves: Path | None = None) -> _Service:
        return _Service(name, command_that_dies_with(os.getpid(), command), serves)

    scripts = Path(sysconfig.get_path("scripts"))
    code_servers = [
        service(
            f"code-{name}", sys.executable, "-m", "dagster", "api", "grpc", "--module-name", module,
            "--location-name", name, "--socket", str(sockets / name), "--empty-working-directory",
            "--lazy-load-user-code", "--use-python-environment-entry-point", serves=sockets / name,
        )
        for name, module in locations.items()
    ]  # fmt: skip
    target = ("--workspace", str(workspace))
    return [
        *code_servers,
        service("daemon", str(scripts / "dagster-daemon"), "run", *target),
        service("webserver", str(scripts / "dagster-webserver"), "--host", host, "--port", str(port), *target),
    ]
