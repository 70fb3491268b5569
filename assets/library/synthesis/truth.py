"""What is exactly known of a synthesised track, and its form on disk.

Belongs here: the truth as a value, to and from JSON. Does not belong here: measuring anything against it.
"""

import json
from dataclasses import dataclass

import numpy as np

from assets.library.beat_grid import BeatGrid, Seconds
from assets.library.keys import Key
from assets.library.synthesis.recipe import SectionKind


@dataclass(frozen=True)
class TrueSection:
    """One section of the form.

    Attributes:
        kind: intro, verse, buildup, drop, breakdown, chorus or outro.
        start: seconds, on a downbeat.
        end: seconds, where the next section starts or the track ends.
        first_bar: index of its first bar.
        bars: length in bars.
        energy: 0-1, how much is going on, by construction.
    """

    kind: SectionKind
    start: float
    end: float
    first_bar: int
    bars: int
    energy: float


@dataclass(frozen=True, eq=False)
class Truth:
    """What is exactly known of a synthesised track; all times in seconds from the first sample.

    Attributes:
        bpm: tempo; the median tempo where it is not constant.
        bpm_alternatives: tempi a listener may as well tap (half of 174).
        constant_tempo: True where one straight line goes through all beats.
        key: the key of all pitched voices.
        tuning_cents: their tuning against A = 440 Hz.
        beats_per_bar: beats in a bar.
        beats: shape (n,), every beat from the first to the end of the track, sounded or not.
        downbeats: shape (bars,), the first beat of every bar.
        sections: the form; contiguous from the first beat to the end of the track.
        vocal_regions: (start, end) of every sung phrase.
        seconds: duration of the track.
        sample_rate: in Hz.
    """

    bpm: float
    bpm_alternatives: tuple[float, ...]
    constant_tempo: bool
    key: Key
    tuning_cents: float
    beats_per_bar: int
    beats: Seconds
    downbeats: Seconds
    sections: tuple[TrueSection, ...]
    vocal_regions: tuple[tuple[float, float], ...]
    seconds: float
    sample_rate: int

    @property
    def grid(self) -> BeatGrid:
        """The true beats as a beat grid (first downbeat = first beat)."""
        return BeatGrid(self.bpm, self.beats, 0, self.constant_tempo, 0.0, 1.0)

    def to_json(self) -> str:
        """The truth as JSON text; :func:`truth_from_json` reads it back unchanged."""
        record = {
            "bpm": self.bpm,
            "bpm_alternatives": list(self.bpm_alternatives),
            "constant_tempo": self.constant_tempo,
            "key": {"tonic": self.key.tonic, "mode": self.key.mode, "camelot": self.key.camelot, "name": self.key.name},
            "tuning_cents": self.tuning_cents,
            "beats_per_bar": self.beats_per_bar,
            "seconds": self.seconds,
            "sample_rate": self.sample_rate,
            "sections": [vars(section) for section in self.sections],
            "vocal_regions": [list(region) for region in self.vocal_regions],
            "downbeats": self.downbeats.tolist(),
            "beats": self.beats.tolist(),
        }
        return json.dumps(record, indent=1)


def truth_from_json(text: str) -> Truth:
    """Read what :meth:`Truth.to_json` wrote.

    Raises:
        KeyError, ValueError: the text is no truth file.
    """
    record = json.loads(text)
    return Truth(
        bpm=record["bpm"],
        bpm_alternatives=tuple(record["bpm_alternatives"]),
        constant_tempo=record["constant_tempo"],
        key=Key(record["key"]["tonic"], record["key"]["mode"]),
        tuning_cents=record["tuning_cents"],
        beats_per_bar=record["beats_per_bar"],
        beats=np.asarray(record["beats"], dtype=np.float64),
        downbeats=np.asarray(record["downbeats"], dtype=np.float64),
        sections=tuple(TrueSection(**section) for section in record["sections"]),
        vocal_regions=tuple((start, end) for start, end in record["vocal_regions"]),
        seconds=record["seconds"],
        sample_rate=record["sample_rate"],
    )
