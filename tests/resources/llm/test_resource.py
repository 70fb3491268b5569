"""The language models that settings and environment name."""

import logging
import sys
from pathlib import Path

import pytest

from resources.failures import InputError
from resources.llm.provider import AbsentProvider
from resources.llm.resource import Keys, LanguageModelResource, providers
from resources.settings import Settings
from resources.warehouse import Warehouse
from tests.resources.llm.wire import KEY

NAMES = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DEEPSEEK_API_KEY")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BACKBEAT_LANGUAGE_MODELS", raising=False)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_keys_every_provider_is_absent_and_says_why(warehouse: Warehouse) -> None:
    found = providers(Settings(), Keys())
    assert [each.name for each in found] == ["anthropic", "openai", "deepseek"]
    assert [each.reason for each in found if isinstance(each, AbsentProvider)] == [
        f"{name} is not set." for name in NAMES
    ]
    assert not LanguageModelResource().models(warehouse).any_present


def test_keys_come_from_the_environment_alone_and_are_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, warehouse: Warehouse
) -> None:
    caplog.set_level(logging.DEBUG)
    Path(".env").write_text("\n".join(f"{name}={KEY}" for name in NAMES))
    assert Keys() == Keys(anthropic=None, openai=None, deepseek=None)

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "")
    keys = Keys()
    found = providers(Settings(), keys)
    assert [isinstance(each, AbsentProvider) for each in found] == [True, False, True]
    assert LanguageModelResource().models(warehouse).any_present
    assert KEY not in repr(keys) + repr(found) + repr(LanguageModelResource()) + caplog.text


def test_the_settings_say_who_is_asked_in_which_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKBEAT_LANGUAGE_MODELS", " deepseek , anthropic,deepseek")
    monkeypatch.setenv("BACKBEAT_ANTHROPIC_MODEL", "claude-sonnet-5")
    assert [(each.name, each.model) for each in providers(Settings(), Keys())] == [
        ("deepseek", "deepseek-flash"), ("anthropic", "claude-sonnet-5"),
    ]  # fmt: skip

    monkeypatch.setenv("BACKBEAT_LANGUAGE_MODELS", "")
    assert providers(Settings(), Keys()) == ()

    monkeypatch.setenv("BACKBEAT_LANGUAGE_MODELS", "anthropic,oracle")
    with pytest.raises(InputError, match="named oracle"):
        providers(Settings(), Keys())


@pytest.mark.parametrize(
    ("name", "library"), [("anthropic", "anthropic"), ("openai", "openai"), ("deepseek", "openai")]
)
def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, name: str, library: str) -> None:
    monkeypatch.setenv(f"{name.upper()}_API_KEY", KEY)
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setenv("BACKBEAT_LANGUAGE_MODELS", name)
    (absent,) = providers(Settings(), Keys())
    assert isinstance(absent, AbsentProvider)
    assert f"pip install 'backbeat[{library}]'" in absent.reason
