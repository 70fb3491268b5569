"""Tracks whose truth is known, for the benchmarks: a folder with a manifest, or synthesised ones.

Belongs here: reading truths and making the synthesised set. Does not belong here: measuring or scoring.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.library.keys import Key, parse_key
from assets.library.synthesis import CLUB_FORM, SONG_FORM, TrackRecipe, synthesise
from assets.library.synthesis.recipe import Style
from assets.library.track_analysis import DecodedAudio


@dataclass(frozen=True, eq=False)
class TrueTrack:
    """A track and what is known of it.

    Attributes:
        name: for the table.
        path: the file; None for a synthesised track.
        recipe: the recipe; None for a file.
        bpm: true tempo, None where unknown or not constant.
        key: true key, None where unknown.
        beat0: time in seconds of a true beat that opens a bar, None where unknown.
        exact: whether ``beat0`` is exact to a millisecond (else the whole grid may lie a constant off).
    """

    name: str
    path: Path | None
    recipe: TrackRecipe | None
    bpm: float | None
    key: Key | None
    beat0: float | None
    exact: bool

    def audio(self) -> tuple[DecodedAudio, NDArray[np.float64] | None, NDArray[np.float64] | None]:
        """Samples, true beats and true downbeats (None where unknown)."""
        if self.recipe is not None:
            made = synthesise(self.recipe)
            audio = DecodedAudio(made.samples, self.recipe.sample_rate, "synthesised", None)
            return audio, made.truth.beats, made.truth.downbeats
        from assets.library.decode import decode_file

        if self.path is None:
            raise ValueError(f"{self.name} has neither file nor recipe")
        audio = decode_file(self.path)
        if self.bpm is None or self.beat0 is None:
            return audio, None, None
        beats = np.arange(self.beat0, audio.seconds, 60 / self.bpm)
        return audio, beats, beats[::4]


def manifest_tracks(folder: Path) -> Iterator[TrueTrack]:
    """Tracks of ``folder/manifest.csv`` with a tempo or key stated by their source (origin A) or by construction (B).

    Raises:
        FileNotFoundError: the folder has no manifest.
    """
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["ground_truth_origin"][:1] not in "AB":
                continue
            changes = "changes" in row["known_bpm"]
            bpm = None if changes else _number(row["known_bpm"])
            key = _key(row["known_key"])
            if (bpm is None and key is None) or not (folder / row["file"]).is_file():
                continue
            beat0 = _number(row["known_beat0_s"])
            yield TrueTrack(row["file"], folder / row["file"], None, bpm, key, beat0, False)


def _number(text: str) -> float | None:
    """First number of a field such as ``87.5 or 175``, None where it holds none."""
    for word in text.replace("~", " ").split():
        try:
            return float(word)
        except ValueError:
            continue
    return None


def _key(text: str) -> Key | None:
    """Key of a field such as ``G minor``; None where it is empty, disputed or names no mode."""
    try:
        return parse_key(text) if text.endswith(("major", "minor")) else None
    except ValueError:
        return None


STYLES: tuple[tuple[Style, float, float], ...] = (
    ("house", 118, 130),
    ("techno", 125, 150),
    ("drum_and_bass", 168, 178),
    ("half_time", 136, 150),
    ("hip_hop", 78, 104),
)
"""Rhythm sections and their usual tempi."""


def synthetic_tracks(count: int, seed: int) -> Iterator[TrueTrack]:
    """Synthesised tracks of constant tempo; every third carries one of the hard cases.

    Args:
        count: how many.
        seed: decides tempi, keys, forms and which hard case.
    """
    rng = np.random.default_rng(seed)
    hard: tuple[dict[str, float | bool], ...] = (
        {"offbeat_hat_gain": 4.0},
        {"swing": 0.6},
        {"detune_cents": 45.0},
        {"detune_cents": -35.0},
        {"lead_in_seconds": 3.217},
        {"sub_bass": True},
        {"timing_wobble_ms": 4.0},
        {"kick": False},
        {"gain_db": -24.0},
    )
    for i in range(count):
        style, low, high = STYLES[i % len(STYLES)]
        # Half of all releases sit on whole BPM.
        bpm = float(rng.integers(int(low), int(high) + 1)) if i % 2 else round(float(rng.uniform(low, high)), 2)
        key = Key(int(rng.integers(12)), "minor" if rng.random() < 0.6 else "major")
        extra = hard[(i // 3) % len(hard)] if i % 3 == 2 else {}
        recipe = TrackRecipe(
            name=f"{i:03d} {style} {' '.join(extra) or 'plain'}",
            bpm=bpm,
            key=key,
            style=style,
            sections=SONG_FORM if style == "hip_hop" else CLUB_FORM,
            vocals=bool(rng.random() < 0.4),
            seed=int(rng.integers(1 << 30)),
            **extra,  # type: ignore[arg-type]
        )
        yield TrueTrack(recipe.name, None, recipe, bpm, key, recipe.lead_in_seconds, True)
