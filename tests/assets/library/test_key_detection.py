import numpy as np
import pytest

from assets.library.key_detection import KEYS, PROFILES, detect_key, key_scores, mean_chroma
from assets.library.keys import Key
from assets.library.pitch_features import PitchFeatures, pitch_features
from assets.library.spectra import ANALYSIS_RATE

SCALES = {
    "major": ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7)),
    "minor": ((0, 3, 7), (5, 8, 0), (7, 10, 2), (0, 3, 7)),
}


def cadence(key: Key, cents: float) -> np.ndarray:
    """I-IV-V-I (minor: i-iv-v-i) in sawtooth-like tones, tonic in the bass."""
    t = np.arange(ANALYSIS_RATE) / ANALYSIS_RATE
    chords = []
    for chord in SCALES[key.mode]:
        notes = [36 + (key.tonic + chord[0]) % 12, *(60 + (key.tonic + n) % 12 for n in chord)]
        hertz = [440 * 2 ** ((note - 69 + cents / 100) / 12) for note in notes]
        chords.append(sum(np.sin(2 * np.pi * f * h * t) / h for f in hertz for h in (1, 2, 3)))
    signal = np.concatenate(chords)
    return (0.2 * signal / np.abs(signal).max()).astype(np.float32)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_is_heard_whatever_the_tuning(key: Key) -> None:
    cents = (key.tonic * 17) % 90 - 45.0
    found = detect_key(pitch_features(cadence(key, cents)))
    assert found.key == key
    assert found.second is not None
    assert found.second != key
    assert found.tuning_cents == pytest.approx(cents, abs=5)


def test_a_profile_is_its_own_best_match() -> None:
    for i, key in enumerate(KEYS):
        scores = key_scores(np.roll(PROFILES[key.mode], key.tonic))
        assert int(np.argmax(scores)) == i
        assert scores[i] == pytest.approx(1.0)


def test_silence_has_no_key() -> None:
    empty = PitchFeatures(np.zeros((10, 12), np.float32), np.zeros((10, 12), np.float32), 0.0)
    assert detect_key(empty).confidence == 0


def test_a_quiet_passage_counts_as_much_as_a_loud_one() -> None:
    chroma = np.zeros((20, 12), np.float32)
    chroma[:10, 0], chroma[10:, 7] = 1.0, 0.2
    mean = mean_chroma(chroma)
    assert mean[0] == pytest.approx(mean[7])
