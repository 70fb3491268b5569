"""Pictures of a mix: its energy as asked for and as played, and its tracks on a time line.

Belongs here: drawing a plan. Does not belong here: making one, storing the picture.
"""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.library.track_analysis import ENERGY_STEP_SECONDS
from assets.mixes.crate_track import CrateTrack
from assets.mixes.energy_curves import target_energy
from assets.mixes.mix_plan import MixPlan, PlannedTrack

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_INCHES = (10.0, 3.2)
DPI = 80
ASKED, PLAYED, OVERLAP, DECKS = "#707070", "#d9822b", "#c8c8c8", ("#3b6ea5", "#2e8b57")
_CURVE_POINTS = 200
_LONGEST_LABEL = 28


def played_energy(plan: MixPlan, crate: Mapping[str, CrateTrack]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energy of what plays: of the track that carries the mix, at the place it has reached.

    In an overlap the outgoing track carries until the bass changes hands, then the incoming one.

    Args:
        plan: the plan.
        crate: the tracks of the plan by track id.

    Returns:
        Mix seconds every `ENERGY_STEP_SECONDS`, and energy 0-1.
    """
    seconds = np.arange(ENERGY_STEP_SECONDS / 2, plan.seconds, ENERGY_STEP_SECONDS)
    carrying = np.searchsorted([transition.swap for transition in plan.transitions], seconds, side="right")
    energy = np.empty_like(seconds)
    for k, track in enumerate(plan.tracks):
        at = _track_seconds(track, seconds[carrying == k])
        curve = crate[track.track_id].energy_curve
        if len(curve):
            window = np.clip((at / ENERGY_STEP_SECONDS).astype(np.int64), 0, len(curve) - 1)
            energy[carrying == k] = curve[window]
        else:
            energy[carrying == k] = crate[track.track_id].energy
    return seconds, energy


def energy_picture(plan: MixPlan, crate: Mapping[str, CrateTrack]) -> bytes:
    """Draw the energy asked for over the energy of what plays.

    Returns:
        A PNG of `SIZE_INCHES` at `DPI`.
    """
    figure = _figure()
    axes = figure.subplots()
    seconds, energy = played_energy(plan, crate)
    axes.fill_between(seconds / 60, energy, step="mid", color=PLAYED, alpha=0.35, linewidth=0, label="played")
    for track in plan.tracks:
        span = [track.mix_start / 60, track.mix_end / 60]
        axes.plot(span, [track.energy] * 2, color=PLAYED, linewidth=2)
    position = np.linspace(0, 1, _CURVE_POINTS)
    request = plan.request
    asked = target_energy(request.curve, position, context=request.context, plateaus=request.plateaus)
    axes.plot(position * plan.seconds / 60, asked, color=ASKED, linewidth=1.5, linestyle="--", label="asked for")
    axes.set(xlim=(0, plan.seconds / 60), ylim=(0, 1.02), xlabel="minutes", ylabel="energy")
    axes.legend(loc="lower right", fontsize=8)
    axes.set_title(f"Energy: {request.curve}", loc="left", fontsize=10)
    return _png(figure)


def timeline_picture(plan: MixPlan) -> bytes:
    """Draw the tracks on two decks, one after the other, with the transitions between them.

    Returns:
        A PNG of `SIZE_INCHES` at `DPI`.
    """
    figure = _figure()
    axes = figure.subplots()
    for transition in plan.transitions:
        axes.axvspan(transition.mix_start / 60, transition.mix_end / 60, color=OVERLAP, linewidth=0, zorder=0)
        axes.axvline(transition.swap / 60, color=ASKED, linewidth=0.8, linestyle=":", zorder=0)
    for track in plan.tracks:
        deck = track.position % 2
        start, length = track.mix_start / 60, (track.mix_end - track.mix_start) / 60
        axes.barh(deck, length, left=start, height=0.7, color=DECKS[deck], alpha=0.85)
        axes.text(
            start + length / 2, deck, _label(track), ha="center", va="center", color="white", fontsize=7, clip_on=True
        )
    axes.set(xlim=(0, plan.seconds / 60), ylim=(1.6, -0.6), xlabel="minutes")
    axes.set_yticks([0, 1], ["deck A", "deck B"])
    title = plan.request.title or plan.request.request_id
    axes.set_title(_plain(title), loc="left", fontsize=10)
    axes.set_title(f"{len(plan.tracks)} tracks, {plan.seconds / 60:.1f} min", loc="right", fontsize=8)
    return _png(figure)


def _label(track: PlannedTrack) -> str:
    name = " - ".join(part for part in (track.artist, track.title) if part)
    short = name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
    return _plain(f"{short}\n{track.bpm:.1f} BPM · {track.key or '?'}")


def _plain(text: str) -> str:
    """Text in which a $ does not begin a formula."""
    return text.replace("$", r"\$")


def _track_seconds(track: PlannedTrack, mix_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.interp(mix_seconds, [a.mix_seconds for a in track.anchors], [a.track_seconds for a in track.anchors])


def _figure() -> "Figure":
    # the object interface, never pyplot: pyplot keeps every figure of a process alive
    from matplotlib.figure import Figure

    return Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")


def _png(figure: "Figure") -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    picture = io.BytesIO()
    canvas.print_png(picture, metadata={"Software": None})
    return picture.getvalue()
