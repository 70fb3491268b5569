"""The asset ``industry.attention_signals``: playlist placements, radio plays and social signals out of landed files.

Belongs here: bringing the numbers of files in bronze into the table. Does not belong here: taking files
(``landing_files.py``), their contracts (``parsers/signal_tables.py``).
"""

import datetime as dt
import gzip
import time

import dagster as dg
import pandas as pd
from pydantic import Field

from assets.checks import contract_results, contract_specs
from assets.industry.definitions.landing_files import KEY as FILES_KEY
from assets.industry.definitions.landing_files import UnreadFile, mark_read, unread_files
from assets.industry.parsers import SIGNAL_PARSERS, PayloadError
from assets.industry.signal_entry import ParsedSignals, SignalEntry, SignalFault
from assets.materialisation import result
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import DeadLetter, Warehouse, WarehouseResource

KEY = ["industry", "attention_signals"]
ASSET = ".".join(KEY)
NATURAL_KEY = ("source_slug", "day", "platform", "place", "metric", "artist_key", "track_key", "country")


class SignalsConfig(dg.Config):
    """Whether to read every landed file anew, e.g. after a parser changed."""

    reread: bool = Field(default=False, description="Empty the table and read every landed file again.")


def signals_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.attention_signals``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(FILES_KEY)],
        description="What the user's own files say of attention: playlist placements, radio plays and social signals, "
        "one number a row, the latest file counting.",
        kinds={"postgres", "silver"},
        owners=["team:industry"],
        code_version="1",
        check_specs=contract_specs(KEY),
    )
    def attention_signals(
        config: SignalsConfig, warehouse: WarehouseResource, store: ObjectStoreResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        if config.reread:
            _forget(database)
        files = unread_files(database, list(SIGNAL_PARSERS))
        faults = sum(_read(database, objects, file) for file in files)
        rows = int(database.scalar("SELECT count(*) FROM industry.attention_signals"))
        read = {"file_sha256": sorted({file.sha256 for file in files})}
        checks = contract_results(database, KEY, rows, where=read)
        metadata = {"files_read": len(files), "dead_letters": faults}
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)

    return attention_signals


def _forget(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        connection.execute("DELETE FROM industry.attention_signals")
        connection.execute(
            "UPDATE raw.landing_files SET read_at = NULL, rows = NULL, bad_rows = NULL, problem = NULL"
            " WHERE contract = ANY(%s)",
            [list(SIGNAL_PARSERS)],
        )


def _read(warehouse: Warehouse, store: ObjectStore, file: UnreadFile) -> int:
    """Bring one file into the table and return the rows that could not be used."""
    problem = None
    try:
        parsed = SIGNAL_PARSERS[file.contract](gzip.decompress(store.read_bytes(file.uri)))
    except PayloadError as error:
        problem = str(error)
        parsed = ParsedSignals((), (SignalFault("file", problem, ""),))
    today = dt.datetime.now(dt.UTC).date()
    usable = [entry for entry in parsed.entries if entry.day <= today]
    early = [
        SignalFault(f"{entry.artist} {entry.day}", f"The date {entry.day} is yet to come.", "")
        for entry in parsed.entries
        if entry.day > today
    ]
    faults = [*parsed.faults, *early]
    warehouse.dead_letters(
        [
            DeadLetter(
                file.source_slug, f"{file.file_name} {fault.reference}", fault.reason, ASSET, None, fault.excerpt
            )
            for fault in faults
        ]
    )
    # of a number that a file gives twice, the last counts
    rows = list({entry.key: _row(file, entry) for entry in usable}.values())
    warehouse.upsert(ASSET, pd.DataFrame(rows, dtype=object), NATURAL_KEY)
    mark_read(warehouse, file, len(rows), len(faults), problem)
    return len(faults)


def _letter(file: UnreadFile, fault: SignalFault) -> DeadLetter:
    reference = f"{file.file_name} {fault.reference}"
    return DeadLetter(file.source_slug, reference, fault.reason, ASSET, None, fault.excerpt)


def _row(file: UnreadFile, entry: SignalEntry) -> dict[str, object]:
    keys = {"artist_key": entry.artist_key, "track_key": entry.track_key}
    return {"source_slug": file.source_slug, "file_sha256": file.sha256, **vars(entry), **keys}
