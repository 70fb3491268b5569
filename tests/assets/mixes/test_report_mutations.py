"""Each fault turns exactly its gate red on a mix that is sound otherwise: a gate that never fails is no gate."""

import pytest

from assets.mixes.report.measurement import measure
from tests.assets.mixes.mixed_by_hand import Fault, mix

pytestmark = pytest.mark.xdist_group("report_mutations")  # the two tracks are synthesised once

FAULTS = {
    "B 8 ms late": (Fault(shift_ms=8), {1}),
    "B drifts by 6 ms": (Fault(drift_ms=6), {2}),
    "B a beat late": (Fault(shift_beats=1), {4}),
    "B three bars late": (Fault(shift_bars=3), {5}),
    "B 5 dB too loud": (Fault(gain_b_db=5), {7}),
    "the whole 2 LU too loud": (Fault(loudness_lu=2), {9}),
    "a peak of -0.5 dBTP": (Fault(peak=0.944), {10}),
    "the limiter clips": (Fault(clip_at=0.845), {11}),
    "no bass swap": (Fault(swap_bass=False), {13}),
    "a hole of 200 ms": (Fault(gap_ms=200), {20}),
    "another render, other bytes": (Fault(other_bytes=True), {29}),
}


def judged(folder, fault):
    made = mix(folder, fault)
    return measure(made.path, made.plan, made.again, made.decode)


def test_a_sound_mix_passes_every_gate(tmp_path):
    results = judged(tmp_path, Fault())
    assert [(r.gate.number, r.detail) for r in results if r.verdict != "pass"] == []
    assert sorted({r.gate.number for r in results}) == [1, 2, 4, 5, 7, 9, 10, 11, 13, 20, 29]
    assert all(r.value is not None for r in results)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_turns_its_own_gate_red(name, tmp_path):
    fault, gates = FAULTS[name]
    results = judged(tmp_path, fault)
    assert {r.gate.number for r in results if r.verdict == "fail"} == gates, [
        (r.gate.number, r.verdict, r.detail) for r in results
    ]
