"""A mix rendered from files to a file, judged by other meters than the renderer's own."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from assets.library.decode import UnusableAudio
from assets.mixes.crate_track import CrateTrack
from assets.mixes.mix_plan import MixPlan, MixRequest
from assets.mixes.planner import plan
from assets.mixes.renderer import SAMPLE_RATE, RenderResult, render
from tests.assets.mixes.crates import RATE, kick_times, kicks_and_chord, sounding_track


@dataclass(frozen=True)
class Rendered:
    plan: MixPlan
    crate: dict[str, CrateTrack]
    result: RenderResult
    audio: NDArray[np.float32]
    steps: list[tuple[str, float]]


def render_all(folder: Path, tracks: list[CrateTrack], request: MixRequest, name: str = "mix.wav") -> Rendered:
    crate = {track.track_id: track for track in tracks}
    made = plan(request, tracks)
    steps: list[tuple[str, float]] = []
    result = render(made, crate, folder / name, lambda *step: steps.append(step), buses_dir=folder / "buses")
    audio, rate = soundfile.read(result.path, dtype="float32", always_2d=True)
    assert rate == SAMPLE_RATE
    return Rendered(made, crate, result, audio, steps)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mix")


@pytest.fixture(scope="module")
def tracks(folder: Path) -> list[CrateTrack]:
    return [
        sounding_track(folder, "one", bpm=122.0, energy=0.3, root_hz=220.0),
        sounding_track(folder, "two", bpm=125.0, energy=0.5, root_hz=277.18, first_beat=0.05, seconds=70.0),
        sounding_track(folder, "three", bpm=125.4, energy=0.7, root_hz=220.0, seconds=50.0),
    ]


@pytest.fixture(scope="module")
def mix(folder: Path, tracks: list[CrateTrack]) -> Rendered:
    return render_all(folder, tracks, MixRequest("r", first="one", last="three"))


def test_the_file_is_as_long_as_the_plan_and_as_loud_as_asked(mix: Rendered) -> None:
    assert len(mix.audio) == round(mix.plan.seconds * SAMPLE_RATE)
    assert mix.result.seconds == len(mix.audio) / SAMPLE_RATE
    loudness = pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(mix.audio)
    assert loudness == pytest.approx(-14.0, abs=0.2)
    assert mix.result.loudness_lufs == pytest.approx(loudness, abs=0.1)


def test_no_true_peak_above_minus_one(mix: Rendered) -> None:
    peak = 20 * np.log10(np.abs(soxr.resample(mix.audio, SAMPLE_RATE, 8 * SAMPLE_RATE, quality="VHQ")).max())
    assert peak <= -1.0
    assert mix.result.true_peak_dbtp == pytest.approx(peak, abs=0.3)


def test_transitions_are_where_the_plan_puts_them(mix: Rendered) -> None:
    for planned, rendered in zip(mix.plan.transitions, mix.result.transitions, strict=True):
        assert planned.technique == "eq_swap"
        assert rendered.start_sample == round(planned.mix_start * SAMPLE_RATE)
        assert rendered.swap_sample == round(planned.swap * SAMPLE_RATE)
        assert rendered.end_sample == round(planned.mix_end * SAMPLE_RATE)


def bus(path: Path) -> NDArray[np.float32]:
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


@pytest.mark.parametrize("position", [0, 1])
def test_beats_of_both_tracks_fall_together(mix: Rendered, position: int) -> None:
    planned, rendered = mix.plan.transitions[position], mix.result.transitions[position]
    assert rendered.buses is not None
    assert planned.deck_bpm is not None
    period = 60 / planned.deck_bpm
    start = planned.mix_start - rendered.buses.start_sample / SAMPLE_RATE
    expected = start + period * np.arange(1, 4 * planned.bars - 1)
    a, b = (kick_times(bus(path), expected) for path in (rendered.buses.deck_a, rendered.buses.deck_b))
    apart = 1000 * np.abs(a - b)
    assert np.median(apart) <= 2
    assert np.percentile(apart, 95) <= 5


def test_one_bass_at_a_time(mix: Rendered) -> None:
    from scipy.signal import butter, sosfiltfilt

    for rendered in mix.result.transitions:
        assert rendered.buses is not None
        sos = butter(4, [20, 150], "bandpass", fs=SAMPLE_RATE, output="sos")
        bass_a, bass_b = (
            np.square(sosfiltfilt(sos, bus(path).mean(axis=1)))
            for path in (rendered.buses.channel_a, rendered.buses.channel_b)
        )
        start, swap, end = (
            at - rendered.buses.start_sample
            for at in (rendered.start_sample, rendered.swap_sample, rendered.end_sample)
        )
        beat = SAMPLE_RATE // 2
        assert bass_b[start : swap - beat].mean() < 0.01 * bass_a[start : swap - beat].mean()
        assert bass_a[swap + beat : end].mean() < 0.01 * bass_b[swap + beat : end].mean()


def test_the_buses_sum_to_the_mix_before_its_limiter(mix: Rendered) -> None:
    for rendered in mix.result.transitions:
        assert rendered.buses is not None
        total = bus(rendered.buses.channel_a) + bus(rendered.buses.channel_b)
        part = mix.audio[rendered.buses.start_sample :][: len(total)]
        quiet = np.abs(total).max(axis=1) < 0.3
        limited = 10 ** (-mix.result.gain_reduction_db / 20)
        assert (np.abs(part) <= np.abs(total) + 1e-5).all()
        assert (np.abs(part[quiet]) >= limited * np.abs(total[quiet]) - 1e-5).all()


def test_between_transitions_the_source_comes_through_untouched(folder: Path, tracks: list[CrateTrack]) -> None:
    """A quiet target keeps the limiter out: what is left is gain and 24-bit rounding."""
    alone = render_all(folder, tracks[:1], MixRequest("r", loudness_lufs=-23.0), "alone.wav")
    source, _ = soundfile.read(tracks[0].path, dtype="float32", always_2d=True)
    begin = round(alone.plan.tracks[0].entry * RATE)
    middle, heard = source[begin:][RATE : 50 * RATE], alone.audio[RATE : 50 * RATE]
    gain = float(np.vdot(middle, heard) / np.vdot(middle, middle))
    assert 10 * np.log10(np.square(heard - gain * middle).mean() / np.square(heard).mean()) < -90
    assert alone.result.gain_reduction_db == 0
    flac = render(alone.plan, alone.crate, folder / "alone.flac")
    # the two encoders of libsndfile round the last of 24 bits differently
    assert np.abs(soundfile.read(flac.path, dtype="float32")[0] - alone.audio).max() <= 2**-23


def test_same_plan_same_bytes(folder: Path, tracks: list[CrateTrack], mix: Rendered) -> None:
    again = render(mix.plan, mix.crate, folder / "again.wav")
    assert again.path.read_bytes() == mix.result.path.read_bytes()
    assert again.sha256 == mix.result.sha256


def test_progress_rises_to_the_end(mix: Rendered) -> None:
    shares = [share for _, share in mix.steps]
    assert shares == sorted(shares)
    assert mix.steps[0][0] == "rendering 1 of 3"
    assert mix.steps[-1] == ("done", 1.0)


def test_nothing_but_the_file_is_left(folder: Path, mix: Rendered) -> None:
    assert not list(folder.glob(".*"))


def assert_no_hole(audio: NDArray[np.float32]) -> None:
    step = SAMPLE_RATE // 20
    usable = audio[: len(audio) // step * step]
    levels = np.sqrt(np.square(usable).reshape(-1, step * 2).mean(axis=1))
    assert levels[1:-1].min() > 0.01


def test_a_track_of_doubtful_beats_is_faded_in_without_a_hole(folder: Path, tracks: list[CrateTrack]) -> None:
    doubtful = replace(tracks[1], grid=replace(tracks[1].grid, confidence=0.1))
    made = render_all(folder, [tracks[0], doubtful], MixRequest("r", first="one"), "faded.wav")
    assert [t.technique for t in made.plan.transitions] == ["fade_cut"]
    assert_no_hole(made.audio)


def test_a_cut_lands_on_the_downbeat_without_a_hole(folder: Path, tracks: list[CrateTrack]) -> None:
    clashing = sounding_track(folder, "four", bpm=97.0, energy=0.9, seconds=50.0)
    made = render_all(folder, [tracks[0], clashing], MixRequest("r", first="one"), "cut.wav")
    (planned,) = made.plan.transitions
    assert planned.technique == "quick_cut"
    assert planned.entry_bar is not None
    downbeat = clashing.grid.downbeats[planned.entry_bar]
    own = kick_times(kicks_and_chord(97.0, 50.0), np.array([downbeat]))[0] - downbeat
    heard = kick_times(made.audio, np.array([planned.swap]))[0] - planned.swap
    assert abs(heard - own) < 0.001
    assert_no_hole(made.audio)


def test_other_rates_and_mono_are_brought_to_the_mix(folder: Path) -> None:
    audio = kicks_and_chord(124.0, 40.0)[:, :1]
    path = folder / "odd.wav"
    soundfile.write(path, soxr.resample(audio, RATE, 48_000), 48_000)
    track = replace(sounding_track(folder, "even", bpm=124.0, seconds=40.0), track_id="odd", path=path)
    odd = render_all(folder, [track], MixRequest("r"), "odd_out.wav")
    assert odd.audio.shape[1] == 2
    expected = track.grid.beats[8:40] - odd.plan.tracks[0].entry
    heard = kick_times(odd.audio, expected)
    own = kick_times(audio, track.grid.beats[8:40]) - odd.plan.tracks[0].entry
    assert np.abs(heard - own).max() < 0.001


def test_a_track_that_cannot_be_read_fails_alone_and_leaves_nothing(tmp_path: Path, mix: Rendered) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio at all")
    crate = {**mix.crate, "two": replace(mix.crate["two"], path=broken)}
    with pytest.raises(UnusableAudio, match=r"broken\.wav"):
        render(mix.plan, crate, tmp_path / "mix.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.wav"]


def test_nonsense_is_refused(tmp_path: Path, mix: Rendered) -> None:
    with pytest.raises(ValueError, match=r"mix\.aiff names no format"):
        render(mix.plan, mix.crate, tmp_path / "mix.aiff")
    with pytest.raises(ValueError, match="two of the plan are not in the crate"):
        render(mix.plan, {k: v for k, v in mix.crate.items() if k != "two"}, tmp_path / "mix.wav")
