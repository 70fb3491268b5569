"""Speed and fidelity of rendering: ``python -m bench.render [--set DIR] [--minutes N] [--json]``.

Belongs here: how fast a mix renders against real time, with how much memory, and how far each way of stretching moves
kicks. With ``--set``, the tracks of ``DIR/tracks`` as analysis finds them; without, a synthesised crate of known grid.
The rivals are what a first attempt would take: pedalboard's stretch as it comes and librosa's phase vocoder.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.library.analysis import analyse_file
from assets.library.beat_grid import BeatGrid
from assets.library.decode import UnusableAudio, decode_file
from assets.library.synthesis.crate import demo_crate, write_crate
from assets.library.track_analysis import ENERGY_STEP_SECONDS
from assets.mixes.crate_track import CrateTrack
from assets.mixes.mix_plan import Anchor, MixRequest
from assets.mixes.planner import plan
from assets.mixes.renderer import SAMPLE_RATE, render
from assets.mixes.time_stretch import warp

Samples = NDArray[np.float32]
SPEEDS = (0.97, 1.01, 1.04)
STRETCH_SECONDS = 60.0
SEED = 3


def synthesised(folder: Path, count: int) -> list[CrateTrack]:
    """A crate whose grids are the truth, not an estimate."""
    import pyloudnorm

    tracks = []
    for written in write_crate(folder, demo_crate(count, SEED)):
        truth, audio = written.truth, decode_file(written.path)
        windows = np.arange(0, truth.seconds, ENERGY_STEP_SECONDS)
        curve = np.zeros(len(windows), np.float32)
        for section in truth.sections:
            curve[(windows >= section.start) & (windows < section.end)] = section.energy
        first = int(np.abs(truth.beats - truth.downbeats[0]).argmin())
        tracks.append(
            CrateTrack(
                track_id=written.path.stem,
                artist=written.recipe.artist,
                title=written.recipe.name,
                path=written.path,
                seconds=truth.seconds,
                grid=BeatGrid(truth.bpm, truth.beats, first, truth.constant_tempo, 0.0, 1.0),
                key=truth.key,
                key_confidence=1.0,
                energy=float(curve.mean()),
                energy_curve=curve,
                loudness_lufs=float(pyloudnorm.Meter(audio.sample_rate).integrated_loudness(audio.samples)),
                mix_in=truth.sections[0].start,
                mix_out=truth.sections[-1].start,
                genre=written.recipe.style.replace("_", " "),
            )
        )
    return tracks


def analysed(folder: Path) -> list[CrateTrack]:
    """The readable tracks of a folder as analysis finds them."""
    tracks = []
    for path in sorted((folder / "tracks").iterdir()):
        try:
            found = analyse_file(path)
        except UnusableAudio:
            continue
        tracks.append(
            CrateTrack(
                track_id=path.stem,
                artist="",
                title=path.stem,
                path=path,
                seconds=found.seconds,
                grid=found.grid,
                key=found.key.key,
                key_confidence=found.key.confidence,
                energy=found.energy.overall,
                energy_curve=found.energy.curve,
                loudness_lufs=found.loudness.integrated_lufs,
                mix_in=found.mix_in,
                mix_out=found.mix_out,
            )
        )
    return tracks


def repeated(tracks: Sequence[CrateTrack], minutes: float) -> list[CrateTrack]:
    """The crate again and again, as different tracks, until it lasts the time."""
    from dataclasses import replace

    count = max(len(tracks), round(60 * minutes / np.mean([t.seconds * 0.7 for t in tracks])) + 1)
    return [replace(t, track_id=f"{i:04}") for i, t in enumerate(islice(cycle(tracks), count))]


def stretchers() -> dict[str, Callable[[Samples, float, NDArray[np.float64]], Samples]]:
    """Each way to play a whole track faster by a factor, pitch kept; samples have shape (n, 2)."""
    import librosa
    import pedalboard
    from python_stretch.Signalsmith import Stretch

    def ours(samples: Samples, speed: float, beats: NDArray[np.float64]) -> Samples:
        seconds = len(samples) / SAMPLE_RATE
        return warp(samples, SAMPLE_RATE, (Anchor(0, 0), Anchor(seconds, seconds / speed)), beats, keep_pitch=True)

    def signalsmith(samples: Samples, speed: float, _beats: NDArray[np.float64]) -> Samples:
        engine = Stretch(1)
        engine.preset(2, float(SAMPLE_RATE))
        engine.setTimeFactor(speed)
        return np.asarray(engine.process(np.ascontiguousarray(samples.T)), np.float32).T

    def pedalboard_r3(samples: Samples, speed: float, _beats: NDArray[np.float64]) -> Samples:
        stretched = pedalboard.time_stretch(np.ascontiguousarray(samples.T), SAMPLE_RATE, stretch_factor=speed)
        return np.asarray(stretched, np.float32).T

    def vocoder(samples: Samples, speed: float, _beats: NDArray[np.float64]) -> Samples:
        return np.asarray(librosa.effects.time_stretch(samples.T, rate=speed), np.float32).T

    return {"ours": ours, "signalsmith": signalsmith, "pedalboard": pedalboard_r3, "librosa": vocoder}


def kick_onsets(samples: Samples, expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where, within 40 ms of each expected moment, the level of the kick band has risen half way to its highest."""
    from scipy.signal import butter, sosfiltfilt

    band = sosfiltfilt(butter(2, [30, 200], "bandpass", fs=SAMPLE_RATE, output="sos"), samples.mean(axis=1))
    level = np.sqrt(np.convolve(np.square(band), np.hanning(441), "same").clip(0))
    reach = round(0.04 * SAMPLE_RATE)
    found = np.full(len(expected), np.nan)
    for i, moment in enumerate(np.round(expected * SAMPLE_RATE).astype(np.int64)):
        window = level[max(0, moment - reach) : moment + reach]
        if len(window) < 2 * reach:
            continue
        top = int(window.argmax())
        half = (window[: top + 1].min() + window[top]) / 2
        found[i] = (moment - reach + int(np.flatnonzero(window[: top + 1] >= half)[0])) / SAMPLE_RATE
    return found


