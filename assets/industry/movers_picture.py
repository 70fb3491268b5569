"""The strongest moves of a day as a picture: a line from the old rank to the new one for each track.

Belongs here: choosing what is drawn, and drawing it. Does not belong here: computing moves
(``sql/transforms/chart_movers.sql``).
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

MAX_TRACKS = 14
"""Lines that one picture holds: more cannot be told apart."""

_UP, _DOWN, _NEW = "#1a7f37", "#b35900", "#0969da"
_LABEL_CHARS = 38
_RANKS_PER_TICK = 20


@dataclass(frozen=True)
class Move:
    """One track's move on one chart; the fields are columns of ``industry.chart_movers``.

    Attributes:
        series: chart as shown to people, e.g. ``apple songs us``.
        title: title as printed.
        artist: artist credit as printed.
        movement: up | down | same | new_entry | re_entry | exit | no_baseline.
        position: rank now; None for exits.
        previous_position: rank before; None where it was off the chart.
        velocity: in standard deviations; None where unknown.
        breakout_reason: None where it is no breakout.
    """

    series: str
    title: str
    artist: str
    movement: str
    position: int | None
    previous_position: int | None
    velocity: float | None
    breakout_reason: str | None = None


def strongest(moves: Sequence[Move], count: int = MAX_TRACKS) -> tuple[Move, ...]:
    """Return the ``count`` moves with the greatest velocity either way, the fastest climbers first."""
    known = [move for move in moves if move.velocity]
    chosen = sorted(known, key=lambda move: (-abs(move.velocity or 0), move.series, move.title, move.artist))[:count]
    return tuple(sorted(chosen, key=lambda move: (-(move.velocity or 0), move.series, move.title, move.artist)))


def movers_table(moves: Sequence[Move]) -> str:
    """Return moves as a Markdown table."""
    lines = ["| Chart | Track | Artist | Now | Before | Velocity (sd) |", "| --- | --- | --- | ---: | ---: | ---: |"]
    lines += [
        f"| {_cell(move.series)} | {_cell(move.title)} | {_cell(move.artist)} | {move.position or 'off'} | "
        f"{_before(move)} | {'' if move.velocity is None else f'{move.velocity:+.2f}'} |"
        for move in moves
    ]
    return "\n".join(lines)


def movers_picture(moves: Sequence[Move], title: str) -> bytes:
    """Draw moves as a PNG, ranks downwards, off the chart below the last rank.

    Args:
        moves: at least one move, see :func:`strongest`.
        title: headline of the picture.
    """
    # imported here because only the step that draws should pay for it
    from matplotlib.figure import Figure

    off = 1 + max(rank for move in moves for rank in (move.position, move.previous_position) if rank)
    figure = Figure(figsize=(8, 0.36 * len(moves) + 1.6), dpi=80, layout="constrained")
    axes = figure.add_subplot()
    for row, move in enumerate(moves):
        before, now = move.previous_position or off, move.position or off
        colour = _NEW if move.previous_position is None else _UP if now < before else _DOWN
        axes.annotate("", (now, row), (before, row), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2})
        axes.plot([before], [row], "o", color=colour, markersize=4)
    axes.set_yticks(range(len(moves)), [_label(move) for move in moves], fontsize=8)
    axes.set_ylim(len(moves) - 0.5, -0.5)
    ranks = [1, *range(_RANKS_PER_TICK, off, _RANKS_PER_TICK)]
    axes.set_xticks([*ranks, off], [*map(str, ranks), "off"], fontsize=8)
    axes.set_xlim(off + 0.5, 0)
    axes.set_xlabel("rank, from before to now", fontsize=8)
    axes.set_title(_drawable(title), fontsize=10)
    axes.grid(axis="x", alpha=0.3)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # titles in scripts that the bundled font lacks show boxes; the table beside the picture has them in full
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _before(move: Move) -> str:
    return str(move.previous_position) if move.previous_position else move.movement.replace("_", " ")


def _label(move: Move) -> str:
    text = f"{move.title} – {move.artist}"
    return _drawable(text if len(text) <= _LABEL_CHARS else text[: _LABEL_CHARS - 1] + "…")


def _drawable(text: str) -> str:
    # a dollar sign would start a formula
    return text.replace("$", r"\$")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
