"""Tracks are analysed in processes of their own: one that dies or hangs takes no other with it."""

import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from assets.library.analysis_arrays import arrays_from_parquet
from assets.library.analysis_pool import analyse_tracks
from assets.library.analysis_task import AnalysisTask
from assets.library.keys import from_camelot
from assets.library.synthesis import Section, TrackRecipe, synthesise


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = TrackRecipe(name="tune", bpm=125.0, key=from_camelot("8A"), sections=(Section("drop", 8),))
    path = tmp_path_factory.mktemp("tunes") / "tune.wav"
    soundfile.write(path, synthesise(recipe).samples, 44100)
    return path


def task(name: str, *paths: Path) -> AnalysisTask:
    return AnalysisTask(name, name, tuple(f"file://{path}" for path in paths))


def test_answers_hold_the_analysis_its_arrays_and_its_picture_or_the_reason(tune: Path, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(44100 * 2), 44100)
    tasks = [
        task("good", tmp_path / "moved away.wav", tune),
        task("silent", silent),
        task("gone", tmp_path / "gone.wav"),
    ]
    answers = {answer.task.track_id: answer for answer in analyse_tracks(tasks, 1)}
    good = answers["good"].track
    assert good is not None
    assert good.analysis.grid.bpm == pytest.approx(125.0, abs=0.01)
    assert good.picture.startswith(b"\x89PNG")
    arrays = arrays_from_parquet(good.arrays)
    assert np.array_equal(arrays.beats, good.analysis.grid.beats)
    assert np.array_equal(arrays.energy_curve, good.analysis.energy.curve)
    assert np.array_equal(arrays.overview, good.analysis.overview)
    assert (answers["silent"].permanent, answers["silent"].track) == (True, None)
    assert "silent" in answers["silent"].reason
    assert (answers["gone"].permanent, answers["gone"].track) == (False, None)
    assert "gone could not be analysed: FileNotFoundError" in answers["gone"].reason


def workers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children() if "assets.library.analysis_worker" in " ".join(p.cmdline())]


def test_a_process_that_is_killed_costs_one_track_alone(tune: Path) -> None:
    answers = analyse_tracks([task("first", tune), task("second", tune), task("third", tune)], 1)
    assert next(answers).track is not None
    (worker,) = workers()
    worker.kill()
    second = next(answers)
    assert (second.track, second.permanent) == (None, False)
    assert "SIGKILL" in second.reason
    assert next(answers).track is not None
    assert next(answers, None) is None
    assert workers() == []


def test_a_track_that_takes_too_long_is_given_up(tune: Path) -> None:
    started = time.monotonic()
    answers = list(analyse_tracks([task("slow", tune)], 1, seconds_per_track=0.05))
    assert "longer than 0.05 s" in answers[0].reason
    assert time.monotonic() - started < 5
    assert workers() == []


def test_leaving_early_ends_the_processes(tune: Path) -> None:
    answers = analyse_tracks([task("first", tune), task("second", tune)], 2)
    next(answers)
    answers.close()  # type: ignore[attr-defined]
    assert workers() == []
