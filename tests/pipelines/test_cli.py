"""The command line: one sentence, a way out and an exit code for whatever goes wrong."""

import re
import shlex
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from pipelines.cli import Exit, app, run
from pipelines.doctor import State, examine
from resources.failures import InputError
from resources.settings import Settings


def raising(error: BaseException) -> int:
    def command() -> None:
        raise error

    return run(command)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (InputError("The folder is gone.", "Name another."), Exit.REFUSED, "The folder is gone. Name another."),
        (psycopg.OperationalError("connection refused"), Exit.UNAVAILABLE, "connection refused"),
        (FileNotFoundError(2, "No such file or directory", "/nowhere"), Exit.REFUSED, "/nowhere"),
    ],
)
def test_errors_are_one_sentence_and_a_code(
    error: Exception, code: Exit, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raising(error) == code
    printed = capsys.readouterr()
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


def test_a_defect_of_ours_is_kept_in_a_file_and_not_thrown_at_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKBEAT_HOME", str(tmp_path))
    assert raising(ZeroDivisionError("division by zero")) == Exit.DEFECT
    assert "Traceback" not in capsys.readouterr().err
    assert "ZeroDivisionError" in (tmp_path / "logs" / "backbeat-error.log").read_text()


def test_a_setting_that_is_no_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKBEAT_DEVICE_SLOTS", "0")
    assert run(Settings) == Exit.REFUSED
    assert "BACKBEAT_DEVICE_SLOTS" in capsys.readouterr().err


@pytest.mark.parametrize(("end", "code"), [(SystemExit(2), 2), (SystemExit(None), 0), (KeyboardInterrupt(), 130)])
def test_ends_keep_their_codes(end: BaseException, code: int) -> None:
    assert raising(end) == code


def test_a_scan_without_a_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKBEAT_MUSIC", raising=False)
    result = CliRunner().invoke(app, ["scan"])
    assert isinstance(result.exception, InputError)
    assert "backbeat scan FOLDER" in str(result.exception)


def test_a_scan_registers_files_and_names_the_batches(database_url: str, shared: Path, tmp_path: Path) -> None:
    environment = {"BACKBEAT_DATABASE_URL": database_url, "BACKBEAT_HOME": str(tmp_path), "COLUMNS": "200"}
    first = CliRunner().invoke(app, ["scan", str(shared / "audio" / "loops")], env=environment)
    assert first.exit_code == 0, first.output
    assert "b000001" in first.output
    again = CliRunner().invoke(app, ["scan", str(shared / "audio" / "loops")], env=environment)
    assert re.search(r"\b0 new\b", again.output)
    missing = CliRunner().invoke(app, ["scan", str(tmp_path / "nowhere")], env=environment)
    assert isinstance(missing.exception, InputError)


def test_env_prints_what_a_shell_can_read(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("BACKBEAT_HOME", str(tmp_path / "a b"))
        patch.setenv("BACKBEAT_DATABASE_URL", postgres_url)
        for name in ("BACKBEAT_DAGSTER_URL", "DAGSTER_HOME", "DAGSTER_EVENT_BATCH_SIZE"):
            patch.setenv(name, "")  # restored afterwards: the command takes these on itself
            patch.delenv(name)
        result = CliRunner().invoke(app, ["env"])
    assert result.exit_code == 0, result.output
    variables = dict(word.split("=", 1) for word in shlex.split(result.output) if word != "export")
    assert variables["DAGSTER_HOME"] == str(tmp_path / "a b" / "dagster")
    assert variables["BACKBEAT_DAGSTER_URL"].startswith("postgresql+psycopg2://")
    assert (tmp_path / "a b" / "dagster" / "dagster.yaml").exists()


def test_the_doctor_says_what_each_lack_costs_and_changes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    findings = {finding.subject: finding for finding in examine(Settings(home=home, devices=""))}
    assert all(finding.cost for finding in findings.values() if finding.state is not State.OK)
    assert findings["GPU"].state is State.LACK
    assert not home.exists()


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({"database_url": "postgresql://nobody@127.0.0.1:1/nowhere"}, "database"),
        ({"music": "/nowhere/at/all"}, "music"),
        ({"devices": "first"}, "GPU"),
    ],
)
def test_the_doctor_finds_what_is_broken(settings: dict[str, str], subject: str, tmp_path: Path) -> None:
    findings = examine(Settings(home=tmp_path, **settings))  # type: ignore[arg-type]
    assert [finding.subject for finding in findings if finding.state is State.BROKEN] == [subject]


def test_the_doctor_exits_with_a_code_where_something_is_broken() -> None:
    result = CliRunner().invoke(app, ["doctor"], env={"BACKBEAT_MUSIC": "/nowhere/at/all"})
    assert result.exit_code == Exit.REFUSED
    assert CliRunner().invoke(app, ["doctor"], env={"BACKBEAT_MUSIC": None}).exit_code == Exit.FINE
