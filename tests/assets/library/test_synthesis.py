"""Synthesised tracks are what their truth says: heard in the samples, not read back from the recipe."""

from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from assets.library.keys import Key, from_camelot
from assets.library.synthesis import (
    STEMS,
    Section,
    SyntheticTrack,
    TrackRecipe,
    demo_crate,
    synthesise,
    truth_from_json,
)
from assets.library.synthesis.oscillators import frequency
from assets.library.synthesis.timeline import timeline_of

SHORT = TrackRecipe(
    name="short",
    bpm=126.0,
    key=from_camelot("8A"),
    sections=(Section("intro", 4), Section("drop", 4), Section("breakdown", 4), Section("chorus", 4)),
    vocals=True,
    seed=3,
)


@pytest.fixture(scope="module")
def short() -> SyntheticTrack:
    return synthesise(SHORT)


def band(samples: np.ndarray, rate: int, low: float, high: float) -> np.ndarray:
    """Energy over time of a frequency band of the mono sum, in windows of 1 ms."""
    sos = signal.butter(4, [low, high], "bandpass", fs=rate, output="sos")
    power = signal.sosfilt(sos, samples.mean(axis=1)) ** 2
    window = rate // 1000
    return power[: len(power) // window * window].reshape(-1, window).sum(axis=1)


def test_stems_sum_exactly_to_the_mix(short: SyntheticTrack) -> None:
    total = short.stems["drums"] + short.stems["bass"] + short.stems["other"] + short.stems["vocals"]
    assert np.array_equal(total, short.samples)
    assert all(np.abs(short.stems[name]).max() > 0.05 for name in STEMS)


def test_the_same_recipe_gives_the_same_samples_and_another_seed_others(short: SyntheticTrack) -> None:
    assert np.array_equal(synthesise(SHORT).samples, short.samples)
    assert not np.allclose(synthesise(replace(SHORT, seed=4)).samples, short.samples, atol=1e-3)


def test_level_is_that_of_released_music_without_clipping() -> None:
    sections = (Section("intro", 4), Section("verse", 4), Section("drop", 8), Section("outro", 4))
    track = synthesise(replace(demo_crate(1)[0], sections=sections))
    loudness = pyloudnorm.Meter(track.truth.sample_rate).integrated_loudness(track.samples)
    assert -14 < loudness < -8
    assert np.abs(track.samples).max() < 0.9
    assert track.samples.dtype == np.float32
    assert track.samples.shape == (round(track.truth.seconds * 44100), 2)


def test_gain_lowers_the_level() -> None:
    loud = synthesise(replace(SHORT, sections=(Section("drop", 1),)))
    quiet = synthesise(replace(loud.recipe, gain_db=-20.0))
    assert np.allclose(quiet.samples, loud.samples * 0.1, atol=1e-6)


@pytest.mark.parametrize("lead_in", [0.0, 0.026, 3.71])
def test_silence_then_a_kick_on_the_very_first_beat(lead_in: float) -> None:
    track = synthesise(replace(SHORT, lead_in_seconds=lead_in, sections=(Section("drop", 2),)))
    first = round(lead_in * 44100)
    assert not np.abs(track.samples[:first]).any()
    assert np.abs(track.samples[first : first + 3]).max() > 0.1
    assert track.truth.beats[0] == pytest.approx(lead_in)


@pytest.mark.parametrize(
    "changes",
    [{}, {"tempo_drift": 0.05}, {"tempo_steps": ((2, 140.0),)}, {"timing_wobble_ms": 8.0}, {"sample_rate": 22050}],
    ids=["constant", "drift", "steps", "wobble", "22050 Hz"],
)
def test_kicks_sound_on_the_true_beats(changes: dict[str, object]) -> None:
    track = synthesise(replace(SHORT, sections=(Section("drop", 4),), style="techno", **changes))  # type: ignore[arg-type]
    drums, rate = track.stems["drums"], track.truth.sample_rate
    for beat in track.truth.beats[1:]:
        at = round(float(beat) * rate)
        # The kick's onset is its loudest sample, after hats that have died away.
        window = np.abs(drums[at - rate // 50 : at + rate // 50]).max(axis=1)
        assert abs(int(np.argmax(window > 0.5 * window.max())) - rate // 50) <= 1


def test_truth_lays_beats_bars_and_sections_end_to_end(short: SyntheticTrack) -> None:
    truth = short.truth
    assert len(truth.beats) == 16 * 4
    assert np.allclose(np.diff(truth.beats), 60 / 126)
    assert np.array_equal(truth.downbeats, truth.beats[::4])
    assert [section.kind for section in truth.sections] == ["intro", "drop", "breakdown", "chorus"]
    for before, after in zip(truth.sections, truth.sections[1:], strict=False):
        assert before.end == after.start
        assert after.start in truth.downbeats
    assert truth.sections[-1].end == pytest.approx(truth.seconds, abs=1 / 44100)
    assert np.array_equal(truth.grid.phrase_starts(4), [section.start for section in truth.sections])


def test_breakdown_has_no_kick_and_drop_has_one(short: SyntheticTrack) -> None:
    low = band(short.stems["drums"], 44100, 40, 120)
    energy = {s.kind: low[round(s.start * 1000) : round(s.end * 1000)].mean() for s in short.truth.sections}
    assert energy["breakdown"] < 1e-4 * energy["drop"]


def test_vocals_are_heard_in_their_regions_and_nowhere_else(short: SyntheticTrack) -> None:
    vocals = np.abs(short.stems["vocals"]).max(axis=1)
    sung = np.zeros(len(vocals), dtype=bool)
    for start, end in short.truth.vocal_regions:
        region = slice(round(start * 44100), round((end + 0.07) * 44100))
        assert vocals[region].max() > 0.05
        sung[region] = True
    assert sung.any()
    assert vocals[~sung].max() < 1e-6


@pytest.mark.parametrize("cents", [0.0, 45.0, -30.0])
def test_bass_plays_notes_of_the_key_in_its_tuning(cents: float) -> None:
    key = Key(4, "minor")
    # Long notes and no kick to duck under: the first note is a steady sine.
    steady = replace(SHORT, style="drum_and_bass", kick=False, sub_bass=True, sections=(Section("drop", 1),))
    track = synthesise(replace(steady, key=key, detune_cents=cents))
    bass = track.stems["bass"][: round(1.3 * 60 / 126 * 44100)].mean(axis=1)
    spectrum = np.abs(np.fft.rfft(bass * np.hanning(len(bass)), 1 << 22))
    hertz = np.fft.rfftfreq(1 << 22, 1 / 44100)
    notes = [frequency(midi, cents) for midi in range(12, 40) if midi % 12 in key.pitch_classes | {3}]
    strongest = hertz[np.argmax(spectrum)]
    assert min(abs(1200 * np.log2(strongest / note)) for note in notes) < 5
    assert track.truth.tuning_cents == cents


@pytest.mark.parametrize("camelot", ["8A", "3B", "12A"])
def test_pads_sound_most_in_the_scale_of_the_key(camelot: str) -> None:
    key = from_camelot(camelot)
    track = synthesise(replace(SHORT, key=key, sections=(Section("breakdown", 8),), vocals=False))
    mono = track.stems["other"].mean(axis=1)
    power = np.abs(np.fft.rfft(mono * np.hanning(len(mono)))) ** 2
    hertz = np.fft.rfftfreq(len(mono), 1 / 44100)
    audible = (hertz > 100) & (hertz < 2000)
    midi = 69 + 12 * np.log2(hertz[audible] / 440)
    chroma = np.bincount(np.round(midi).astype(int) % 12, power[audible], minlength=12)
    assert key.tonic in np.argsort(chroma)[-2:]
    assert chroma[sorted(key.pitch_classes)].sum() > 0.8 * chroma.sum()


def test_emphasised_off_beat_hats_outshout_the_beat() -> None:
    track = synthesise(replace(SHORT, offbeat_hat_gain=3.5, sections=(Section("drop", 4),)))
    high = band(track.stems["drums"], 44100, 7000, 16000)
    on, off = (
        np.mean([high[round(t * 1000) : round(t * 1000) + 60].sum() for t in track.truth.beats[1:-1] + shift])
        for shift in (0.0, 30 / 126)
    )
    assert off > 3 * on


def test_swing_delays_the_off_notes_alone() -> None:
    swung = timeline_of(replace(SHORT, swing=2 / 3))
    straight = timeline_of(SHORT)
    beat = 60 / 126
    assert swung.at([0.0, 0.5, 1.0]) == pytest.approx(straight.at([0.0, 0.5, 1.0]))
    assert swung.at([0.25, 0.75]) - straight.at([0.25, 0.75]) == pytest.approx([beat / 12, beat / 12])
    eighths = timeline_of(replace(SHORT, swing=2 / 3, swing_division=8))
    assert float(eighths.at(0.5)) == pytest.approx(2 / 3 * beat)


def test_drum_and_bass_may_be_tapped_at_half_time() -> None:
    truth = synthesise(replace(SHORT, bpm=174.0, style="half_time", sections=(Section("drop", 2),))).truth
    assert (truth.bpm, truth.bpm_alternatives) == (174.0, (87.0,))


def test_truth_survives_json(short: SyntheticTrack) -> None:
    read = truth_from_json(short.truth.to_json())
    assert read.to_json() == short.truth.to_json()
    assert np.array_equal(read.beats, short.truth.beats)
    assert read.sections == short.truth.sections
    assert read.key == SHORT.key


@pytest.mark.parametrize(
    "changes",
    [
        {"bpm": 5.0},
        {"sections": ()},
        {"swing": 0.4},
        {"beats_per_bar": 7},
        {"lead_in_seconds": -1.0},
        {"gain_db": 3.0},
        {"tempo_drift": -1.0},
        {"tempo_steps": ((4, 1000.0),)},
    ],
)
def test_recipes_of_impossible_tracks_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="short"):
        replace(SHORT, **changes)  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(
    bpm=st.floats(20, 400),
    drift=st.floats(-0.5, 0.5),
    wobble=st.floats(0, 50),
    swing=st.floats(0.5, 0.75),
    beats_per_bar=st.sampled_from([2, 3, 4]),
    bars=st.integers(1, 40),
)
def test_beats_are_always_in_order_and_complete(
    bpm: float, drift: float, wobble: float, swing: float, beats_per_bar: int, bars: int
) -> None:
    recipe = replace(
        SHORT,
        bpm=bpm,
        tempo_drift=drift,
        timing_wobble_ms=wobble,
        swing=swing,
        beats_per_bar=beats_per_bar,
        sections=(Section("drop", bars),),
    )
    timeline = timeline_of(recipe)
    assert len(timeline.beat_times) == bars * beats_per_bar + 1
    assert (np.diff(timeline.beat_times) > 0).all()
    sixteenths = timeline.at(np.arange(0, bars * beats_per_bar, 0.25))
    assert (np.diff(sixteenths) > 0).all()
