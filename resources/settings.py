"""Every setting of the platform, read from ``BACKBEAT_*`` environment variables (``.env`` honoured).

Belongs here: names, defaults and derived paths. Does not belong here: opening any of the things named.
"""

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
    models: Path | None = Field(None, description="Folder of model weights; unset: home/models.")
    live_sources: bool = Field(True, description="Run the schedules that fetch live sources.")

    @property
    def home_path(self) -> Path:
        """``home`` as an absolute path."""
        return self.home.expanduser().absolute()

    @property
    def store_url(self) -> str:
        """Root of the object store: the setting, or ``home/store``."""
        return self.store or str(self.home_path / "store")

    @property
    def models_path(self) -> Path:
        """Folder of model weights: the setting, or ``home/models``."""
        return (self.models or self.home_path / "models").expanduser().absolute()


def load_settings() -> Settings:
    """Read the settings from the environment as it is now."""
    return Settings()
