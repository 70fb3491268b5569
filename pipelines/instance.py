"""The Dagster instance of a home folder: its folder, its tables, its pools, and the environment that names it.

Belongs here: everything that must be in place before a Dagster process starts. Does not belong here: starting one
(``pipelines/dev.py``), or the instance's settings (``dagster.yaml``).
"""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from pydantic import SecretStr

from resources.database_server import dagster_server_url
from resources.failures import InputError
from resources.settings import Settings

POOL_LIMITS: Mapping[str, int] = {"feeds": 1, "charts": 1, "language_models": 2, "gpu": 1}
"""Steps at once over all runs, by pool. One fetching step each for feeds and charts: a second one would only wait for
the same hosts. ``gpu`` counts on executors beyond this machine only; here devices are leased."""

_EVENT_BATCH = "100"
"""Events of a run over many partitions that are written at once: a third of the time per partition (measured)."""


def instance_yaml() -> Path:
    """The repository's ``dagster.yaml``.

    Raises:
        InputError: the package was installed without the repository around it.
    """
    path = Path(__file__).resolve().parent.parent / "dagster.yaml"
    if not path.exists():
        raise InputError(
            f"dagster.yaml is not beside the package ({path.parent}).",
            "Install from a clone of the repository: pip install --editable .",
        )
    return path


def dagster_home(settings: Settings) -> Path:
    """Folder of the Dagster instance of a home."""
    return settings.home_path / "dagster"


def _as_variable(value: object) -> str:
    """Write one setting as an environment variable that reads back as the same setting, wherever it is read."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case bool():
            return str(value).lower()
        case Path():
            return str(value.expanduser().absolute())
        case _:
            return str(value)


def environment(settings: Settings) -> dict[str, str]:
    """Variables by which a child process finds the same home, databases and settings as this one.

    Every setting is named, so that neither the child's working directory nor a ``.env`` file there matters. Starts the
    embedded server if that is the one meant and it is down.
    """
    given = {name: value for name in Settings.model_fields if (value := getattr(settings, name)) is not None}
    for name in ("music", "store"):
        if name in given and "://" not in str(given[name]):
            given[name] = Path(str(given[name]))
    variables = {f"BACKBEAT_{name.upper()}": _as_variable(value) for name, value in given.items()}
    return {
        **variables,
        "BACKBEAT_DAGSTER_URL": dagster_server_url(settings),
        "DAGSTER_HOME": str(dagster_home(settings)),
        "DAGSTER_EVENT_BATCH_SIZE": _EVENT_BATCH,
    }


def _refresh(target: Path, text: str) -> None:
    """Write a file where its text differs; a reader sees the old text or the new one."""
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(target)


def prepare(settings: Settings) -> dict[str, str]:
    """Put the Dagster instance of a home in place: folder, configuration, tables, pool limits.

    Idempotent. This process takes on the environment of the instance too, so that :func:`open_instance` works in it.

    Returns:
        The environment for child processes (:func:`environment`).
    """
    home = dagster_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    _refresh(home / "dagster.yaml", instance_yaml().read_text(encoding="utf-8"))
    variables = environment(settings)
    os.environ.update(variables)
    with open_instance(settings) as instance:
        instance.upgrade()
        set_pool_limits(instance)
    return variables


def open_instance(settings: Settings) -> dg.DagsterInstance:
    """Open the instance of a home that :func:`prepare` has put in place in this process."""
    return dg.DagsterInstance.from_config(str(dagster_home(settings)))


def set_pool_limits(instance: dg.DagsterInstance) -> None:
    """Set the limit of each pool; dagster.yaml has no place for them. A limit that a person changed is kept."""
    storage = instance.event_log_storage
    known = {limit.name: limit for limit in storage.get_pool_limits()}
    for pool, limit in POOL_LIMITS.items():
        if pool not in known or known[pool].from_default:
            storage.set_concurrency_slots(pool, limit)
