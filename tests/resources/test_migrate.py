"""Migrations on real servers: from nothing, again, at the same time, and on a server that is not ours."""

import shutil
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from resources.database_server import check_server
from resources.database_url import conninfo, warehouse_url
from resources.failures import InputError
from resources.migrate import is_current, migrate
from resources.warehouse import Warehouse
from tests.foreign_server import foreign_server, package_programs


@pytest.fixture
def new_url(postgres_url: str) -> Iterator[str]:
    """URL of a database that does not exist yet."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield warehouse_url(postgres_url, name)
    with psycopg.connect(conninfo(postgres_url, "postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_from_nothing_then_nothing_to_do(new_url: str) -> None:
    assert not is_current(new_url)
    first = migrate(new_url)
    assert first.created
    assert first.scripts[0] == "roles.sql"
    assert first.scripts[-1] == "grants.sql"
    assert is_current(new_url)
    started = time.process_time()
    again = migrate(new_url)
    assert time.process_time() - started < 0.2, "deciding that nothing is to be done takes no Alembic"
    assert (again.created, again.scripts, again.revision) == (False, (), first.revision)


def test_processes_that_migrate_at_once_agree(new_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(migrate, [new_url] * 4))
    assert sum(bool(migration.scripts) for migration in done) == 1
    assert is_current(new_url)


def test_a_script_whose_text_changed_is_applied_again_with_all_after_it(database_url: str) -> None:
    warehouse = Warehouse(database_url)
    warehouse.execute("UPDATE ops.repeatable_scripts SET sha256 = 'old' WHERE name = 'grants.sql'")
    assert not is_current(database_url)
    assert migrate(database_url).scripts == ("grants.sql",)
    assert migrate(database_url).scripts == ()


def test_an_api_function_whose_arguments_changed_leaves_no_older_one_beside_it(database_url: str) -> None:
    warehouse = Warehouse(database_url)
    warehouse.execute("CREATE FUNCTION api.charts(who text) RETURNS text LANGUAGE sql AS 'SELECT who'")
    warehouse.execute("UPDATE ops.repeatable_scripts SET sha256 = 'old' WHERE name = 'api/industry.sql'")
    migrate(database_url)
    assert warehouse.scalar("SELECT count(*) FROM pg_proc WHERE oid::regproc::text = 'api.charts'") == 1
    assert warehouse.scalar("""SELECT api.try('charts', '{"platform": "none"}') ->> 'ok'""") == "false"


def test_a_server_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be reached"):
        migrate(f"postgresql+psycopg://someone:secret@/db?host={tmp_path}")


def test_messages_do_not_show_the_password(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        check_server(f"postgresql+psycopg://someone:secret@/db?host={tmp_path}")
    assert "secret" not in str(raised.value)


def test_an_external_server_serves_as_well() -> None:
    """PostgreSQL 16 with pgvector, run by its own pg_ctl: nothing of ours but a URL."""
    with foreign_server(package_programs("pginstall")) as url:
        assert migrate(url).created
        assert migrate(url).scripts == ()
        assert Warehouse(url).scalar("SELECT '[1,2]'::vector <-> '[1,4]'::vector") == 2


def test_a_server_without_pgvector_is_refused_with_a_way_out() -> None:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not programs:
        pytest.skip("no PostgreSQL of the system to try")
    if shutil.which("initdb", path=str(programs[-1].parent)) is None:
        pytest.skip("the system's PostgreSQL has no initdb")
    with foreign_server(programs[-1].parent) as url:
        if Warehouse(warehouse_url(url, "postgres")).rows("SELECT FROM pg_available_extensions WHERE name = 'vector'"):
            pytest.skip("the system's PostgreSQL has pgvector")
        with pytest.raises(InputError, match=r"no pgvector.*Install the extension"):
            migrate(url)
