import numpy as np
import pytest

from assets.library.analysis import Stopwatch, analyse, analyse_file
from assets.library.track_analysis import TrackAnalysis
from tests.assets.library.analysed import RECIPES, STEADY, analysis, decoded, distances, track


@pytest.mark.parametrize("name", STEADY)
def test_steady_tracks_have_the_true_tempo_beats_bars_and_key(name: str) -> None:
    found, truth = analysis(name), track(name).truth
    assert found.grid.bpm == pytest.approx(truth.bpm, rel=1e-4)
    assert found.tempo.bpm == found.grid.bpm
    assert found.grid.constant
    assert distances(found.grid.beats, truth.beats).max() < 0.003
    assert distances(found.grid.downbeats, truth.downbeats).max() < 0.003
    assert found.key.key == truth.key
    assert found.grid.confidence > 0.4


def test_whole_bpm_are_met_exactly() -> None:
    assert analysis("house").grid.bpm == 126.0
    assert analysis("techno").grid.bpm == 132.5


def test_loud_off_beat_hats_do_not_pull_the_beat() -> None:
    # essentia and librosa lock to such hats with high confidence, half a beat off (dj.md 3.1).
    found, truth = analysis("loud off-beat hats"), track("loud off-beat hats").truth
    half_beat = 30 / truth.bpm
    assert distances(found.grid.beats, truth.beats).max() < 0.01 * half_beat


def test_a_lead_in_of_silence_moves_the_grid_with_it() -> None:
    truth = track("loud off-beat hats").truth
    assert truth.beats[0] == pytest.approx(2.371)
    assert distances(analysis("loud off-beat hats").grid.downbeats, truth.downbeats[:1])[0] < 0.003


def test_a_drifting_track_gets_a_grid_that_follows_and_says_so() -> None:
    found, truth = analysis("drifting"), track("drifting").truth
    assert not found.grid.constant
    assert found.grid.bpm == pytest.approx(truth.bpm, rel=0.005)
    error = distances(found.grid.beats, truth.beats)
    assert np.median(error) < 0.005
    assert np.percentile(error, 95) < 0.015


def test_tuning_is_reported_and_does_not_change_the_key() -> None:
    found = analysis("detuned, odd tempo")
    assert found.key.tuning_cents == pytest.approx(45, abs=6)
    assert found.key.key == RECIPES["detuned, odd tempo"].key


def test_the_same_samples_give_the_same_analysis() -> None:
    again = analyse(decoded(track("techno").samples.copy()))
    first = analysis("techno")
    assert again.tempo == first.tempo
    assert again.key == first.key
    assert again.loudness == first.loudness
    assert np.array_equal(again.grid.beats, first.grid.beats)
    assert np.array_equal(again.energy.curve, first.energy.curve)


def test_gain_changes_loudness_and_nothing_else() -> None:
    samples = track("techno").samples
    quiet = analyse(decoded(samples * np.float32(10 ** (-20 / 20))))
    first = analysis("techno")
    assert quiet.loudness.integrated_lufs == pytest.approx(first.loudness.integrated_lufs - 20, abs=0.05)
    assert quiet.grid.bpm == first.grid.bpm
    assert quiet.key.key == first.key.key
    assert quiet.energy.level == first.energy.level
    np.testing.assert_allclose(quiet.energy.curve, first.energy.curve, atol=0.02)


@pytest.mark.parametrize(("sample_rate", "channels"), [(22050, 1), (48000, 2), (96000, 2)])
def test_any_rate_and_mono_give_the_same_grid(sample_rate: int, channels: int) -> None:
    import soxr

    samples = soxr.resample(track("techno").samples, 44100, sample_rate)[:, :channels]
    found = analyse(decoded(np.ascontiguousarray(samples), sample_rate))
    assert found.grid.bpm == 132.5
    assert distances(found.grid.beats, track("techno").truth.beats).max() < 0.004
    assert (found.sample_rate, found.channels) == (sample_rate, channels)


def well_formed(found: TrackAnalysis) -> bool:
    grid = found.grid
    return (
        bool(np.all(np.diff(grid.beats) > 0))
        and bool(np.all((grid.beats >= 0) & (grid.beats <= found.seconds)))
        and 0 <= grid.confidence <= 1
        and 0 <= grid.first_downbeat < 4
        and 0 <= found.mix_in <= found.mix_out <= found.seconds
        and np.isfinite(found.loudness.integrated_lufs)
        and bool(np.all((found.energy.curve >= 0) & (found.energy.curve <= 1)))
        and 1 <= found.energy.level <= 10
        and grid.bpm > 0
    )


@pytest.mark.parametrize(
    ("kind", "seconds", "rate"),
    [("noise", 1.0, 44100), ("noise", 12.0, 8000), ("tone", 9.0, 44100), ("click", 3.0, 44100), ("steps", 7.0, 11025)],
)
def test_what_is_no_music_gives_an_analysis_that_is_not_sure_of_itself(kind: str, seconds: float, rate: int) -> None:
    n = int(seconds * rate)
    rng = np.random.default_rng(5)
    signal = {
        "noise": rng.normal(0, 0.1, n),
        "tone": 0.3 * np.sin(2 * np.pi * 220 * np.arange(n) / rate),
        "click": np.where(np.arange(n) == n // 2, 0.9, 0.0),
        "steps": np.where(np.arange(n) > n // 2, 0.5, 0.0),
    }[kind]
    found = analyse(decoded(signal.astype(np.float32)[:, None], rate))
    assert well_formed(found)
    assert found.grid.confidence < 0.3


@pytest.mark.parametrize("name", RECIPES)
def test_every_synthesised_analysis_is_well_formed(name: str) -> None:
    assert well_formed(analysis(name))


def test_a_file_is_analysed_as_its_samples_are(tmp_path) -> None:
    import soundfile

    path = tmp_path / "techno.flac"
    soundfile.write(path, track("techno").samples, 44100, subtype="PCM_24")
    found = analyse_file(path)
    assert found.grid.bpm == 132.5
    np.testing.assert_allclose(found.grid.beats, analysis("techno").grid.beats, atol=1e-4)


def test_the_stopwatch_names_every_stage() -> None:
    watch = Stopwatch()
    analyse(decoded(track("techno").samples[: 44100 * 10]), watch)
    assert set(watch.seconds) == {"loudness", "features", "pitch", "tempo", "grid", "energy"}
    assert all(seconds >= 0 for seconds in watch.seconds.values())


def test_real_loop_of_known_tempo(shared) -> None:
    found = analyse_file(shared / "audio" / "loops" / "techno_loop_125.mp3")
    assert found.grid.bpm == 125.0
    assert found.grid.residual_ms < 3
