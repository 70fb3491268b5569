"""A recording keeps its id whatever happens to its tags, name and place, and nothing else gets one."""

import random
import struct
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TIT2
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from assets.library.audio_files import AudioIdentity, NotAudio, identify, is_audio_name

CODECS = {
    "flac": ("FLAC", "PCM_16"),
    "wav": ("WAV", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
}
MEDIA_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg"}


def write(path: Path, seed: int = 1, seconds: float = 1.0) -> Path:
    """Write noise in the format that the path's ending names."""
    samples = np.random.default_rng(seed).normal(0, 0.1, (int(48000 * seconds), 2))
    container, codec = CODECS[path.suffix[1:]]
    soundfile.write(path, samples, 48000, codec, format=container)
    return path


def tag_id3(path: Path) -> None:
    file: Any = {".mp3": MP3, ".wav": WAVE, ".aiff": AIFF}[path.suffix](path)
    if file.tags is None:
        file.add_tags()
    file.tags.add(TIT2(encoding=3, text="Another title" * 50))
    file.tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=b"\x89PNG" * 5000))
    file.save()


def tag_flac(path: Path) -> None:
    file = FLAC(path)
    file["title"] = "Another title" * 50
    picture = Picture()
    picture.data, picture.mime = b"\x89PNG" * 5000, "image/png"
    file.add_picture(picture)
    file.save()


def tag_ogg(path: Path) -> None:
    file: Any = (OggOpus if path.suffix == ".opus" else OggVorbis)(path)
    # Longer than a page, so that all later pages are renumbered.
    file["title"] = ["Another title" * 10000]
    file.save()


TAGGERS: dict[str, Callable[[Path], None]] = {
    "flac": tag_flac,
    "wav": tag_id3,
    "aiff": tag_id3,
    "mp3": tag_id3,
    "ogg": tag_ogg,
    "opus": tag_ogg,
}


@pytest.mark.parametrize("ending", CODECS)
def test_retagging_and_renaming_keep_the_id(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a.{ending}")
    before = identify(path)
    TAGGERS[ending](path)
    moved = path.rename(tmp_path / f"elsewhere.{ending}")
    assert identify(moved) == before
    assert before.media_type == MEDIA_TYPES.get(ending, f"audio/{ending}")
    assert len(before.track_id) == 32


@pytest.mark.parametrize("ending", CODECS)
def test_other_audio_has_another_id(tmp_path: Path, ending: str) -> None:
    ids = {identify(write(tmp_path / f"{seed}.{ending}", seed)).track_id for seed in range(3)}
    assert len(ids) == 3


def test_every_kind_of_tag_around_an_mp3_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3")
    before = identify(path)
    bare = path.read_bytes()
    id3 = ID3()
    id3.add(TIT2(encoding=3, text="x" * 300))
    id3.save(path, v1=0)
    ape = APEv2()
    ape["Title"] = "y" * 300
    ape.save(str(path))
    id3v1 = b"TAG" + b"Title".ljust(125, b"\0")
    tagged = path.read_bytes() + id3v1
    assert tagged[:3] == b"ID3"
    assert b"APETAGEX" in tagged
    path.write_bytes(tagged)
    assert identify(path) == before
    lyrics = b"LYRICSBEGIN" + b"IND0000210"
    path.write_bytes(bare + lyrics + f"{len(lyrics):06d}LYRICS200".encode() + id3v1)
    assert identify(path) == before
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + bytes(500) + bare)
    assert identify(path) == before


def test_an_m4a_keeps_its_id_when_retagged(tmp_path: Path, shared: Path) -> None:
    path = tmp_path / "a.m4a"
    path.write_bytes((shared / "audio/odd/has-tags.m4a").read_bytes())
    before = identify(path)
    file = MP4(path)
    file["\xa9nam"] = ["Another title" * 500]
    file.save()
    assert identify(path) == before
    assert before.media_type == "audio/mp4"


def test_the_same_frames_under_other_tags_in_the_shared_folder_are_one_track(shared: Path) -> None:
    folder = shared / "audio"
    names = ("loops/hiphop_92.mp3", "constructed/id3_cp1251_in_latin1.mp3", "constructed/id3_utf16_odd.mp3")
    assert len({identify(folder / name).track_id for name in names}) == 1


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def element(identity: str, content: bytes, size: bytes | None = None) -> bytes:
    return (
        bytes.fromhex(identity)
        + (size or bytes([0x10 | len(content) >> 24]) + (len(content)).to_bytes(3, "big"))
        + content
    )


