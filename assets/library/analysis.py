"""One analysis pass over a track: decode once, measure everything.

Belongs here: the order of the measurements. Does not belong here: any one of them, storage, Dagster.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from assets.library.beat_grid import BEATS_PER_BAR, BeatGrid
from assets.library.cue_points import cue_points
from assets.library.decode import decode_file
from assets.library.downbeats import find_downbeat, find_phrase
from assets.library.energy import energy_profile
from assets.library.grid_fit import at_attacks, fit_beats, grid_quality
from assets.library.key_detection import detect_key
from assets.library.loudness import measure_loudness
from assets.library.onset_features import OnsetFeatures, onset_features
from assets.library.overview import waveform_overview
from assets.library.pitch_features import PitchFeatures, pitch_features
from assets.library.spectra import at_analysis_rate
from assets.library.tempo import estimate_tempo, refine
from assets.library.track_analysis import DecodedAudio, TempoEstimate, TrackAnalysis
from assets.library.variable_grid import track_beats

VARIABLE_GAIN = 1.4
"""Factor by which followed beats must meet onsets and attacks better than one line does: steady real tracks reach 1.15,
a drift of 0.3 % over the track 1.85."""
FULL_SUPPORT = 0.4
"""Share of beats with an attack on them at which the grid is as sure as it gets: breakdowns have none."""


class Stopwatch:
    """Seconds spent per stage of a pass."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what runs inside."""
        started = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


def analyse_file(path: str | Path) -> TrackAnalysis:
    """Decode and analyse a file.

    Args:
        path: a local audio file.

    Raises:
        UnusableAudio: see `assets.library.decode.decode_file`.
    """
    return analyse(decode_file(path))


def analyse(audio: DecodedAudio, stopwatch: Stopwatch | None = None) -> TrackAnalysis:
    """Measure everything about a decoded track; the same samples give the same result.

    Args:
        audio: the track, at least a second of it (shorter audio is refused by `decode_file`).
        stopwatch: collects the seconds of each stage.
    """
    watch = stopwatch or Stopwatch()
    with watch.stage("loudness"):
        loudness = measure_loudness(audio.samples, audio.sample_rate)
    with watch.stage("features"):
        mono = audio.mono
        overview = waveform_overview(mono)
        signal = at_analysis_rate(mono, audio.sample_rate)
        onsets = onset_features(signal)
    with watch.stage("pitch"):
        pitches = pitch_features(signal)
        key = detect_key(pitches)
    with watch.stage("tempo"):
        tempo = estimate_tempo(onsets)
    with watch.stage("grid"):
        tempo, grid = fit_grid(onsets, pitches, tempo)
    with watch.stage("energy"):
        energy = energy_profile(onsets)
        mix_in, mix_out = cue_points(grid, energy, audio.seconds)
    return TrackAnalysis(
        seconds=audio.seconds,
        sample_rate=audio.sample_rate,
        channels=audio.samples.shape[1],
        decoder=audio.decoder,
        tempo=tempo,
        grid=grid,
        key=key,
        energy=energy,
        loudness=loudness,
        mix_in=mix_in,
        mix_out=mix_out,
        overview=overview,
    )


def fit_grid(onsets: OnsetFeatures, pitches: PitchFeatures, tempo: TempoEstimate) -> tuple[TempoEstimate, BeatGrid]:
    """The exact tempo and the grid with its bars.

    One line through all beats, unless beats that follow the tempo through time meet the onsets far better.
    """
    beats = fit_beats(onsets, refine(onsets, tempo.bpm))
    quality = grid_quality(onsets, beats)
    followed = track_beats(onsets, tempo.bpm)
    other = grid_quality(onsets, followed)
    constant = (
        other.onsets < VARIABLE_GAIN * max(quality.onsets, 0.0) or other.attacks < VARIABLE_GAIN * quality.attacks
    )
    if constant:
        # judged before it is moved: the quality tells how sure beat and tempo are, from the curves that gave them
        beats = at_attacks(onsets, beats)
    else:
        beats, quality = followed, other
    # Rounded where it moves the last beat of an hour by 0.1 ms, so that 128 is 128 and not 127.9999999.
    bpm = round(60 / float(np.median(np.diff(beats))), 6) if len(beats) > 1 else tempo.bpm
    downbeat, certainty = find_downbeat(onsets, pitches, beats)
    phrase = find_phrase(onsets, beats[downbeat::BEATS_PER_BAR])
    confidence = tempo.confidence * min(1.0, quality.support / FULL_SUPPORT) * certainty
    grid = BeatGrid(bpm, beats, downbeat, constant, quality.residual_ms, confidence, phrase)
    return replace(tempo, bpm=bpm), grid
