"""Energy curves at points worked out by hand, contexts and plateaus."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixes.energy_curves import CONTEXTS, CURVES, target_energy
from assets.mixes.mix_plan import ContextName, CurveName, Plateau

names = st.sampled_from(sorted(CURVES))


@pytest.mark.parametrize(
    ("curve", "position", "energy"),
    [
        ("build", 0.0, 0.3), ("build", 1.0, 0.9), ("decline", 0.0, 0.9), ("decline", 1.0, 0.3),
        ("wave", 0.0, 0.4), ("wave", 0.5, 0.9), ("steady", 0.37, 0.6),
        ("double-peak", 0.75, 0.9), ("double-peak", 0.25, 0.7), ("late-peak", 0.85, 1.0),
        ("rollercoaster", 0.0, 0.5), ("rollercoaster", 1 / 6, 0.5 + 0.2 + 0.2 / 6),
        ("plateau-peak", 0.1, 0.5), ("plateau-peak", 0.4, 0.9), ("plateau-peak", 0.8, 0.9), ("plateau-peak", 1.0, 0.6),
    ],
)  # fmt: skip
def test_values(curve: CurveName, position: float, energy: float) -> None:
    assert float(target_energy(curve, position)) == pytest.approx(energy, abs=1e-5)


def test_double_peak_has_two_peaks_and_a_valley() -> None:
    r = np.linspace(0, 1, 201)
    energy = target_energy("double-peak", r)
    peaks = [r[i] for i in range(1, 200) if energy[i] > energy[i - 1] and energy[i] > energy[i + 1]]
    assert peaks == pytest.approx([0.25, 0.75], abs=0.01)
    assert energy[100] < energy[50] < energy[150]


def test_the_late_peak_climbs_to_its_climax_and_eases() -> None:
    r = np.linspace(0, 1, 201)
    energy = target_energy("late-peak", r)
    assert r[energy.argmax()] == pytest.approx(0.85)
    assert (np.diff(energy[r <= 0.85]) > 0).all()
    assert (np.diff(energy[r >= 0.85]) < 0).all()


@given(names, st.floats(0, 1), st.one_of(st.none(), st.sampled_from(sorted(CONTEXTS))))
def test_every_energy_is_within_bounds(curve: CurveName, position: float, context: ContextName | None) -> None:
    assert 0.1 <= float(target_energy(curve, position, context=context)) <= 1.0


@given(names)
def test_arrays_give_what_single_positions_give(curve: CurveName) -> None:
    r = np.linspace(0, 1, 30).reshape(5, 6)
    assert target_energy(curve, r).tolist() == [[float(target_energy(curve, x)) for x in row] for row in r]


@pytest.mark.parametrize(
    ("context", "at", "factor"),
    [("opening", 0.1, 0.8), ("prime", 0.4, 1.0), ("prime", 0.5, 1.2), ("closing", 0.7, 1.0), ("closing", 0.8, 0.9),
     ("intimate", 0.5, 0.85), ("energetic", 0.5, 1.15), ("ambient", 0.0, 0.7), ("downtempo", 0.9, 0.7),
     ("techno", 0.2, 1.1)],
)  # fmt: skip
def test_contexts_scale_the_curve(context: ContextName, at: float, factor: float) -> None:
    assert float(target_energy("steady", at, context=context)) == pytest.approx(0.6 * factor)


def test_plateaus_override_curve_and_context() -> None:
    energy = target_energy("build", [0.1, 0.3, 0.5], context="prime", plateaus=[Plateau(0.2, 0.4, 0.35, "dinner")])
    assert energy == pytest.approx([0.36, 0.35, 0.72])


def test_every_name_of_the_request_has_its_curve() -> None:
    assert set(get_args(CurveName)) == set(CURVES)
    assert set(get_args(ContextName)) == set(CONTEXTS)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="double-peak"):
        target_energy("zigzag", 0.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no context"):
        target_energy("build", 0.5, context="beach")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="0-1"):
        target_energy("build", [0.5, 1.5])
    with pytest.raises(ValueError, match="plateau"):
        target_energy("build", 0.5, plateaus=[Plateau(0.6, 0.4, 0.5)])
