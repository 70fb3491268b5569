"""The asset ``mixes.mix_plans``: one requested mix, planned.

Belongs here: the asset and what it shows. Does not belong here: planning (``assets.mixes.planner``), which field goes
into which column (``plan_store``).
"""

import time

import dagster as dg

from assets.checks import contract_results, contract_specs
from assets.materialisation import result
from assets.mixes.attack_check import listen
from assets.mixes.definitions.crate import load_crate
from assets.mixes.definitions.plan_store import store_plan
from assets.mixes.definitions.request_state import noting_failure, record_progress, set_status
from assets.mixes.definitions.shown import picture, transitions_table
from assets.mixes.definitions.submission import load_request
from assets.mixes.mix_plan import MixPlan
from assets.mixes.pictures import energy_picture, timeline_picture
from assets.mixes.planner import plan
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["mixes", "mix_plans"]
CODE_VERSION = "2"
"""Version of the planner: raise it where plans change."""


@dg.asset(
    key=KEY,
    deps=[dg.AssetKey(["library", "track_analyses"])],
    description="The set that answers a request: which tracks in which order, where each starts and stops and how it "
    "hands over. Its tracks are in mixes.mix_plan_tracks, its transitions in mixes.mix_plan_transitions.",
    kinds={"python", "postgres", "gold"},
    owners=["team:mixes"],
    code_version=CODE_VERSION,
    check_specs=contract_specs(KEY),
)
def mix_plans(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource
) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
    """Plan the mix that was asked for from the analysed tracks of the library."""
    started = time.monotonic()
    database, request_id = warehouse.warehouse(), context.partition_key
    set_status(database, request_id, "running")
    with noting_failure(database, request_id):
        made, metadata = _plan(database, store.store(), request_id)
    for note in made.notes:
        context.log.warning(note)
    checks = contract_results(database, KEY, 1, partition_key=request_id, where={"request_id": request_id})
    return result(database, KEY, rows=1, started=started, checks=checks, metadata=metadata)


def _plan(warehouse: Warehouse, store: ObjectStore, request_id: str) -> tuple[MixPlan, dict[str, object]]:
    record_progress(warehouse, request_id, "parsing", "reading the request", 0.0)
    request = load_request(warehouse, request_id)
    record_progress(warehouse, request_id, "searching", "reading the library", 0.0)
    crate = load_crate(warehouse, store)
    record_progress(warehouse, request_id, "ordering", f"choosing among {len(crate)} tracks", 0.0)
    made = plan(request, crate, listen)
    store_plan(warehouse, made, CODE_VERSION)
    record_progress(warehouse, request_id, "ordering", f"{len(made.tracks)} tracks in order", 1.0)
    by_id = {track.track_id: track for track in crate}
    return made, {
        "tracks": len(made.tracks),
        "mix_seconds": round(made.seconds, 1),
        "objective": round(made.objective, 4),
        "objective_over_greedy": round(made.objective - made.greedy_objective, 4),
        "transitions_flagged": sum(transition.flagged for transition in made.transitions),
        "transitions": transitions_table(warehouse, request_id),
        "energy": picture(energy_picture(made, by_id), "energy asked for and played"),
        "timeline": picture(timeline_picture(made), "tracks on two decks"),
    }
