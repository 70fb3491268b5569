"""Crates of synthesised tracks: which recipes, and how a crate lies on disk.

Belongs here: the standard crates and the writer of folders, tags, truth and manifest. Does not belong here: synthesis.
"""

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from mutagen.flac import FLAC
from mutagen.id3 import TALB, TBPM, TCON, TIT2, TKEY, TPE1
from mutagen.mp3 import MP3
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from assets.library.keys import from_camelot
from assets.library.synthesis.oscillators import Samples
from assets.library.synthesis.recipe import SONG_FORM, TRIPLET_SWING, Section, Style, TrackRecipe
from assets.library.synthesis.synthesiser import STEMS, synthesise
from assets.library.synthesis.truth import Truth

AudioFormat = Literal["flac", "wav", "mp3", "ogg"]

_CODECS: dict[AudioFormat, tuple[str, str]] = {
    "flac": ("FLAC", "PCM_16"),
    "wav": ("WAV", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
}
_WRITE_FRAMES = 1 << 16
"""Frames a write: libsndfile's Vorbis encoder overflows its stack on a whole track at once."""

MANIFEST_COLUMNS = (
    "file",
    "source",
    "commit",
    "licence",
    "duration_s",
    "sample_rate",
    "channels",
    "known_bpm",
    "known_key",
    "ground_truth_origin",
    "notes",
    "known_meter",
    "known_beat0_s",
    "truth_file",
    "est_bpm",
    "est_key",
    "codec",
    "bytes",
    "sha256",
)
"""Columns of the manifest, as in the folders of real audio that the benchmarks take."""

ALBUM = "Backbeat synthesised crate"

CLUB_LONG_FORM = (
    Section("intro", 16),
    Section("verse", 8),
    Section("breakdown", 8),
    Section("buildup", 8),
    Section("drop", 16),
    Section("outro", 16),
)

_HARD_FORM = (Section("intro", 4), Section("verse", 8), Section("drop", 8), Section("outro", 4))


@dataclass(frozen=True)
class WrittenTrack:
    """A synthesised track on disk: the recipe, the audio file, its truth and the file that holds it."""

    recipe: TrackRecipe
    path: Path
    truth: Truth
    truth_path: Path


def demo_crate(count: int = 10, seed: int = 1) -> tuple[TrackRecipe, ...]:
    """House and techno of 100-150 s that mix: neighbouring keys around 8A, tempi 122-129 BPM, drums alone at both ends.

    Args:
        count: tracks, at least 1.
        seed: another seed gives other tunes in the same keys and tempi.
    """
    camelots = ("8A", "9A", "8B", "7A", "8A", "10A", "9B", "9A", "7B", "6A", "10B", "11A")
    tempi = (124.0, 125.0, 123.0, 124.5, 126.0, 127.0, 125.5, 126.5, 122.0, 128.0, 127.5, 129.0)
    recipes = []
    for i in range(count):
        bpm = tempi[i % len(tempi)]
        style: Style = "techno" if bpm >= 126 else "house"
        recipes.append(
            TrackRecipe(
                name=f"{style.title()} {i + 1:02d}",
                artist=f"The {('Oscillators', 'Envelopes', 'Wavetables', 'Formants', 'Patch Bay')[i % 5]}",
                bpm=bpm,
                key=from_camelot(camelots[i % len(camelots)]),
                sections=CLUB_LONG_FORM if i % 2 else (*CLUB_LONG_FORM[:1], *CLUB_LONG_FORM[2:]),
                style=style,
                vocals=i % 3 == 0,
                gain_db=-float(i % 4),
                seed=seed * 1000 + i,
            )
        )
    return tuple(recipes)


def hard_cases(seed: int = 7) -> tuple[TrackRecipe, ...]:
    """Tracks of 25-75 s, each with one thing that analysis gets wrong; the name says which.

    They are those of the research notes: swing, 174/87, compound time, detuning, a 26 ms offset, silence first, drift,
    off-beat hats louder than the kick, tempo changes, plus what makes a kick hard to find.
    """
    cases = (
        _hard_case("straight", 126.0),
        _hard_case("odd tempo", 127.43),
        _hard_case("swing sixteenths", 122.0, swing=TRIPLET_SWING),
        _hard_case("swing eighths", 96.0, swing=TRIPLET_SWING, swing_division=8, style="hip_hop"),
        _hard_case("drum and bass 174", 174.0, style="drum_and_bass"),
        _hard_case("half time 174 felt as 87", 174.0, style="half_time"),
        _hard_case("six eight", 60.0, beats_per_bar=2, subdivisions=3),
        _hard_case("waltz", 140.0, beats_per_bar=3),
        _hard_case("detuned up 45 cents", 124.0, detune_cents=45.0),
        _hard_case("detuned down 30 cents", 124.0, detune_cents=-30.0),
        _hard_case("offset 26 ms", 125.0, lead_in_seconds=0.026),
        _hard_case("silence first", 128.0, lead_in_seconds=3.71),
        _hard_case("tempo drift", 124.0, tempo_drift=0.02),
        _hard_case("tempo steps", 120.0, tempo_steps=((8, 128.0), (16, 124.0))),
        _hard_case("live drummer", 118.0, timing_wobble_ms=8.0),
        _hard_case("off-beat hats", 128.0, offbeat_hat_gain=3.5),
        _hard_case("no kick", 122.0, kick=False),
        _hard_case("sub bass", 126.0, sub_bass=True),
        _hard_case("starts with a breakdown", 124.0, sections=(Section("breakdown", 8), *_HARD_FORM[1:])),
        _hard_case("song with vocals", 104.0, sections=SONG_FORM[:3], style="hip_hop", vocals=True),
        _hard_case("very quiet", 126.0, gain_db=-24.0),
        _hard_case("slow", 72.0, style="hip_hop"),
        _hard_case("fast", 160.0, style="techno"),
        _hard_case("sample rate 48000", 126.0, sample_rate=48000),
        _hard_case("sample rate 22050", 126.0, sample_rate=22050),
    )
    keys = [from_camelot(f"{1 + 5 * i % 12}{'AB'[i // 12 % 2]}") for i in range(len(cases))]
    return tuple(replace(case, key=key, seed=seed + i) for i, (case, key) in enumerate(zip(cases, keys, strict=True)))


def _hard_case(name: str, bpm: float, **changes: Any) -> TrackRecipe:
    changes.setdefault("sections", _HARD_FORM)
    return TrackRecipe(name=name, bpm=bpm, key=from_camelot("8A"), **changes)


def write_crate(
    folder: Path, recipes: Sequence[TrackRecipe], audio_format: AudioFormat = "flac", *, stems: bool = False
) -> list[WrittenTrack]:
    """Synthesise recipes into a folder: ``tracks/``, ``truth/``, ``stems/<track>/`` where wanted, and ``manifest.csv``.

    A file that is there already is replaced whole; a reader never sees half of one.

    Args:
        folder: made where it is not there.
        recipes: names must differ.
        audio_format: of the tracks; stems are 24-bit FLAC, fine enough to sum to any of them.
        stems: also write the stems.

    Raises:
        ValueError: two recipes have the same name.
    """
    slugs = [re.sub(r"[^a-z0-9]+", "_", recipe.name.lower()).strip("_") for recipe in recipes]
    if len(set(slugs)) < len(slugs):
        raise ValueError(f"two tracks of the crate have the same name: {sorted(slugs)}")
    for name in ("tracks", "truth"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    written = []
    rows = []
    for slug, recipe in zip(slugs, recipes, strict=True):
        track = synthesise(recipe)
        path = folder / "tracks" / f"{slug}.{audio_format}"
        _write_audio(path, track.samples, recipe, *_CODECS[audio_format], tagged=True)
        truth_path = folder / "truth" / f"{slug}.json"
        truth_path.write_text(track.truth.to_json(), encoding="utf-8")
        written.append(WrittenTrack(recipe, path, track.truth, truth_path))
        rows.append(_manifest_row(folder, written[-1], audio_format, "full mix"))
        if stems:
            (folder / "stems" / slug).mkdir(parents=True, exist_ok=True)
            for stem in STEMS:
                stem_path = folder / "stems" / slug / f"{stem}.flac"
                _write_audio(stem_path, track.stems[stem], recipe, "FLAC", "PCM_24", tagged=False)
                stem_track = WrittenTrack(recipe, stem_path, track.truth, truth_path)
                rows.append(_manifest_row(folder, stem_track, "flac", f"{stem} stem; the four stems sum to the mix"))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, MANIFEST_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return written


def _write_audio(
    path: Path, samples: Samples, recipe: TrackRecipe, container: str, codec: str, *, tagged: bool
) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with soundfile.SoundFile(partial, "w", recipe.sample_rate, samples.shape[1], codec, format=container) as file:
        for start in range(0, len(samples), _WRITE_FRAMES):
            file.write(np.ascontiguousarray(samples[start : start + _WRITE_FRAMES]))
    if tagged:
        _write_tags(partial, recipe, container)
    partial.replace(path)


def _write_tags(path: Path, recipe: TrackRecipe, container: str) -> None:
    genre = recipe.style.replace("_", " ").title()
    if container in ("FLAC", "OGG"):
        comments = FLAC(path) if container == "FLAC" else OggVorbis(path)
        comments["title"], comments["artist"], comments["album"] = recipe.name, recipe.artist, ALBUM
        comments["genre"], comments["bpm"], comments["initialkey"] = genre, f"{recipe.bpm:g}", recipe.key.short_name
        comments.save()
        return
    frames = (
        TIT2(encoding=3, text=recipe.name),
        TPE1(encoding=3, text=recipe.artist),
        TALB(encoding=3, text=ALBUM),
        TCON(encoding=3, text=genre),
        TBPM(encoding=3, text=f"{recipe.bpm:g}"),
        TKEY(encoding=3, text=recipe.key.short_name),
    )
    audio: Any = WAVE(path) if container == "WAV" else MP3(path)
    audio.add_tags()
    for frame in frames:
        audio.tags.add(frame)
    audio.save()


def _manifest_row(folder: Path, track: WrittenTrack, codec: str, notes: str) -> dict[str, str]:
    content = track.path.read_bytes()
    truth = track.truth
    return {
        "file": track.path.relative_to(folder).as_posix(),
        "source": "assets.library.synthesis",
        "licence": "CC0",
        "duration_s": f"{truth.seconds:.4f}",
        "sample_rate": str(truth.sample_rate),
        "channels": "2",
        "known_bpm": f"{truth.bpm:g}" if truth.constant_tempo else "",
        "known_key": truth.key.name,
        "ground_truth_origin": "A: by construction",
        "notes": notes,
        "known_meter": "6/8" if track.recipe.subdivisions == 3 else f"{truth.beats_per_bar}/4",
        "known_beat0_s": f"{truth.beats[0]:.6f}",
        "truth_file": track.truth_path.relative_to(folder).as_posix(),
        "codec": codec,
        "bytes": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
