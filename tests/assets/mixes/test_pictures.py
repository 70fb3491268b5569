import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assets.library.beat_grid import constant_grid
from assets.mixes.crate_track import CrateTrack
from assets.mixes.pictures import DECKS, DPI, SIZE_INCHES, energy_picture, played_energy, timeline_picture
from tests.assets.mixes.mixed_by_hand import plan


def track(name: str, curve: list[float]) -> CrateTrack:
    return CrateTrack(
        track_id=name, artist="", title=name, path=Path(name), seconds=100.0, grid=constant_grid(128, 0, 100), key=None,
        key_confidence=0, energy=0.55, energy_curve=np.array(curve, np.float32), loudness_lufs=-9, mix_in=0, mix_out=50,
    )  # fmt: skip


CRATE = {"a": track("a", [0.2] * 60), "b": track("b", [0.8] * 60)}


def pixels(png: bytes) -> np.ndarray:
    from matplotlib.image import imread

    return imread(io.BytesIO(png))


def test_the_track_that_holds_the_bass_gives_the_energy() -> None:
    made = plan()
    seconds, energy = played_energy(made, CRATE)
    swap = made.transitions[0].swap
    assert set(energy[seconds < swap]) == {np.float32(0.2)}
    assert set(energy[seconds > swap]) == {np.float32(0.8)}
    assert seconds[-1] == pytest.approx(made.seconds, abs=2)


def test_the_energy_is_read_at_the_place_the_track_has_reached() -> None:
    made = plan()
    ramp = {**CRATE, "b": track("b", list(np.arange(60) / 60))}
    seconds, energy = played_energy(made, ramp)
    entered = made.tracks[1].mix_start
    after = seconds > made.transitions[0].swap
    np.testing.assert_allclose(energy[after], np.floor((seconds[after] - entered) / 2) / 60, atol=1 / 60)


def test_a_track_without_a_curve_plays_at_its_own_energy() -> None:
    _, energy = played_energy(plan(), {**CRATE, "a": track("a", [])})
    assert energy[0] == pytest.approx(0.55)


def test_pictures_are_pngs_of_the_size_and_show_what_is_planned() -> None:
    made = plan()
    shape = (round(SIZE_INCHES[1] * DPI), round(SIZE_INCHES[0] * DPI), 4)
    timeline, energy = pixels(timeline_picture(made)), pixels(energy_picture(made, CRATE))
    assert timeline.shape == energy.shape == shape
    for colour in DECKS:  # one bar for each deck
        wanted = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        shown = 0.85 * wanted + 0.15
        assert (np.abs(timeline[:, :, :3] - shown).max(axis=2) < 0.02).sum() > 1000
    louder = {**CRATE, "a": track("a", [0.9] * 60)}
    assert not np.array_equal(pixels(energy_picture(made, louder)), energy)


def test_titles_with_formula_signs_are_drawn_as_they_are() -> None:
    made = plan()
    odd = replace(made, request=replace(made.request, title="$\\frac{1$"))
    assert timeline_picture(odd).startswith(b"\x89PNG")
