"""The asset ``mixes.mix_renders``: a planned mix as an audio file.

Belongs here: the asset, where the file goes and when it need not be made. Does not belong here: rendering
(``assets.mixes.renderer``).
"""

import tempfile
import time
from pathlib import Path

import dagster as dg
import pandas as pd

from assets.checks import contract_results, contract_specs
from assets.materialisation import result
from assets.mixes.definitions.crate import load_crate, local_files
from assets.mixes.definitions.plan_store import StoredPlan, load_plan
from assets.mixes.definitions.request_state import noting_failure, progress_of
from assets.mixes.definitions.shown import picture, transitions_table
from assets.mixes.pictures import timeline_picture
from assets.mixes.renderer import RenderResult, render
from resources.object_store import ObjectStore, ObjectStoreResource, StoredObject
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["mixes", "mix_renders"]
CODE_VERSION = "2"
"""Version of the renderer: raise it where its samples change, and mixes are rendered anew."""
SUFFIX, MEDIA_TYPE = ".flac", "audio/flac"


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["mixes", "mix_plans"])],
    description="The rendered mix: beat-matched, phrase-aligned, loudness-matched and limited, as one audio file in "
    "the object store. The same plan and the same renderer give the same bytes.",
    kinds={"python", "postgres", "gold"},
    owners=["team:mixes"],
    code_version=CODE_VERSION,
    check_specs=contract_specs(KEY),
)
def mix_renders(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
    """Render the planned mix, unless this very plan has been rendered by this version already."""
    started = time.monotonic()
    database, objects, request_id = warehouse.warehouse(), store.store(), context.partition_key
    with noting_failure(database, request_id):
        stored = load_plan(database, request_id)
        reused = is_rendered(database, objects, stored)
        if not reused:
            _render(database, objects, stored)
    checks = contract_results(database, KEY, 1, partition_key=request_id, where={"request_id": request_id})
    metadata = {"reused": reused, **_shown(database, stored)}
    return result(database, KEY, rows=1, started=started, checks=checks, metadata=metadata)


def is_rendered(warehouse: Warehouse, store: ObjectStore, stored: StoredPlan) -> bool:
    """Whether this plan has been rendered by this version and the file is still there."""
    uri = warehouse.scalar(
        "SELECT uri FROM mixes.mix_renders WHERE request_id = %s AND plan_sha256 = %s AND code_version = %s",
        [stored.plan.request.request_id, stored.sha256, CODE_VERSION],
    )
    return uri is not None and store.exists(uri)


def _render(warehouse: Warehouse, store: ObjectStore, stored: StoredPlan) -> None:
    """Render to a scratch folder, put the file in the store, write the row; then drop the file it replaces."""
    started = time.monotonic()
    request_id = stored.plan.request.request_id
    crate = load_crate(warehouse, store, [track.track_id for track in stored.plan.tracks])
    tell = progress_of(warehouse, request_id, "rendering")
    with tempfile.TemporaryDirectory(prefix="backbeat-mix-") as folder, local_files(crate, warehouse) as tracks:
        rendered = render(stored.plan, tracks, Path(folder) / f"mix{SUFFIX}", tell)
        seconds = time.monotonic() - started
        key = f"mixes/{stored.sha256[:2]}/{stored.sha256}.v{CODE_VERSION}{SUFFIX}"
        file = store.put_file(key, rendered.path, MEDIA_TYPE)
    earlier = warehouse.scalar("SELECT uri FROM mixes.mix_renders WHERE request_id = %s", [request_id])
    warehouse.upsert(".".join(KEY), _row(stored, rendered, file, seconds), ["request_id"])
    if earlier is not None and earlier != file.uri:
        store.delete(earlier)


def _row(stored: StoredPlan, rendered: RenderResult, file: StoredObject, seconds: float) -> pd.DataFrame:
    row = {
        "request_id": stored.plan.request.request_id,
        "uri": file.uri,
        "sha256": file.sha256,
        "bytes": file.bytes,
        "media_type": file.media_type,
        "seconds": rendered.seconds,
        "sample_rate": rendered.sample_rate,
        "integrated_lufs": rendered.loudness_lufs,
        "true_peak_dbtp": rendered.true_peak_dbtp,
        "gain_reduction_db": rendered.gain_reduction_db,
        "render_seconds": seconds,
        "plan_sha256": stored.sha256,
        "code_version": CODE_VERSION,
        "rendered_at": pd.Timestamp.now("UTC"),
    }
    return pd.DataFrame([row])


def _shown(warehouse: Warehouse, stored: StoredPlan) -> dict[str, object]:
    request_id = stored.plan.request.request_id
    row = warehouse.frame("SELECT * FROM mixes.mix_renders WHERE request_id = %s", [request_id]).iloc[0]
    return {
        "mix": dg.MetadataValue.path(str(row["uri"]).removeprefix("file://")),
        "mix_seconds": round(float(row["seconds"]), 1),
        "integrated_lufs": round(float(row["integrated_lufs"]), 2),
        "true_peak_dbtp": round(float(row["true_peak_dbtp"]), 2),
        "gain_reduction_db": round(float(row["gain_reduction_db"]), 2),
        "realtime_factor": round(float(row["seconds"] / max(row["render_seconds"], 1e-3)), 1),
        "transitions": transitions_table(warehouse, request_id),
        "timeline": picture(timeline_picture(stored.plan), "tracks on two decks"),
    }
