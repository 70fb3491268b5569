"""Every setting of the platform, read from ``BACKBEAT_*`` environment variables (``.env`` honoured).

Belongs here: names, defaults and derived paths. Does not belong here: opening any of the things named.
"""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The platform's settings; an environment variable ``BACKBEAT_<NAME>`` overrides each default."""

    model_config = SettingsConfigDict(env_prefix="BACKBEAT_", env_file=".env", extra="ignore")

    home: Path = Field(Path(".backbeat"), description="Folder of everything the platform keeps on this machine.")
    database_url: SecretStr | None = Field(
        None, description="Warehouse URL (postgresql+psycopg://...); unset: the embedded server under home."
    )
    dagster_url: SecretStr | None = Field(
        None,
        description="Dagster's own storage (postgresql+psycopg2://...); unset: `dagster` beside the warehouse.",
    )
    store: str | None = Field(None, description="Object store root, a folder or an fsspec URL; unset: home/store.")
    music: str | None = Field(None, description="Folder or fsspec URL that is watched for audio files.")
    catalogue: Path | None = Field(None, description="Source catalogue YAML; unset: the one shipped.")
    allow_private_addresses: bool = Field(
        False, description="Let the HTTP client reach loopback and private addresses (tests, intranet feeds)."
    )
    contact: str | None = Field(
        None, description="URL or mail address that identifies this installation to the sites it fetches from."
    )
    spread_seconds: int = Field(
        300, ge=0, le=900, description="Scheduled fetches start after a random delay of up to so many seconds."
    )
    devices: str | None = Field(
        None, description="GPU numbers to lease, e.g. `0,1`; empty: none; unset: what torch sees."
    )
    device_slots: int = Field(1, ge=1, description="Steps that may share one GPU.")
    cpu_slots: int | None = Field(None, ge=1, description="Steps at once where there is no GPU; unset: CPU count.")
    executor: Literal["local", "k8s", "ray", "celery"] = Field(
        "local", description="Where steps of the audio location run."
    )
    landing: Path | None = Field(None, description="Folder that files are dropped in; unset: home/landing.")
    bronze_days: int | None = Field(
        None, ge=1, description="Days for which bodies of fetched payloads are kept; unset: for ever."
    )
    models: Path | None = Field(None, description="Folder of model weights; unset: home/models.")
    live_sources: bool = Field(True, description="Run the schedules that fetch live sources.")
    language_models: str = Field(
        "anthropic,openai,deepseek",
        description="Providers of language models in the order in which they are asked; empty: none is asked.",
    )
    anthropic_model: str = Field("claude-haiku-4-5", description="Model asked at Anthropic.")
    anthropic_url: str = Field("https://api.anthropic.com", description="Base URL of Anthropic's API.")
    openai_model: str = Field("gpt-4.1-mini", description="Model asked at OpenAI.")
    openai_url: str = Field("https://api.openai.com/v1", description="Base URL of OpenAI's API, or one compatible.")
    deepseek_model: str = Field("deepseek-flash", description="Model asked at DeepSeek.")
    deepseek_url: str = Field("https://api.deepseek.com", description="Base URL of DeepSeek's API.")
    llm_prices: Path | None = Field(None, description="Price table YAML of language models; unset: the one shipped.")
    llm_usd_per_digest: Decimal = Field(
        Decimal("0.20"), ge=0, description="Most that language models may cost for one digest, US dollars."
    )
    llm_usd_per_summary: Decimal = Field(
        Decimal("0.05"), ge=0, description="Most that language models may cost for one news item, US dollars."
    )
    llm_usd_per_day: Decimal = Field(
        Decimal("2.00"), ge=0, description="Most that language models may cost in one day (UTC), US dollars."
    )
    llm_timeout_seconds: float = Field(
        60.0, gt=0, le=600, description="Longest wait for one answer of a language model."
    )

    @property
    def home_path(self) -> Path:
        """``home`` as an absolute path."""
        return self.home.expanduser().absolute()

    @property
    def store_url(self) -> str:
        """Root of the object store: the setting, or ``home/store``."""
        return self.store or str(self.home_path / "store")

    @property
    def landing_path(self) -> Path:
        """Folder that files are dropped in: the setting, or ``home/landing``."""
        return (self.landing or self.home_path / "landing").expanduser().absolute()

    @property
    def models_path(self) -> Path:
        """Folder of model weights: the setting, or ``home/models``."""
        return (self.models or self.home_path / "models").expanduser().absolute()


def load_settings() -> Settings:
    """Read the settings from the environment as it is now."""
    return Settings()