def fidelity(track: CrateTrack) -> dict[str, dict[str, float]]:
    """Kick errors and speed of every way to stretch, over the part of the track where drums play alone."""
    samples = decode_file(track.path).samples
    beats = track.grid.beats
    inside = beats[(beats > 1) & (beats < 28)]
    samples = samples[: round(STRETCH_SECONDS * SAMPLE_RATE)]
    truth = kick_onsets(samples, inside)
    figures: dict[str, dict[str, float]] = {}
    for name, stretch in stretchers().items():
        errors, seconds = [], 0.0
        for speed in SPEEDS:
            started = time.process_time()
            stretched = stretch(samples, speed, beats)
            seconds += time.process_time() - started
            errors.append(1000 * np.abs(kick_onsets(stretched, inside / speed) - truth / speed))
        joined = np.concatenate(errors)
        figures[name] = {
            "kick_p95_ms": float(np.nanpercentile(joined, 95)),
            "kick_max_ms": float(np.nanmax(joined)),
            "stretch_cpu_factor": len(SPEEDS) * len(samples) / SAMPLE_RATE / seconds,
        }
    return figures


def rendering(tracks: Sequence[CrateTrack], minutes: float, folder: Path) -> dict[str, float]:
    """Render a mix of about ``minutes``, and time it; CPU time is what other work on the machine does not change."""
    crate = repeated(tracks, minutes)
    made = plan(MixRequest("bench", seconds=60 * minutes, curve="wave"), crate)

    def used() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    wall, cpu = time.perf_counter(), used()
    result = render(made, {t.track_id: t for t in crate}, folder / "mix.wav")
    wall, cpu = time.perf_counter() - wall, used() - cpu
    return {
        "realtime_factor": result.seconds / wall,
        "cpu_factor": result.seconds / cpu,
        "seconds": result.seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "transitions": float(len(result.transitions)),
        "deviation_lu": abs(result.loudness_lufs - made.request.loudness_lufs),
        "true_peak_dbtp": result.true_peak_dbtp,
    }


def main() -> None:
    """Print the tables and, with ``--json``, the figures as one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, help="folder whose tracks/ hold audio")
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the mix")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tracks = analysed(options.set) if options.set else synthesised(folder, 6)
        figures = {f"{key}.ours": value for key, value in rendering(tracks, options.minutes, folder).items()}
        if not options.set:
            for system, values in fidelity(tracks[0]).items():
                figures |= {f"{key}.{system}": value for key, value in values.items()}
    for key, value in figures.items():
        print(f"{key:32s} {value:10.2f}")
    if options.json:
        print(json.dumps({key: round(value, 4) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
