"""The asset ``library.tracks``: what scans of the music folder have registered.

Belongs here: the asset. Does not belong here: the scan itself (``assets.library.definitions.scan``).
"""

import time

import dagster as dg
from pydantic import Field

from assets.checks import contract_results, contract_specs
from assets.library.definitions.scan import ScanProgress, scan
from assets.library.file_access import NoSuchFolder
from assets.materialisation import result
from resources.failures import PermanentFailure
from resources.settings import load_settings
from resources.warehouse import WarehouseResource

KEY = ["library", "tracks"]
LOG_EVERY_FILES = 1000


class ScanConfig(dg.Config):
    """What to scan."""

    source: str | None = Field(default=None, description="Folder or fsspec URL; unset: the setting BACKBEAT_MUSIC.")


@dg.asset(
    key=KEY,
    description="Every recording that was found, once, with what its tags claim; where its files lie is in "
    "library.track_locations, what was no audio in ops.dead_letters.",
    kinds={"python", "postgres", "silver"},
    owners=["team:library"],
    code_version="1",
    check_specs=contract_specs(KEY),
)
def tracks(context: dg.AssetExecutionContext, config: ScanConfig, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
    """Scan the music folder and register what is new."""
    started = time.monotonic()

    def log(progress: ScanProgress) -> None:
        if progress.done % LOG_EVERY_FILES == 0:
            context.log.info(f"{progress.done} of {progress.total} files read")

    source = config.source or load_settings().music
    if source is None:
        raise PermanentFailure("No folder to scan is set.", "Name one in BACKBEAT_MUSIC, or in the run's config.")
    database = warehouse.warehouse()
    try:
        scanned = scan(source, database, log)
    except NoSuchFolder as problem:
        raise PermanentFailure(str(problem)) from problem
    rows = int(database.scalar("SELECT count(*) FROM library.tracks"))
    figures = {**vars(scanned), "batches": ", ".join(scanned.batches) or "none"}
    checks = contract_results(database, KEY, rows)
    return result(database, KEY, rows=rows, started=started, checks=checks, metadata=figures)
