"""Crates for tests: tracks without audio for planning, and small real ones with known kicks for rendering."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from assets.library.beat_grid import constant_grid
from assets.library.keys import from_camelot
from assets.mixes.crate_track import CrateTrack

RATE = 44_100
KICK_SECONDS = 0.15


def silent_track(
    name: str,
    *,
    bpm: float = 124.0,
    camelot: str | None = "8A",
    energy: float = 0.5,
    seconds: float = 180.0,
    artist: str | None = None,
    genre: str = "house",
    confidence: float = 0.9,
    residual_ms: float = 1.0,
    first_beat: float = 0.2,
    loudness: float = -9.0,
    path: Path = Path("none.wav"),
) -> CrateTrack:
    """A track as analysis would describe it; nothing reads its audio while planning."""
    grid = constant_grid(bpm, first_beat, seconds, confidence=confidence, residual_ms=residual_ms)
    phrases = grid.phrase_starts()
    middle = len(phrases) // 2
    return CrateTrack(
        track_id=name,
        artist=name if artist is None else artist,
        title=name.title(),
        path=path,
        seconds=seconds,
        grid=grid,
        key=None if camelot is None else from_camelot(camelot),
        key_confidence=0.0 if camelot is None else 0.9,
        energy=energy,
        energy_curve=np.full(int(np.ceil(seconds / 2)), energy, np.float32),
        loudness_lufs=loudness,
        mix_in=float(phrases[0]),
        mix_out=float(phrases[max(middle, len(phrases) - 3)]),
        genre=genre,
    )


def _kick() -> NDArray[np.float64]:
    time = np.arange(round(KICK_SECONDS * RATE)) / RATE
    return np.asarray(np.sin(2 * np.pi * (50 * time + 3 * (1 - np.exp(-40 * time)))) * np.exp(-22 * time))


def kick_times(audio: NDArray[np.float32], expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds at which the kick of `kicks_and_chord` is heard within 30 ms of each expected moment.

    The kick's own shape is looked for (a matched filter), so nothing of the code under test is used.
    """
    from scipy.signal import correlate

    reach = round(0.03 * RATE)
    kick = _kick()
    mono = np.pad(audio.mean(axis=1).astype(np.float64), (reach, reach + len(kick)))
    found = []
    for moment in expected:
        begin = round(moment * RATE)
        likeness = correlate(mono[begin : begin + 2 * reach + len(kick)], kick, "valid")
        top = int(np.clip(likeness.argmax(), 1, len(likeness) - 2))
        left, middle, right = likeness[top - 1 : top + 2]
        found.append((begin + top - reach + 0.5 * (left - right) / (left - 2 * middle + right)) / RATE)
    return np.array(found)


def kicks_and_chord(
    bpm: float, seconds: float, *, first_beat: float = 0.2, root_hz: float = 220.0, gain: float = 0.5
) -> NDArray[np.float32]:
    """Stereo, shape (n, 2): a kick on every beat, a bass note between kicks, hats on the off-beat, a chord."""
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    rng = np.random.default_rng(round(bpm * 100))
    audio = 0.12 * sum(np.sin(2 * np.pi * root_hz * ratio * time) for ratio in (1.0, 1.2, 1.5))
    kick = _kick()
    k = np.arange(len(kick)) / RATE
    hat = rng.standard_normal(round(0.03 * RATE)) * np.exp(-np.arange(round(0.03 * RATE)) / 400)
    bass = 0.25 * np.sin(2 * np.pi * 55 * k) * np.hanning(len(k))
    period = 60 / bpm
    for beat in np.arange(first_beat % period, seconds - period, period):
        for sound, offset, level in ((kick, 0.0, 1.0), (bass, 0.5, 1.0), (hat, 0.5, 0.2)):
            at = round((beat + offset * period) * RATE)
            audio[at : at + len(sound)] += level * sound[: max(0, count - at)]
    return np.repeat((gain * audio).astype(np.float32)[:, None], 2, axis=1)


def sounding_track(folder: Path, name: str, *, bpm: float, seconds: float = 60.0, **changes: object) -> CrateTrack:
    """A track with audio behind it."""
    import pyloudnorm

    first_beat = float(changes.get("first_beat", 0.2))  # type: ignore[arg-type]
    audio = kicks_and_chord(bpm, seconds, first_beat=first_beat, root_hz=float(changes.pop("root_hz", 220.0)))  # type: ignore[arg-type]
    path = folder / f"{name}.wav"
    soundfile.write(path, audio, RATE, subtype="FLOAT")
    loudness = float(pyloudnorm.Meter(RATE).integrated_loudness(audio))
    return silent_track(name, bpm=bpm, seconds=seconds, path=path, loudness=loudness, **changes)  # type: ignore[arg-type]
