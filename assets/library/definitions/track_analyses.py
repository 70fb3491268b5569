"""The asset ``library.track_analyses``: the tracks of an intake batch, decoded and measured.

Belongs here: the asset, its check and what it shows. Does not belong here: what a row holds (``analysis_store``),
processes (``assets.library.analysis_pool``), measuring (``assets.library.analysis``).

Each track is committed as it finishes: a step that dies is done again with what is left.
"""

import base64
import io
import os
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

import sql
from assets.checks import contract_results, contract_specs
from assets.library.analysis_pool import analyse_tracks
from assets.library.definitions.analysis_store import CODE_VERSION, keep, tracks_to_do
from assets.materialisation import result
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["library", "track_analyses"]
ALL_ANALYSED = "all_analysed"
PICTURE_SCALE = 0.5
"""Size of the picture within the run's metadata, which the event log keeps: 60 kB for a batch."""
_SHOWN = ["title", "bpm", "grid_constant", "camelot", "energy_level", "loudness_lufs", "duration_s", "error"]


class AnalysisConfig(dg.Config):
    """How a batch is analysed."""

    workers: int = Field(
        default=min(2, os.cpu_count() or 1), ge=1, description="Processes; each needs up to 1.5 GB of memory."
    )


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["library", "tracks"])],
    description="What we measured of each track: tempo and beat grid, key, energy, loudness, cue points. "
    "One row per track; bulky arrays and a picture are in the object store.",
    kinds={"python", "postgres", "gold"},
    owners=["team:library"],
    code_version=CODE_VERSION,
    check_specs=[
        *contract_specs(KEY),
        dg.AssetCheckSpec(
            ALL_ANALYSED,
            asset=dg.AssetKey(KEY),
            description="Every track of the batch whose file is there.",
        ),
    ],
)
def track_analyses(
    context: dg.AssetExecutionContext, config: AnalysisConfig, warehouse: WarehouseResource, store: ObjectStoreResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
    """Analyse what is missing or out of date in the batches of this run."""
    started = time.monotonic()
    database, objects = warehouse.warehouse(), store.store()
    tasks = tracks_to_do(database, context.partition_keys)
    for done, answer in enumerate(analyse_tracks(tasks, config.workers), start=1):
        keep(database, objects, answer)
        outcome = answer.reason or f"{answer.task.title}: {answer.track and answer.track.analysis.grid.bpm:.2f} BPM"
        context.log.info(f"{done}/{len(tasks)} {outcome} ({answer.seconds:.1f} s)")
    return _materialised(database, objects, context.partition_keys, len(tasks), started)


def _materialised(
    warehouse: Warehouse, store: ObjectStore, batch_keys: Sequence[str], attempted: int, started: float
) -> dg.MaterializeResult[Any]:
    parameters = {"batch_keys": list(batch_keys), "code_version": CODE_VERSION}
    tracks = warehouse.frame(sql.text("statements/library_batch_analyses.sql"), parameters)
    analysed = tracks[tracks["analysed"]]
    rows = {key: int((analysed["batch_key"] == key).sum()) for key in batch_keys}
    checks = contract_results(
        warehouse,
        KEY,
        len(analysed),
        partition_key=batch_keys[0] if len(batch_keys) == 1 else "",
        where={"track_id": analysed["track_id"].tolist()},
    )
    metadata: dict[str, Any] = {
        "tracks": len(tracks),
        "tracks_attempted": attempted,
        "tracks_failed": int(tracks["error"].notna().sum()),
        "table": dg.MarkdownMetadataValue(_table(tracks)),
    }
    if len(analysed):
        metadata["picture"] = dg.MarkdownMetadataValue(_picture(store.read_bytes(analysed["picture_uri"].iloc[0])))
    return result(
        warehouse, KEY, rows=rows, started=started, checks=[*checks, _all_analysed(tracks)], metadata=metadata
    )


def _all_analysed(tracks: pd.DataFrame) -> dg.AssetCheckResult:
    """A warning, not a failure: the other tracks of the batch are good."""
    missing = tracks[tracks["present"] & (~tracks["analysed"] | tracks["error"].notna())]
    reasons = missing["error"].fillna("not analysed").tolist()
    listed = dg.MarkdownMetadataValue("\n".join(f"- {reason}" for reason in reasons))
    return dg.AssetCheckResult(
        check_name=ALL_ANALYSED,
        asset_key=dg.AssetKey(KEY),
        passed=missing.empty,
        severity=dg.AssetCheckSeverity.WARN,
        description=None if missing.empty else f"{len(missing)} of {len(tracks)} tracks are not: {reasons[0]}",
        metadata={"not_analysed": len(missing), "reasons": listed},
    )


def _table(tracks: pd.DataFrame) -> str:
    """The batch as a Markdown table."""
    shown = tracks[_SHOWN].round({"bpm": 2, "loudness_lufs": 1, "duration_s": 1}).astype(object)
    cells = shown.where(shown.notna(), "").astype(str).replace(r"[|\n]", " ", regex=True)
    lines = [_SHOWN, ["---"] * len(_SHOWN), *cells.to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _picture(png: bytes) -> str:
    """A picture as Markdown, small enough for the event log."""
    from matplotlib.image import thumbnail

    small = io.BytesIO()
    thumbnail(io.BytesIO(png), small, scale=PICTURE_SCALE)
    encoded = base64.b64encode(small.getvalue()).decode()
    return f"![waveform with bars, cue points and energy](data:image/png;base64,{encoded})"
