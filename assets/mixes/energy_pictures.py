"""The energy of a set as a picture.

Belongs here: the plot of target and planned energy over the mix. Does not belong here: the curves themselves
(``assets.mixes.energy_curves``).
"""

import io

import numpy as np

from assets.mixes.energy_curves import target_energy
from assets.mixes.mix_plan import MixPlan

_POINTS = 400
_SIZE_INCHES, _DPI = (9.0, 3.2), 110


def energy_picture(plan: MixPlan) -> bytes:
    """Target curve as a line, tracks as bars over the time they play, transitions shaded; PNG bytes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    positions = np.linspace(0, 1, _POINTS)
    request = plan.request
    target = target_energy(request.curve, positions, context=request.context, plateaus=request.plateaus)
    minutes = plan.seconds / 60
    for track in plan.tracks:
        start, end = track.mix_start / 60, track.mix_end / 60
        axes.bar(start, track.energy, width=end - start, align="edge", color="tab:blue", alpha=0.35, edgecolor="white")
        name = track.title or track.track_id
        axes.text((start + end) / 2, 0.02, name, rotation=90, ha="center", va="bottom", fontsize=7)
    for transition in plan.transitions:
        colour = "tab:red" if transition.flagged else "tab:green"
        axes.axvspan(transition.mix_start / 60, transition.mix_end / 60, color=colour, alpha=0.2, lw=1)
    axes.plot(positions * minutes, target, color="tab:orange", lw=2, label=f"asked for: {request.curve}")
    axes.set(
        xlim=(0, minutes), ylim=(0, 1), xlabel="minutes", ylabel="energy", title=request.title or "Energy of the set"
    )
    axes.legend(loc="upper left", fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()
