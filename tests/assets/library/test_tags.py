"""Tags are claims with a source; whatever is in them, reading them never raises."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.flac import FLAC
from mutagen.id3 import COMM, GEOB, ID3, TBPM, TDRC, TIT2, TKEY, TPE1, TXXX

from assets.library.tags import (
    TagCue,
    TagValue,
    parse_bpm,
    parse_cues,
    parse_energy,
    parse_tag_key,
    parse_year,
    read_tags,
    repair_cyrillic,
)


def encoded(record: object) -> str:
    return base64.b64encode(json.dumps(record).encode()).decode()


@pytest.fixture
def mp3(tmp_path: Path) -> Path:
    path = tmp_path / "07 - Some Artist - Some Title.mp3"
    soundfile.write(path, np.zeros((44100, 2)), 44100, "MPEG_LAYER_III", format="MP3")
    return path


def tag(path: Path, *frames: object) -> None:
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)


def test_plain_tags_with_their_frames(mp3: Path) -> None:
    tag(
        mp3,
        TIT2(encoding=3, text="Title\0"),
        TPE1(encoding=3, text=["First", "Second"]),
        TBPM(encoding=3, text="127,5"),
        TKEY(encoding=3, text="F#m"),
        TDRC(encoding=3, text="2019-05-06"),
    )
    tags = read_tags(mp3)
    assert tags.title == TagValue("Title", "TIT2")
    assert tags.artist == TagValue("First", "TPE1")
    assert tags.bpm == TagValue(127.5, "TBPM")
    assert tags.key == TagValue("11A", "TKEY")
    assert tags.year == TagValue(2019, "TDRC")
    assert tags.seconds == pytest.approx(1.0, abs=0.1)
    assert tags.refused == {}


def test_mixed_in_key_in_id3(mp3: Path) -> None:
    def geob(name: str, record: object) -> GEOB:
        return GEOB(encoding=0, mime="application/json", desc=name, data=encoded(record).encode())

    cues = {"algorithm": 14, "cues": [{"name": "Energy 6", "time": 15360.0}, {"name": "Energy 4", "time": 0.0}]}
    tag(
        mp3,
        TKEY(encoding=0, text=encoded({"algorithm": 94, "key": "10A", "source": "mixedinkey"})),
        geob("Energy", {"algorithm": 13, "energyLevel": 7, "source": "mixedinkey"}),
        geob("CuePoints", cues),
    )
    tags = read_tags(mp3)
    assert tags.key == TagValue("10A", "TKEY")
    assert tags.energy == TagValue(7, "GEOB:Energy")
    assert tags.cues == (TagCue("Energy 4", 0.0), TagCue("Energy 6", 15.36))
    record = tags.provenance()
    assert record["energy"] == {"value": 7, "source": "GEOB:Energy"}
    assert record["cues"]["source"] == "GEOB:CuePoints"
    assert json.loads(json.dumps(record)) == record


def test_mixed_in_key_in_flac(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, np.zeros(4410), 44100)
    file = FLAC(path)
    file["KEY"], file["ENERGY"], file["BPM"] = encoded({"key": "4B"}), encoded({"energyLevel": 3}), "98.5"
    file.save()
    tags = read_tags(path)
    assert (tags.key, tags.energy, tags.bpm) == (TagValue("4B", "key"), TagValue(3, "energy"), TagValue(98.5, "bpm"))


@pytest.mark.parametrize(("text", "level"), [("8A - Energy 7", 7), ("Energy 10", 10), ("high energy music", None)])
def test_energy_in_comments(mp3: Path, text: str, level: int | None) -> None:
    tag(mp3, COMM(encoding=3, lang="eng", desc="", text=text))
    energy = read_tags(mp3).energy
    assert (energy and energy.value) == level


def test_malformed_values_are_refused_and_named(mp3: Path) -> None:
    tag(
        mp3,
        TKEY(encoding=0, text="eyJrZXkiOiAiMTB!!!"),
        TBPM(encoding=0, text="abc"),
        TXXX(encoding=3, desc="EnergyLevel", text="11"),
        GEOB(encoding=0, mime="", desc="CuePoints", data=b"eyJjdWVzIjogWzEsMl19"),
    )
    tags = read_tags(mp3)
    assert (tags.key, tags.bpm, tags.energy, tags.cues) == (None, None, None, ())
    assert set(tags.refused) == {"TKEY", "TBPM", "TXXX:EnergyLevel", "GEOB:CuePoints"}


def test_title_and_artist_from_the_file_name_where_no_tag_has_them(mp3: Path, tmp_path: Path) -> None:
    tags = read_tags(mp3)
    assert tags.title == TagValue("Some Title", "file name")
    assert tags.artist == TagValue("Some Artist", "file name")
    missing = read_tags(tmp_path / "gone.mp3")
    assert missing.title == TagValue("gone", "file name")
    assert "file" in missing.refused


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [("Íî÷íîé ýôèð", "Ночной эфир"), ("Café Müller", "Café Müller"), ("ÀÉ", "ÀÉ"), ("Ночь", "Ночь"), ("", "")],
)
def test_russian_read_as_latin_is_repaired_and_nothing_else(damaged: str, meant: str) -> None:
    assert repair_cyrillic(damaged) == meant


def test_shared_files_with_odd_tags(shared: Path) -> None:
    folder = shared / "audio"
    russian = read_tags(folder / "constructed/id3_cp1251_in_latin1.mp3")
    assert (russian.title.value, russian.bpm and russian.bpm.value) == ("Ночной эфир", 92.0)
    assert (read_tags(folder / "odd/itunes10.mp3").bpm or TagValue(0, "")).value == 180.0
    assert "TBPM" in read_tags(folder / "constructed/id3_utf16_odd.mp3").refused


def test_every_shared_file_gives_tags_that_json_and_postgresql_hold(shared: Path) -> None:
    files = [path for path in (shared / "audio").rglob("*") if path.is_file()]
    assert len(files) > 100
    for path in files:
        tags = read_tags(path)
        assert tags.title.value
        assert "\\u0000" not in json.dumps(tags.provenance())


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda b: "eyJ" + base64.b64encode(b).decode()))
def test_parsers_raise_value_errors_alone(text: str) -> None:
    try_parsers(text)


def try_parsers(text: str) -> None:
    for parse in (parse_bpm, parse_energy, parse_cues, parse_tag_key, parse_year):
        try:
            parse(text)
        except ValueError:
            continue


NAMES = st.sampled_from(["key", "energyLevel", "tempo", "cues", "time", "name"])
RECORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
)


@given(RECORDS)
def test_no_embedded_json_makes_a_parser_crash(record: object) -> None:
    try_parsers(encoded(record))
    try_parsers(json.dumps(record))


@settings(max_examples=60, deadline=2000)
@given(cut=st.integers(0, 3000), where=st.integers(0, 2500), patch=st.binary(min_size=1, max_size=30))
def test_damaged_tags_never_raise(tmp_path_factory: pytest.TempPathFactory, cut: int, where: int, patch: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged-tags.mp3"
    if not path.exists():
        soundfile.write(path, np.zeros((4410, 2)), 44100, "MPEG_LAYER_III", format="MP3")
        frames = [TIT2(encoding=1, text="Title" * 20), TKEY(encoding=0, text=encoded({"key": "10A"}))]
        tag(path, *frames, GEOB(encoding=0, mime="x", desc="Energy", data=encoded({"energyLevel": 7}).encode()))
        path.with_suffix(".orig").write_bytes(path.read_bytes())
    data = bytearray(path.with_suffix(".orig").read_bytes())
    data[where : where + len(patch)] = patch
    path.write_bytes(data[: len(data) - cut])
    tags = read_tags(path)
    assert tags.title.value
    json.dumps(tags.provenance())
