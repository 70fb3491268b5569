"""The registry of gates: what the mix report judges, by which figures, against which thresholds.

Belongs here: the gates as data, the verdict on given figures, the result record. Does not belong here: measuring
(one module per family beside this one).

Thresholds are those of the gate table of the project's research on automatic mixing (``dj.md`` 5.1, all of them
targets proposed there): beyond *fail* the gate fails, beyond *target* it warns. Their grounds: two aligned 60 Hz
kicks sum to +6 dB at 0 ms, +1.4 dB at 5 ms and -18 dB at 8 ms; EBU R 128 asks +-0.2 LU of quality control; EBU R 128
and the streaming services ask a true peak of at most -1 dBTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["pass", "warn", "fail"]
_SEVERITY: dict[Verdict, int] = {"pass": 0, "warn": 1, "fail": 2}

WHOLE_MIX = 0
"""Number that stands for the whole mix where transitions are numbered from 1."""


@dataclass(frozen=True)
class Limit:
    """What one figure of a gate may be.

    Attributes:
        figure: name of the figure.
        fail: the gate fails beyond this; None: this figure never fails it.
        target: the gate warns beyond this.
        lower_is_worse: "beyond" means below instead of above.
    """

    figure: str
    fail: float | None
    target: float
    lower_is_worse: bool = False

    def verdict(self, value: float) -> Verdict:
        """Judge one value."""

        def beyond(threshold: float) -> bool:
            return value < threshold if self.lower_is_worse else value > threshold

        if self.fail is not None and beyond(self.fail):
            return "fail"
        return "warn" if beyond(self.target) else "pass"


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        number: as in the gate table.
        name: snake-case name.
        unit: of the first figure.
        limits: at least one; the first is the headline, whose value and thresholds stand in the report's row.
    """

    number: int
    name: str
    unit: str
    limits: tuple[Limit, ...]

    @property
    def headline(self) -> Limit:
        """The limit whose value stands in the report's row."""
        return self.limits[0]

    def result(self, transition: int, figures: Mapping[str, float], detail: str) -> "GateResult":
        """Judge measured figures; the worst verdict of all limits counts.

        Args:
            transition: 1-based, or `WHOLE_MIX`.
            figures: by name; every limit's figure has to be there, others may be.
            detail: one sentence on what was measured.
        """
        verdicts = [limit.verdict(figures[limit.figure]) for limit in self.limits]
        verdict = max(verdicts, key=_SEVERITY.__getitem__)
        return GateResult(self, transition, figures[self.headline.figure], verdict, detail, dict(figures))

    def unmeasured(self, transition: int, reason: str, verdict: Verdict = "warn") -> "GateResult":
        """Say that there is nothing to measure: a warning unless the gate does not apply (then ``"pass"``)."""
        return GateResult(self, transition, None, verdict, reason)


@dataclass(frozen=True)
class GateResult:
    """What one gate says of one transition or of the whole mix.

    Attributes:
        gate: the gate.
        transition: 1-based, or `WHOLE_MIX`.
        value: of the gate's headline figure; None where there was nothing to measure.
        verdict: pass, warn or fail.
        detail: one sentence.
        figures: every figure measured, by name.
    """

    gate: Gate
    transition: int
    value: float | None
    verdict: Verdict
    detail: str
    figures: Mapping[str, float] = field(default_factory=dict)


SUB_BASS_CANCELLATION_MS = 5.0
"""Up to here two aligned 60 Hz kicks still add up; beyond it they cancel, so a constant offset of this size fails
although the table's 10 ms at the 95th percentile alone would let it pass."""

BEAT_ALIGNMENT = Gate(
    1,
    "beat_alignment",
    "ms",
    (Limit("p95_ms", 10.0, 5.0), Limit("median_ms", SUB_BASS_CANCELLATION_MS, 2.0), Limit("max_ms", None, 10.0)),
)
DRIFT = Gate(2, "drift", "ms", (Limit("drift_ms", 3.0, 1.0),))
DOWNBEAT_LOCK = Gate(4, "downbeat_lock", "beats", (Limit("offset_beats", 0.0, 0.0),))
PHRASE_LOCK = Gate(5, "phrase_lock", "bars", (Limit("offset_bars", None, 0.0),))
PHRASE_LOCK_OF_MIX = Gate(5, "phrase_lock", "%", (Limit("locked_percent", 95.0, 98.0, lower_is_worse=True),))
LOUDNESS_JUMP = Gate(7, "loudness_jump", "LU", (Limit("jump_lu", 3.0, 1.5), Limit("midpoint_lu", 3.0, 1.0)))
INTEGRATED_LOUDNESS = Gate(9, "integrated_loudness", "LU", (Limit("deviation_lu", 1.0, 0.2),))
TRUE_PEAK = Gate(10, "true_peak", "dBTP", (Limit("true_peak_dbtp", -1.0, -1.0),))
CLIPPING = Gate(11, "clipping", "runs", (Limit("clipped_runs", 0.0, 0.0),))
BASS_OVERLAP = Gate(13, "bass_overlap", "beats", (Limit("overlap_beats", 4.0, 2.0), Limit("sum_excess_db", None, 1.5)))
SILENCE = Gate(20, "silence", "ms", (Limit("gap_ms", 50.0, 0.0),))
DETERMINISM = Gate(29, "determinism", "files", (Limit("differing_files", 0.0, 0.0),))

GATES = (
    BEAT_ALIGNMENT,
    DRIFT,
    DOWNBEAT_LOCK,
    PHRASE_LOCK,
    PHRASE_LOCK_OF_MIX,
    LOUDNESS_JUMP,
    INTEGRATED_LOUDNESS,
    TRUE_PEAK,
    CLIPPING,
    BASS_OVERLAP,
    SILENCE,
    DETERMINISM,
)
"""Every gate that the report measures."""
