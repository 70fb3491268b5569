"""Fixtures shared by all tests: a real PostgreSQL, a migrated database per module, an object store, shared data.

One embedded server serves a whole test session, all xdist workers included. Its files lie in a folder under /tmp that
anyone may enter, because as root the server runs as another user and pytest's own folders are closed to it.
"""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql as pgsql
from pytest_httpserver import HTTPServer

from resources import postgres_server
from resources.database_url import conninfo, warehouse_url
from resources.migrate import migrate
from resources.object_store import ObjectStore
from resources.postgres_files import socket_folder
from resources.warehouse import Warehouse
from tests.resources.llm.wire import Wire

SERVER_HOME = "BACKBEAT_TEST_SERVER_HOME"
"""Environment variable by which the session's first process tells its workers where the server lives."""

TEMPLATE = "backbeat_template"
"""Migrated database that every test database is cloned from."""

HOME_PREFIX = "backbeat-tests-"


def remove_home(home: Path) -> None:
    """Stop the server of a home and delete the home, also where it is a link elsewhere."""
    postgres_server.stop(home)
    for folder in (socket_folder(home), (home / "postgres").resolve(), home):
        shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove the servers of earlier sessions that were killed; a folder's name holds the pid of its session."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOME_PREFIX}*"):
        pid = home.name.removeprefix(HOME_PREFIX).split("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)) and os.access(home, os.W_OK):
            remove_home(home)


def pytest_configure(config: pytest.Config) -> None:
    os.environ["BACKBEAT_LANGUAGE_MODELS"] = ""  # whatever keys the environment holds, no test spends money
    if SERVER_HOME not in os.environ:
        _remove_abandoned()
        home = tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-")
        Path(home).chmod(0o755)
        os.environ[SERVER_HOME] = home
        config.add_cleanup(_end_session)


def _end_session() -> None:
    remove_home(Path(os.environ.pop(SERVER_HOME)))


@pytest.fixture(scope="module", autouse=True)
def _environment_of_its_own() -> Iterator[None]:
    """Give each module the environment that the session began with: preparing an instance adds to this process's."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def postgres_home() -> Path:
    """Home folder of the session's server, which runs."""
    home = Path(os.environ[SERVER_HOME])
    # nothing here outlives the session, so nothing needs to reach the disk
    postgres_server.start(home, {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
    return home


@pytest.fixture(scope="session")
def postgres_url(postgres_home: Path) -> str:
    """URL of the session's server, with the migrated template database in place."""
    url = postgres_server.url(postgres_home)
    with (postgres_home / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        migrate(warehouse_url(url, TEMPLATE))
    return url


@pytest.fixture(scope="module")
def database_url(postgres_url: str) -> Iterator[str]:
    """URL of a migrated database of this module's own; tables keep what a test wrote until the next `warehouse`."""
    name = pgsql.Identifier(f"test_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(conninfo(postgres_url, "postgres"), autocommit=True) as connection:
        connection.execute(pgsql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, pgsql.Identifier(TEMPLATE)))
        yield warehouse_url(postgres_url, name.as_string().strip('"'))
        connection.execute(pgsql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture(scope="module")
def _seeded(database_url: str) -> frozenset[str]:
    """Tables that the migrations themselves fill: they are left alone."""
    return frozenset(_tables_with_rows(Warehouse(database_url)))


@pytest.fixture
def warehouse(database_url: str, _seeded: frozenset[str]) -> Warehouse:
    """A warehouse whose tables are empty but for what the migrations put there."""
    fresh = Warehouse(database_url)
    full = [table for table in _tables_with_rows(fresh) if table not in _seeded]
    if full:
        fresh.execute(f"TRUNCATE {', '.join(full)} RESTART IDENTITY CASCADE")
    return fresh


def _tables_with_rows(warehouse: Warehouse) -> list[str]:
    tables = warehouse.rows(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    # names come from the catalogue, quoted by it
    probes = [f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for (table,) in tables]  # noqa: S608
    return [table for (table,) in warehouse.rows(" UNION ALL ".join(probes))]


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    """An object store in this test's own folder."""
    return ObjectStore(str(tmp_path / "store"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data: `BACKBEAT_SHARED`, or `shared` beside the repository."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("BACKBEAT_SHARED", default))
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; name the folder in BACKBEAT_SHARED")
    return folder


@pytest.fixture(scope="session")
def _wire_server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def wire(_wire_server: HTTPServer) -> Iterator[Wire]:
    """The providers of language models on loopback."""
    wire = Wire(_wire_server)
    yield wire
    wire.closing.set()
    _wire_server.clear()
