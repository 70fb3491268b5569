"""Crates on disk: audio, tags, truth and manifest agree, in the form of the shared folder of real audio."""

import csv
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assets.library.keys import from_camelot
from assets.library.synthesis import (
    STEMS,
    AudioFormat,
    Section,
    TrackRecipe,
    demo_crate,
    hard_cases,
    synthesise,
    truth_from_json,
    write_crate,
)
from assets.library.tags import read_tags

TWO = tuple(
    TrackRecipe(name=name, bpm=128.0, key=from_camelot("8A"), sections=(Section("drop", 2),), seed=seed)
    for seed, name in enumerate(("First Tune", "Second & Last"))
)


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("audio_format", ["flac", "wav", "mp3", "ogg"])
def test_each_format_decodes_to_the_samples_from_the_first_on(tmp_path: Path, audio_format: AudioFormat) -> None:
    written = write_crate(tmp_path, TWO[:1], audio_format)[0]
    decoded, rate = soundfile.read(written.path, dtype="float32")
    samples = synthesise(TWO[0]).samples
    assert (rate, decoded.shape) == (44100, samples.shape)
    lossless = audio_format in ("flac", "wav")
    difference = decoded - samples
    assert np.abs(difference).max() < 1e-4 if lossless else (difference**2).mean() < 0.02 * (samples**2).mean()


@pytest.mark.parametrize("audio_format", ["flac", "wav", "mp3", "ogg"])
def test_tags_say_what_the_recipe_says(tmp_path: Path, audio_format: AudioFormat) -> None:
    tags = read_tags(write_crate(tmp_path, TWO[:1], audio_format)[0].path)
    values = [tag.value for tag in (tags.title, tags.artist, tags.genre, tags.bpm, tags.key) if tag]
    assert values == ["First Tune", "Backbeat", "House", 128.0, "8A"]
    assert tags.refused == {}


def test_manifest_lists_tracks_and_stems_with_truth_and_hash(tmp_path: Path) -> None:
    written = write_crate(tmp_path, TWO, stems=True)
    rows = manifest(tmp_path)
    assert [row["file"] for row in rows[:2]] == ["tracks/first_tune.flac", "stems/first_tune/drums.flac"]
    assert len(rows) == 2 * (1 + len(STEMS))
    for row in rows:
        content = (tmp_path / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert int(row["bytes"]) == len(content)
        assert (row["known_bpm"], row["known_key"], row["known_meter"]) == ("128", "A minor", "4/4")
        assert truth_from_json((tmp_path / row["truth_file"]).read_text()).to_json() == written[0].truth.to_json()
    assert not list(tmp_path.rglob("*.partial"))


def test_stems_on_disk_sum_to_the_track(tmp_path: Path) -> None:
    track = write_crate(tmp_path, TWO[:1], stems=True)[0]
    mix = soundfile.read(track.path)[0]
    total = sum(soundfile.read(tmp_path / "stems" / "first_tune" / f"{stem}.flac")[0] for stem in STEMS)
    assert np.abs(total - mix).max() < 2**-15


def test_manifest_has_the_columns_of_the_shared_one(tmp_path: Path, shared: Path) -> None:
    write_crate(tmp_path, TWO[:1])
    assert (tmp_path / "manifest.csv").read_text().splitlines()[0] == (
        shared / "audio" / "manifest.csv"
    ).read_text().splitlines()[0]


def test_two_tracks_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same name"):
        write_crate(tmp_path, [TWO[0], replace(TWO[1], name="first TUNE")])


def test_demo_crate_mixes() -> None:
    recipes = demo_crate(10)
    keys = {recipe.key.camelot_number for recipe in recipes}
    tempi = [recipe.bpm for recipe in recipes]
    assert max(tempi) / min(tempi) < 1.06
    assert max(keys) - min(keys) <= 4
    assert all(90 <= recipe.beats * 60 / recipe.bpm <= 150 for recipe in recipes)
    assert all(recipe.sections[0].kind == "intro" and recipe.sections[-1].kind == "outro" for recipe in recipes)
    assert len({recipe.name for recipe in demo_crate(30)}) == 30


def test_hard_cases_have_names_of_their_own_and_cover_the_list() -> None:
    cases = hard_cases()
    names = [case.name for case in cases]
    assert len(set(names)) == len(names)
    assert {recipe.key.mode for recipe in cases} == {"major", "minor"}
    for phrase in (
        "swing",
        "174",
        "six eight",
        "45 cents",
        "26 ms",
        "silence",
        "drift",
        "off-beat hats",
        "steps",
        "sub",
    ):
        assert any(phrase in name for name in names), phrase
