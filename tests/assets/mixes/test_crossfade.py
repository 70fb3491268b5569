"""Faders and EQ: what each transition promises of level and bass."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assets.mixes import crossfade
from assets.mixes.band_split import low_band

RATE = 44_100
Samples = NDArray[np.float32]


def noise(seconds: float, seed: int) -> Samples:
    return np.random.default_rng(seed).standard_normal((round(seconds * RATE), 2)).astype(np.float32) * 0.1


def tone(seconds: float, hz: float) -> Samples:
    wave = np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)
    return np.stack([wave, wave], axis=1)


def level(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def test_equal_power_keeps_the_level_of_unrelated_tracks() -> None:
    a, b = crossfade.equal_power(noise(8, 1), noise(8, 2))
    total = a + b
    for at in np.linspace(0, 7, 15):
        part = total[round(at * RATE) : round((at + 1) * RATE)]
        assert level(part) == pytest.approx(-20, abs=0.3)


def test_one_bass_at_a_time() -> None:
    a, b = crossfade.eq_swap(tone(8, 60), tone(8, 70), 4 * RATE, RATE)
    before, after = slice(RATE // 2, 4 * RATE - 1000), slice(4 * RATE, 8 * RATE - RATE // 2)
    assert level(a[before]) == pytest.approx(level(tone(8, 60)), abs=0.1)
    assert level(b[before]) < level(a[before]) - 40
    assert level(b[after]) == pytest.approx(level(tone(8, 70)), abs=0.1)
    assert level(a[after]) < level(b[after]) - 40


def test_the_bass_has_changed_hands_by_the_downbeat() -> None:
    swap = 3 * RATE
    _, b = crossfade.eq_swap(tone(6, 60), tone(6, 60), swap, RATE)
    window = RATE // 60
    early = b[swap - round(0.015 * RATE) - window : swap - round(0.015 * RATE)]
    assert np.abs(early).max() < 0.05
    assert np.abs(b[swap : swap + window]).max() > 0.98


def test_highs_fade_evenly_while_the_bass_stays() -> None:
    a, b = crossfade.eq_swap(tone(8, 2000), tone(8, 3000), 4 * RATE, RATE)
    quarter = slice(2 * RATE - 2000, 2 * RATE + 2000)
    assert level(a[quarter]) == pytest.approx(level(tone(1, 2000)) + 20 * np.log10(np.cos(np.pi / 8)), abs=0.1)
    assert level(b[quarter]) == pytest.approx(level(tone(1, 3000)) + 20 * np.log10(np.sin(np.pi / 8)), abs=0.1)


def test_an_overlap_begins_and_ends_without_a_seam() -> None:
    deck_a, deck_b = noise(4, 3), noise(4, 4)
    a, b = crossfade.eq_swap(deck_a, deck_b, 2 * RATE, RATE)
    assert np.abs(a[:20] - deck_a[:20]).max() < 1e-3
    assert np.abs(b[-20:] - deck_b[-20:]).max() < 1e-3
    assert np.abs(b[:20]).max() < 1e-3
    assert np.abs(a[-20:]).max() < 1e-3


def test_a_cut_is_over_before_the_downbeat_and_does_not_click() -> None:
    lead = round(0.012 * RATE)
    deck_a, deck_b = tone(1, 100)[:lead], tone(1, 130)[:lead]
    a, b = crossfade.quick_cut(deck_a, deck_b, RATE)
    done = round(crossfade.CUT_SECONDS * RATE)
    assert np.abs(a[done:]).max() == 0
    assert np.array_equal(b[done:], deck_b[done:])
    assert np.abs(np.diff((a + b)[:, 0], 2)).max() < 5e-3


def test_a_swap_outside_the_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        crossfade.eq_swap(noise(1, 1), noise(1, 2), 2 * RATE, RATE)


def test_the_bands_sum_to_the_input_and_are_where_they_should_be() -> None:
    for hz, kept in ((40, 0.0), (140, -0.2), (190, -6.0)):
        part = low_band(tone(2, hz), RATE, 190.0)[RATE // 2 : 3 * RATE // 2]
        assert level(part) - level(tone(1, hz)) == pytest.approx(kept, abs=0.3)
    assert level(low_band(tone(2, 260), RATE, 190.0)[RATE // 2 : 3 * RATE // 2]) < -43
    assert low_band(noise(0, 1), RATE, 190.0).shape == (0, 2)
