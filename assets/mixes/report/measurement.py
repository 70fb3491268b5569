"""The whole report of one mix: every gate, in order.

Belongs here: which gate is measured on what. Does not belong here: any measurement.
"""

from collections.abc import Callable
from pathlib import Path

from assets.mixes.mix_plan import MixPlan
from assets.mixes.renderer import RenderResult
from assets.mixes.report import bars, bass, integrity, loudness, timing
from assets.mixes.report.audio import AudioFile, Decode, Sources, transitions_of
from assets.mixes.report.gates import GateResult
from assets.mixes.report.meter import energy_track

Progress = Callable[[str, float], None]
"""Called with what is being measured and the share 0-1 that is done."""


def measure(
    mix_path: Path, plan: MixPlan, again: RenderResult, decode: Decode, progress: Progress | None = None
) -> list[GateResult]:
    """Measure every gate on a rendered mix.

    Memory grows with the longest overlap and the longest source, not with the mix.

    Args:
        mix_path: the file as delivered.
        plan: the plan it was rendered from.
        again: a second render of the plan, with buses; it has to give the same bytes (gate 29), which also shows that
            its buses are those of the file.
        decode: decodes a track of the plan by track id.
        progress: told of every step.

    Returns:
        One result per gate and transition, and per gate of the whole mix, ordered by transition and gate.

    Raises:
        ValueError: ``again`` has no buses, or another number of transitions than the plan.
    """
    tell = progress or (lambda message, share: None)
    mix, sources = AudioFile(mix_path), Sources(decode)
    transitions = transitions_of(plan, again.transitions, mix.sample_rate, mix.seconds)
    tell("listening to the whole mix", 0.0)
    energy = energy_track(mix.blocks(), mix.sample_rate)
    top = integrity.sample_peak(mix)
    results = [
        loudness.integrated_loudness(energy, plan.request.loudness_lufs),
        integrity.true_peak(mix, top),
        integrity.clipping(mix, top),
        integrity.silence(mix, plan, sources),
        integrity.determinism(mix_path, again.sha256),
    ]
    for k, transition in enumerate(transitions):
        tell(f"measuring transition {k + 1} of {len(transitions)}", (1 + k) / (2 + len(transitions)))
        results += [
            *timing.measure(transition),
            *bars.measure(transition, mix),
            loudness.loudness_jump(transition, energy, sources),
            bass.measure(transition),
        ]
    results += bars.phrase_lock_of_mix(results)
    return sorted(results, key=lambda result: (result.transition, result.gate.number))
