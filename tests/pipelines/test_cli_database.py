"""The database's part of the command line, run as a person runs it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import sql
from pipelines import cli_database
from resources.failures import InputError
from resources.warehouse import Warehouse
from tests.conftest import remove_home

LATEST = max(path.name[:4] for path in Path(sql.__file__).parent.glob("migrations/*.sql"))
"""Revision that the newest migration brings a database to."""

app = typer.Typer()
app.add_typer(cli_database.db, name="db")
for command in (cli_database.migrate, cli_database.dictionary, cli_database.export):
    app.command()(command)


def run(*arguments: str, expect: int = 0) -> str:
    result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == expect, result.output
    return result.stdout


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="backbeat-cli-"))
    folder.chmod(0o755)
    monkeypatch.setenv("BACKBEAT_HOME", str(folder))
    monkeypatch.delenv("BACKBEAT_DATABASE_URL", raising=False)
    yield folder
    remove_home(folder)


@pytest.fixture
def migrated(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The session's server as an external one."""
    monkeypatch.setenv("BACKBEAT_DATABASE_URL", warehouse.url)
    return warehouse


def test_a_day_in_the_life_of_the_embedded_server(home: Path) -> None:
    assert "not running" in run("db", "status", expect=cli_database.NOT_RUNNING)
    assert "running at" in run("db", "start")
    assert "running, process" in run("db", "status")
    assert f"revision {LATEST}" in run("migrate")
    assert run("migrate").count("\n") == 1
    psql = "from pipelines.cli_database import db; db()"
    answer = subprocess.run(
        [sys.executable, "-c", psql, "psql", "-Atc", "SELECT count(*) FROM ops.dead_letters"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "0\n"
    assert "bytes" in run("db", "backup", str(home / "b.tar"))
    assert "restored" in run("db", "restore", str(home / "b.tar"))
    assert "stopped" in run("db", "stop")
    assert "was not running" in run("db", "stop")


@pytest.mark.parametrize("command", ["start", "stop", "status"])
def test_an_external_server_is_not_ours_to_run(migrated: Warehouse, command: str) -> None:
    with pytest.raises(InputError, match="which Backbeat does not run"):
        run("db", command)


def test_the_dictionary_is_markdown_or_json(migrated: Warehouse) -> None:
    assert "### `ops.dead_letters`" in run("dictionary")
    assert {table["name"] for table in json.loads(run("dictionary", "--json"))["tables"]} >= {"tracks", "payloads"}


def test_the_dictionary_renews_a_source_tree(migrated: Warehouse, tmp_path: Path) -> None:
    for folder in ("sql", "docs"):
        (tmp_path / folder).mkdir()
    run("dictionary", "--write", str(tmp_path))
    assert (tmp_path / "sql" / "dictionary.json").read_text() == run("dictionary", "--json")
    assert (tmp_path / "docs" / "data-dictionary.md").read_text() == run("dictionary")


@pytest.fixture
def health(migrated: Warehouse) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "source": ["a", "b", "c"],
            "state": ["healthy", "failing", "healthy"],
            "consecutive_failures": [0, 2, 0],
            "last_success_at": pd.to_datetime(["2026-03-01T04:00:00Z", None, "2026-03-02T00:00:00Z"]),
            "last_error": [None, 'said "no",\nthen', None],
        }
    )
    migrated.upsert("ops.source_health", frame, ["source"])
    return frame


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
def test_a_table_is_exported_whole_or_by_partition(health: pd.DataFrame, tmp_path: Path, format: str) -> None:
    file = tmp_path / "out"
    assert "3 rows" in run("export", "ops.source_health", str(file), "--format", format)
    back = {
        "parquet": pd.read_parquet,
        "csv": pd.read_csv,
        "jsonl": lambda path: pd.read_json(path, lines=True),
    }[format](file)
    assert list(back.source) == ["a", "b", "c"]
    assert list(back.consecutive_failures) == [0, 2, 0]
    assert back.last_error[1] == health.last_error[1]
    assert pd.to_datetime(back.last_success_at, utc=True)[0] == health.last_success_at[0]
    assert "2 rows" in run("export", "ops.source_health", str(file), "--format", format, "--where", "state=healthy")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ops.nothing"], "no table"),
        (["ops.source_health", "--where", "colour=red"], "no column `colour`"),
        (["ops.source_health", "--where", "last_status=many"], "does not fit"),
        (["ops.source_health", "--where", "state"], "not of the form name=value"),
    ],
)
def test_a_wrong_export_is_one_sentence_and_no_file(
    migrated: Warehouse, tmp_path: Path, arguments: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        run("export", arguments[0], str(tmp_path / "out"), *arguments[1:])
    assert list(tmp_path.iterdir()) == []
