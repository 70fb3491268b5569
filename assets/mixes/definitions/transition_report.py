"""The asset ``mixes.transition_report``: a rendered mix, measured.

Belongs here: the asset, its checks and what it shows. Does not belong here: any measurement (``assets.mixes.report``).

The mix is rendered a second time, which gives the buses that the gates are measured on and, by its bytes, the proof
that rendering is repeatable (gate 29).
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pandas as pd

from assets.checks import contract_results, contract_specs
from assets.library.decode import decode_file
from assets.materialisation import result
from assets.mixes.crate_track import CrateTrack
from assets.mixes.definitions.crate import load_crate, local_files
from assets.mixes.definitions.mix_renders import SUFFIX, is_rendered
from assets.mixes.definitions.plan_store import StoredPlan, load_plan
from assets.mixes.definitions.request_state import noting_failure, progress_of, set_status
from assets.mixes.definitions.shown import markdown, picture
from assets.mixes.pictures import energy_picture
from assets.mixes.renderer import render
from assets.mixes.report.gates import GateResult
from assets.mixes.report.measurement import measure
from resources.failures import PermanentFailure
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["mixes", "transition_report"]
CODE_VERSION = "1"
GATES, TARGETS = "gates", "targets"
_RENDER_SHARE = 0.6
"""Share of the work that the second render is, for progress."""
_LISTED = 20
"""Findings spelled out in a check's description."""


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["mixes", "mix_renders"])],
    description="What a demanding listener would check of a rendered mix: every gate for every transition, measured on "
    "the audio by detectors and meters other than the planner's and the renderer's.",
    kinds={"python", "postgres", "gold"},
    owners=["team:mixes"],
    code_version=CODE_VERSION,
    check_specs=[
        *contract_specs(KEY),
        dg.AssetCheckSpec(GATES, asset=dg.AssetKey(KEY), description="No gate is beyond its fail threshold."),
        dg.AssetCheckSpec(TARGETS, asset=dg.AssetKey(KEY), description="Every gate is within its target."),
    ],
)
def transition_report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
    """Measure every gate on the rendered mix."""
    started = time.monotonic()
    database, request_id = warehouse.warehouse(), context.partition_key
    with noting_failure(database, request_id):
        results, metadata = _measured(database, store.store(), request_id)
        frame = report_frame(results)
        rows = database.replace_partition(".".join(KEY), frame, {"request_id": request_id})
    set_status(database, request_id, "done")
    contract = contract_results(database, KEY, rows, partition_key=request_id, where={"request_id": request_id})
    checks = [*contract, *gate_checks(results)]
    return result(database, KEY, rows=rows, started=started, checks=checks, metadata=metadata)


def report_frame(results: Sequence[GateResult]) -> pd.DataFrame:
    """Rows of ``mixes.transition_report`` but for the request's id."""
    return pd.DataFrame(
        {
            "transition": [r.transition for r in results],
            "gate": [r.gate.number for r in results],
            "name": [r.gate.name for r in results],
            "value": [r.value for r in results],
            "unit": [r.gate.unit for r in results],
            "fail_threshold": [r.gate.headline.fail for r in results],
            "target_threshold": [r.gate.headline.target for r in results],
            "verdict": [r.verdict for r in results],
            "detail": [r.detail for r in results],
            "figures": [dict(r.figures) for r in results],
        }
    )


def gate_checks(results: Sequence[GateResult]) -> list[dg.AssetCheckResult]:
    """The check on the fail thresholds (an error) and the one on the targets (a warning)."""
    failed = [r for r in results if r.verdict == "fail"]
    missed = [r for r in results if r.verdict != "pass"]
    return [
        dg.AssetCheckResult(
            check_name=name,
            asset_key=dg.AssetKey(KEY),
            passed=not found,
            severity=severity,
            description="; ".join(_sentence(r) for r in found[:_LISTED]) or None,
            metadata={"gates_measured": len(results), "beyond": len(found)},
        )
        for name, found, severity in (
            (GATES, failed, dg.AssetCheckSeverity.ERROR),
            (TARGETS, missed, dg.AssetCheckSeverity.WARN),
        )
    ]


def _sentence(result: GateResult) -> str:
    where = f"transition {result.transition}" if result.transition else "the mix"
    return f"{where}, gate {result.gate.number} {result.gate.name}: {result.detail}"


def _measured(warehouse: Warehouse, store: ObjectStore, request_id: str) -> tuple[list[GateResult], dict[str, object]]:
    stored = load_plan(warehouse, request_id)
    if not is_rendered(warehouse, store, stored):
        remedy = "Materialise mixes.mix_renders for it first."
        raise PermanentFailure(f"The mix {request_id} has not been rendered from its present plan.", remedy)
    crate = load_crate(warehouse, store, [track.track_id for track in stored.plan.tracks])
    results = _rendered_again_and_measured(warehouse, store, stored, crate)
    by_id = {track.track_id: track for track in crate}
    counts = {verdict: sum(r.verdict == verdict for r in results) for verdict in ("pass", "warn", "fail")}
    return results, {
        **{f"gates_{verdict}": count for verdict, count in counts.items()},
        "report": markdown(_table(results)),
        "energy": picture(energy_picture(stored.plan, by_id), "energy asked for and played"),
    }


def _rendered_again_and_measured(
    warehouse: Warehouse, store: ObjectStore, stored: StoredPlan, crate: Sequence[CrateTrack]
) -> list[GateResult]:
    request_id = stored.plan.request.request_id
    uri = warehouse.scalar("SELECT uri FROM mixes.mix_renders WHERE request_id = %s", [request_id])
    tell = progress_of(warehouse, request_id, "measuring")
    with tempfile.TemporaryDirectory(prefix="backbeat-report-") as name, local_files(crate, warehouse) as tracks:
        folder = Path(name)
        mix = folder / f"mix{SUFFIX}"
        store.fetch(uri, mix)
        again = render(
            stored.plan,
            tracks,
            folder / f"again{SUFFIX}",
            lambda message, share: tell(f"again: {message}", _RENDER_SHARE * share),
            buses_dir=folder / "buses",
        )
        return measure(
            mix,
            stored.plan,
            again,
            lambda track_id: decode_file(tracks[track_id].path),
            lambda message, share: tell(message, _RENDER_SHARE + (1 - _RENDER_SHARE) * share),
        )


def _table(results: Sequence[GateResult]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "transition": [r.transition or "mix" for r in results],
            "gate": [f"{r.gate.number} {r.gate.name}" for r in results],
            "value": ["" if r.value is None else f"{r.value:.2f} {r.gate.unit}" for r in results],
            "verdict": [r.verdict for r in results],
            "detail": [r.detail for r in results],
        }
    )
