"""A picture and a table of the trends of a week.

Belongs here: drawing. Does not belong here: choosing (:mod:`assets.industry.trend_groups`). Matplotlib is imported by
the function, because the location must load without it.
"""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

SHOWN: Final = 15
"""Trends drawn and listed."""

_LABEL_CHARS: Final = 60
_OBSERVED = "#1a7f37"
_EXPECTED = "#8c959f"


@dataclass(frozen=True)
class ShownTrend:
    """One trend as it is shown; the fields are columns of ``industry.trend_clusters``."""

    trend_id: str
    label: str
    observed: int
    expected: float
    growth: float
    q_value: float
    story_count: int


def trends_table(trends: Sequence[ShownTrend]) -> str:
    """Return a Markdown table, most significant first."""
    lines = [
        "| Trend | Label | Observed | Expected | Growth (ln) | q | Stories |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {trend.trend_id} | {_cell(trend.label)} | {trend.observed} | {trend.expected:.1f} | {trend.growth:.2f} "
        f"| {trend.q_value:.1e} | {trend.story_count} |"
        for trend in trends[:SHOWN]
    ]
    return "\n".join(lines)


def trends_picture(trends: Sequence[ShownTrend], title: str) -> bytes:
    """Return a PNG: what was expected and what was observed of each trend, most significant on top."""
    from matplotlib.figure import Figure

    shown = trends[:SHOWN]
    figure = Figure(figsize=(8, 1.2 + 0.3 * len(shown)), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for row, trend in enumerate(shown):
        axes.plot([trend.expected, trend.observed], [row, row], color=_OBSERVED, lw=2)
        axes.plot([trend.expected], [row], "o", color=_EXPECTED, label="expected" if row == 0 else None)
        axes.plot([trend.observed], [row], "o", color=_OBSERVED, label="observed" if row == 0 else None)
    axes.set_yticks(range(len(shown)), [_label(trend.label) for trend in shown], fontsize=8)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_xlabel("occurrences in the week", fontsize=8)
    axes.set_title(_drawable(title), fontsize=10)
    axes.legend(fontsize=8, loc="lower right")
    axes.grid(axis="x", alpha=0.3)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # labels in scripts that the bundled font lacks show boxes; the table beside the picture has them in full
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _label(text: str) -> str:
    return _drawable(text if len(text) <= _LABEL_CHARS else text[: _LABEL_CHARS - 1] + "…")


def _drawable(text: str) -> str:
    # a dollar sign would start a formula
    return text.replace("$", r"\$")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())
