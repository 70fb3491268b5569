"""The language models as the settings and the environment name them.

Belongs here: which providers there are, with which keys. Does not belong here: asking them.
"""

from typing import Any

import dagster as dg
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from resources.failures import InputError
from resources.llm.anthropic_provider import AnthropicProvider
from resources.llm.budget import DAY, Governor
from resources.llm.chain import LanguageModels
from resources.llm.openai_provider import DeepSeekProvider, OpenAIProvider
from resources.llm.prices import load_prices
from resources.llm.provider import AbsentProvider, Provider
from resources.llm.question import DIGEST, SUMMARY
from resources.settings import Settings, load_settings
from resources.warehouse import Warehouse

_PROVIDERS: dict[str, type[AnthropicProvider | OpenAIProvider]] = {
    "anthropic": AnthropicProvider,
    "openai": OpenAIProvider,
    "deepseek": DeepSeekProvider,
}
_PACKAGES = {"anthropic": "anthropic", "openai": "openai", "deepseek": "openai"}
"""Extra of this package that installs a provider's library."""


class Keys(BaseSettings):
    """Keys of the providers, from the environment alone, under the names that their own libraries use."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore")

    anthropic: SecretStr | None = Field(None, validation_alias="ANTHROPIC_API_KEY")
    openai: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    deepseek: SecretStr | None = Field(None, validation_alias="DEEPSEEK_API_KEY")


def providers(settings: Settings, keys: Keys) -> tuple[Provider, ...]:
    """Return the providers in the order of the settings, absent where a key or a library is missing.

    Raises:
        InputError: the settings name a provider that there is not.
    """
    names = [name.strip() for name in settings.language_models.split(",") if name.strip()]
    unknown = sorted(set(names) - set(_PROVIDERS))
    if unknown:
        raise InputError(
            f"There is no provider of language models named {', '.join(unknown)}.",
            f"Name some of {', '.join(_PROVIDERS)} in BACKBEAT_LANGUAGE_MODELS, or none.",
        )
    return tuple(_provider(name, settings, keys) for name in dict.fromkeys(names))


def _provider(name: str, settings: Settings, keys: Keys) -> Provider:
    model, url = getattr(settings, f"{name}_model"), getattr(settings, f"{name}_url")
    key = getattr(keys, name)
    if key is None:
        return AbsentProvider(name, model, f"{name.upper()}_API_KEY is not set.")
    try:
        return _PROVIDERS[name](key, model, url, settings.llm_timeout_seconds)
    except ModuleNotFoundError as error:
        extra = _PACKAGES[name]
        reason = f"The package {error.name} is not installed; run `pip install 'backbeat[{extra}]'`."
        return AbsentProvider(name, model, reason)


class LanguageModelResource(dg.ConfigurableResource[Any]):
    """The language models for assets; settings and keys are read when they are asked for."""

    def models(self, warehouse: Warehouse) -> LanguageModels:
        """Return the models, which share one governor and one set of circuit breakers. Nothing is sent."""
        settings = load_settings()
        caps = {
            DAY: settings.llm_usd_per_day,
            DIGEST: settings.llm_usd_per_digest,
            SUMMARY: settings.llm_usd_per_summary,
        }
        return LanguageModels(
            warehouse, providers(settings, Keys()), load_prices(settings.llm_prices), Governor(warehouse, caps)
        )
