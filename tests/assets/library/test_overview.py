import numpy as np

from assets.library.overview import waveform_overview


def test_columns_hold_the_extremes_of_their_parts() -> None:
    mono = np.zeros(1000, np.float32)
    mono[105], mono[199], mono[950] = 0.5, -0.25, 0.9
    overview = waveform_overview(mono, 10)
    assert overview.shape == (10, 2)
    assert overview[1].tolist() == [-0.25, 0.5]
    assert overview[9, 1] == np.float32(0.9)
    assert overview[2:9].max() == 0


def test_a_track_shorter_than_the_picture_has_a_column_per_sample() -> None:
    mono = np.array([0.1, -0.2, 0.3], np.float32)
    np.testing.assert_array_equal(waveform_overview(mono), np.stack([mono, mono], axis=1))
