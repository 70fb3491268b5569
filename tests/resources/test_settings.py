from pathlib import Path

import pytest
from pydantic import ValidationError

from resources.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_the_example_names_every_setting_and_nothing_else() -> None:
    named = {
        line.lstrip("# ").split("=")[0] for line in EXAMPLE.read_text().splitlines() if "=" in line.split("  #")[0]
    }
    settings = {f"BACKBEAT_{name.upper()}" for name in Settings.model_fields}

    assert {name for name in named if name.startswith("BACKBEAT_")} == settings


def test_the_environment_wins_and_is_read_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("BACKBEAT_MUSIC=/from/the/file\nBACKBEAT_DEVICE_SLOTS=2\n")
    monkeypatch.setenv("BACKBEAT_MUSIC", "/from/the/environment")

    assert load_settings().music == "/from/the/environment"
    assert load_settings().device_slots == 2

    monkeypatch.setenv("BACKBEAT_DEVICE_SLOTS", "3")
    assert load_settings().device_slots == 3


@pytest.mark.parametrize(("name", "value"), [("EXECUTOR", "elsewhere"), ("DEVICE_SLOTS", "0"), ("CPU_SLOTS", "many")])
def test_a_value_that_means_nothing_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"BACKBEAT_{name}", value)

    with pytest.raises(ValidationError, match=name.lower()):
        load_settings()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBEAT_DATABASE_URL", "postgresql+psycopg://me:hush@db.example/backbeat")

    assert "hush" not in repr(load_settings())
    assert "hush" not in str(load_settings().model_dump())


def test_folders_follow_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BACKBEAT_HOME", str(tmp_path))

    assert load_settings().store_url == str(tmp_path / "store")
    assert load_settings().models_path == tmp_path / "models"

    monkeypatch.setenv("BACKBEAT_STORE", "s3://bucket/prefix")
    assert load_settings().store_url == "s3://bucket/prefix"
