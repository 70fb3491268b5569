"""A picture of a track's analysis: waveform with bars and cue points, energy curve, key and figures.

Belongs here: drawing a `TrackAnalysis`. Does not belong here: measuring, storage.
"""

import io

import numpy as np

from assets.library.track_analysis import ENERGY_STEP_SECONDS, TrackAnalysis

SIZE_INCHES = (12.0, 4.2)
DPI = 100
WAVE, GRID, PHRASE, ENERGY, CUE = "#3b6ea5", "#c8c8c8", "#707070", "#d9822b", "#2e8b57"


def track_picture(analysis: TrackAnalysis, title: str) -> bytes:
    """Draw an analysis.

    Args:
        analysis: what to draw.
        title: e.g. artist and title; any characters.

    Returns:
        A PNG of `SIZE_INCHES` at `DPI`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # The object interface, never pyplot: pyplot keeps every figure of a process alive.
    figure = Figure(figsize=SIZE_INCHES, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    wave, energy = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    seconds = np.linspace(0, analysis.seconds, len(analysis.overview), endpoint=False)
    wave.fill_between(seconds, analysis.overview[:, 0], analysis.overview[:, 1], color=WAVE, linewidth=0)
    top = max(0.05, float(np.abs(analysis.overview).max()))
    wave.vlines(analysis.grid.downbeats, -top, top, color=GRID, linewidth=0.4, zorder=0)
    wave.vlines(analysis.grid.phrase_starts(), -top, top, color=PHRASE, linewidth=0.9, zorder=0)
    for cue, label in ((analysis.mix_in, "mix in"), (analysis.mix_out, "mix out")):
        wave.axvline(cue, color=CUE, linewidth=1.6)
        wave.annotate(label, (cue, top), xytext=(3, -10), textcoords="offset points", color=CUE, fontsize=8)
    wave.set(ylim=(-top, top), xlim=(0, analysis.seconds), ylabel="amplitude")
    # A $ in a title would be read as the start of a formula.
    wave.set_title(title.replace("$", r"\$"), loc="left", fontsize=10)
    wave.set_title(figures(analysis), loc="right", fontsize=8)
    curve = np.repeat(analysis.energy.curve, 2)
    edges = np.repeat(np.arange(len(analysis.energy.curve) + 1) * ENERGY_STEP_SECONDS, 2)[1:-1]
    energy.fill_between(edges, curve, color=ENERGY, linewidth=0)
    energy.set(ylim=(0, 1), ylabel="energy", xlabel="seconds")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def figures(analysis: TrackAnalysis) -> str:
    """The line of figures above the picture, e.g. ``128.00 BPM · 8A (A minor) · energy 7 · -9.1 LUFS``."""
    steadiness = "" if analysis.grid.constant else " (varies)"
    key = analysis.key.key
    return (
        f"{analysis.grid.bpm:.2f} BPM{steadiness} · {key.camelot} ({key.name}) · energy {analysis.energy.level} · "
        f"{analysis.loudness.integrated_lufs:.1f} LUFS · {analysis.loudness.true_peak_dbtp:+.1f} dBTP"
    )
