"""A plan becomes rows and is read back.

Belongs here: which field of a plan goes into which column. Does not belong here: planning (``assets.mixes.planner``).
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from assets.mixes.mix_plan import MixPlan, PlannedTrack, PlannedTransition, plan_from_json
from resources.failures import PermanentFailure
from resources.warehouse import Warehouse


@dataclass(frozen=True)
class StoredPlan:
    """A plan and the hash that addresses what is made of it."""

    plan: MixPlan
    sha256: str


def store_plan(warehouse: Warehouse, plan: MixPlan, code_version: str) -> None:
    """Write a plan with its tracks and transitions in one transaction; the same plan leaves its row untouched."""
    text = plan.to_json()
    row = {
        "request_id": plan.request.request_id,
        "plan": text,
        "plan_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "seconds": plan.seconds,
        "objective": _within(plan.objective, 0.0, 1.0),
        "greedy_objective": plan.greedy_objective,
        "exact": plan.exact,
        "notes": list(plan.notes),
        "code_version": code_version,
        "tracks": Jsonb([_track_row(track) for track in plan.tracks]),
        "transitions": Jsonb([_transition_row(transition) for transition in plan.transitions]),
    }
    warehouse.run("statements/mix_plan_store.sql", row)


def load_plan(warehouse: Warehouse, request_id: str) -> StoredPlan:
    """Read a plan.

    Raises:
        PermanentFailure: the request has no plan.
    """
    statement = "SELECT plan::text, plan_sha256 FROM mixes.mix_plans WHERE request_id = %s"
    rows = warehouse.rows(statement, [request_id])
    if not rows:
        raise PermanentFailure(f"The mix {request_id} has no plan.", "Materialise mixes.mix_plans for it first.")
    text, sha256 = rows[0]
    return StoredPlan(plan_from_json(text), sha256)


def _track_row(track: PlannedTrack) -> dict[str, Any]:
    return {
        "position": track.position + 1,
        "track_id": track.track_id,
        "start_s": track.mix_start,
        "end_s": track.mix_end,
        "source_start_s": track.entry,
        "source_end_s": track.exit,
        "tempo_ratio": (track.exit - track.entry) / (track.mix_end - track.mix_start),
        "bpm": track.bpm,
        "camelot": track.key,
        "gain_db": track.gain_db,
        "keep_pitch": track.keep_pitch,
        "energy": _within(track.energy, 0.0, 1.0),
        "target_energy": _within(track.target_energy, 0.0, 1.0),
    }


def _transition_row(transition: PlannedTransition) -> dict[str, Any]:
    return {
        "transition": transition.position + 1,
        "from_track_id": transition.outgoing,
        "to_track_id": transition.incoming,
        "technique": transition.technique,
        "start_s": transition.mix_start,
        "swap_s": _within(transition.swap, transition.mix_start, transition.mix_end),
        "end_s": transition.mix_end,
        "bars": transition.bars,
        "bpm": transition.deck_bpm,
        "stretch_out_percent": transition.stretch_out_percent,
        "stretch_in_percent": transition.stretch_in_percent,
        "move": transition.move,
        "blend": _within(transition.blend, 0.0, 100.0),
        "effect": _within(transition.effect, 0.0, 100.0),
        "tempo_fit": transition.tempo_fit,
        "energy_step": _within(transition.energy_step, -1.0, 1.0),
        "score": _within(transition.score, 0.0, 100.0),
        "flagged": transition.flagged,
        "reason": transition.reason,
    }


def _within(value: float, low: float, high: float) -> float:
    """The value without what rounding put beyond its range."""
    return min(max(float(value), low), high)