def test_containers_with_tags_before_or_after_the_audio(tmp_path: Path) -> None:
    audio = random.Random(1).randbytes(5000)  # noqa: S311

    def identity(content: bytes) -> AudioIdentity:
        path = tmp_path / "x"
        path.write_bytes(content)
        return identify(path)

    ftyp = box(b"ftyp", b"M4A \0\0\0\0")
    assert (
        identity(ftyp + box(b"moov", b"tags") + box(b"mdat", audio))
        == identity(
            ftyp + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 16 + len(audio)) + audio + box(b"moov", b"more")
        )
        == identity(ftyp + box(b"free", bytes(99)) + b"\0\0\0\0mdat" + audio)
    )
    head = element("1a45dfa3", b"webm")
    live = bytes.fromhex("01ffffffffffffff")
    one_segment = element("18538067", element("1f43b675", audio) + element("1254c367", b"tags"))
    assert identity(head + one_segment) == identity(head + element("18538067", element("1f43b675", audio, live), live))
    chunk = struct.pack("<I", len(audio)) + audio
    fmt = b"fmt " + struct.pack("<I", 16) + bytes(16)
    ds64 = b"ds64" + struct.pack("<I", 28) + struct.pack("<QQQI", 0, len(audio), 0, 0)
    assert (
        identity(b"RIFF\0\0\0\0WAVE" + fmt + b"data" + chunk)
        == identity(
            b"RIFF\0\0\0\0WAVELIST" + struct.pack("<I", 6) + b"INFOxy" + fmt + b"data" + chunk + b"id3 \3\0\0\0abc"
        )
        == identity(b"RF64\xff\xff\xff\xffWAVE" + ds64 + fmt + b"data\xff\xff\xff\xff" + audio + b"id3 \4\0\0\0abcd")
    )
    asf_head = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    asf_data = (
        bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c") + struct.pack("<Q", 50 + len(audio)) + bytes(26) + audio
    )
    assert identity(asf_head + struct.pack("<Q", 24) + asf_data) == identity(
        asf_head + struct.pack("<Q", 124) + bytes(100) + asf_data
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no bytes"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10), "tags alone"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x7f" + bytes(10), "tags alone"),
        (random.Random(2).randbytes(65536), "no known format"),  # noqa: S311
        (b"<html><body>404</body></html>", "no known format"),
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(16) + b"data\0\0\0\0", "no frames"),
        (b"fLaC\x80\x00\x00\x04" + bytes(4), "no frames"),
        (box(b"ftyp", b"M4A ") + box(b"moov", bytes(64)), "no frames"),
        (b"OggS" + bytes(10), "no frames"),
    ],
)
def test_what_holds_no_audio_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(content)
    with pytest.raises(NotAudio, match=reason):
        identify(path)


@cache
def original(ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder) / f"a.{ending}", seconds=0.2).read_bytes()


@settings(max_examples=150, deadline=2000)
@given(
    ending=st.sampled_from(sorted(CODECS)),
    cut=st.floats(0, 1),
    patches=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=4),
    near_head=st.booleans(),
)
def test_damage_never_crashes_or_hangs(
    tmp_path_factory: pytest.TempPathFactory,
    ending: str,
    cut: float,
    patches: list[tuple[float, bytes]],
    near_head: bool,
) -> None:
    data = bytearray(original(ending))
    for where, patch in patches:
        at = int(where * (200 if near_head else len(data)))
        data[at : at + len(patch)] = patch
    path = tmp_path_factory.getbasetemp() / f"damaged.{ending}"
    path.write_bytes(data[: int(cut * len(data))])
    try:
        identity = identify(path)
    except NotAudio:
        return
    assert 0 < identity.audio_bytes <= path.stat().st_size


def test_names_that_a_scan_reads() -> None:
    assert all(is_audio_name(f"/m/a.b/x.{ending}") for ending in ("mp3", "FLAC", "Aiff", "m4a", "aac", "opus", "webm"))
    assert not any(is_audio_name(name) for name in ("/m/.x.mp3", "/m/._x.flac", "/m/x.txt", "/m/mp3", "/m/x.mp3.part"))
