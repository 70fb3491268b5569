import io
from dataclasses import replace

import matplotlib.image
import numpy as np

from assets.library.beat_grid import BeatGrid
from assets.library.track_picture import DPI, SIZE_INCHES, figures, track_picture
from tests.assets.library.analysed import analysis


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(matplotlib.image.imread(io.BytesIO(png), format="png"))


def test_a_picture_of_the_promised_size_that_shows_the_track() -> None:
    png = track_picture(analysis("house"), "Backbeat – House ($5 #1)")
    image = pixels(png)
    assert image.shape[:2] == (SIZE_INCHES[1] * DPI, SIZE_INCHES[0] * DPI)
    other = pixels(track_picture(analysis("techno"), "Backbeat – House ($5 #1)"))
    assert np.abs(image - other).max() > 0.5


def test_the_same_analysis_gives_the_same_bytes() -> None:
    assert track_picture(analysis("house"), "a") == track_picture(analysis("house"), "a")


def test_the_figures_are_those_of_the_analysis() -> None:
    assert figures(analysis("house")).startswith("126.00 BPM · 8A (A minor) · energy ")
    assert "(varies)" in figures(analysis("drifting"))


def test_a_track_without_beats_can_be_drawn() -> None:
    bare = replace(analysis("house"), grid=BeatGrid(120.0, np.zeros(0), 0, True, 0.0, 0.0))
    assert track_picture(bare, "")[:4] == b"\x89PNG"
