"""One number that a user's own file gives: the record that every signal parser returns.

Belongs here: the record. Does not belong here: the contracts of the files (``parsers/signal_tables.py``).
"""

from dataclasses import dataclass
from datetime import date

from assets.industry.chart_entry import artist_key, track_key


@dataclass(frozen=True)
class SignalEntry:
    """One number; the fields are columns of ``industry.attention_signals``.

    Attributes:
        day: day that it counts.
        platform: where it was counted, lower case.
        place: playlist, station or account; empty for the whole platform.
        metric: what is counted.
        value: the number, not negative.
        artist: artist as written.
        title: title as written; None for numbers that count an artist.
        country: two letters in lower case, or ``global``.
        url: page of what is counted.
    """

    day: date
    platform: str
    place: str
    metric: str
    value: float
    artist: str
    title: str | None = None
    country: str = "global"
    url: str | None = None

    @property
    def artist_key(self) -> str:
        """Key of the first credited artist, as that of chart entries."""
        return artist_key(self.artist)

    @property
    def track_key(self) -> str:
        """Key of the track, as that of chart entries; empty where the number counts an artist."""
        return track_key(self.artist, self.title) if self.title else ""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same number in a later file."""
        return (self.day, self.platform, self.place, self.metric, self.artist_key, self.track_key, self.country)


@dataclass(frozen=True)
class SignalFault:
    """A row that could not be read: where in the file, why in one sentence, and how it begins."""

    reference: str
    reason: str
    excerpt: str


@dataclass(frozen=True)
class ParsedSignals:
    """What a signal parser returns: the numbers in the file's order, and the rows that could not be read."""

    entries: tuple[SignalEntry, ...]
    faults: tuple[SignalFault, ...] = ()
