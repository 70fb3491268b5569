"""One announced release, and the keys by which it is known again in another source.

Belongs here: the record that every release parser returns, reading partial dates, the grouping key. Does not belong
here: reading a source's format (``parsers/``), or judging who is notable (``sql/statements/merge_releases.sql``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from assets.industry.chart_entry import artist_key, track_key

Kind = Literal[
    "album", "single", "ep", "compilation", "live", "remix", "soundtrack", "mixtape", "broadcast", "other"
]  # fmt: skip
Precision = Literal["day", "month", "year"]

MAX_GENRES = 20
MIN_YEAR = 1860
"""No recording is older (the phonautograph, 1857-60): earlier years are typing errors."""

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")
_FORM_SUFFIX = re.compile(r"\s+-\s+(single|ep)$", re.IGNORECASE)
_SECONDARY: Mapping[str, Kind] = {
    "compilation": "compilation", "live": "live", "remix": "remix", "dj-mix": "remix", "soundtrack": "soundtrack",
    "mixtape/street": "mixtape",
}  # fmt: skip
_PRIMARY: Mapping[str, Kind] = {
    "album": "album", "single": "single", "ep": "ep", "broadcast": "broadcast", "compilation": "compilation",
    "appears_on": "other",
}  # fmt: skip


@dataclass(frozen=True)
class ReleaseDate:
    """A release date as far as it is known; ``day`` is the first day that it allows."""

    day: date
    precision: Precision


@dataclass(frozen=True)
class ReleaseEntry:
    """One release as a source announces it.

    Attributes:
        source_id: its identity within the source.
        title: title, without suffixes that only tell its form.
        artist: whole artist credit.
        artists: the credited artists one by one; empty where the source does not tell them apart.
        kind: what sort of release it is.
        released: its date; None where the source gives none that can be read.
        external_ids: identifiers, e.g. ``{"mb_release_group": "..."}``.
        genres: genres and tags in lower case.
        label: first label.
        url: its page.
    """

    source_id: str
    title: str
    artist: str
    artists: tuple[str, ...] = ()
    kind: Kind = "other"
    released: ReleaseDate | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)
    genres: tuple[str, ...] = ()
    label: str | None = None
    url: str | None = None

    @property
    def artist_keys(self) -> tuple[str, ...]:
        """Keys of the credited artists, as those of chart entries; never empty."""
        return tuple(dict.fromkeys(artist_key(name) for name in self.artists or (self.artist,)))

    @property
    def group_key(self) -> str:
        """Key that the same release has in other sources.

        A single and the album that it names are two releases, so the form is part of the key; EPs and albums are not
        told apart, because sources differ there.
        """
        form = "single" if self.kind == "single" else "longer"
        return f"{track_key(self.artists[0] if self.artists else self.artist, self.title)}|{form}"


@dataclass(frozen=True)
class ReleaseFault:
    """An announcement that could not be read: where in the payload, why in one sentence, and how it begins."""

    reference: str
    reason: str
    excerpt: str


@dataclass(frozen=True)
class ParsedReleases:
    """What a release parser returns: what could be read, in the payload's order, and what could not."""

    entries: tuple[ReleaseEntry, ...]
    faults: tuple[ReleaseFault, ...] = ()


def release_date(text: str | None) -> ReleaseDate | None:
    """Read ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; anything else, and what is no date, gives None."""
    found = _PARTIAL_DATE.match(text or "")
    if not found or int(found.group(1)) < MIN_YEAR:
        return None
    year, month, day = found.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return ReleaseDate(first, "day" if day else "month" if month else "year")


def release_kind(primary: str | None, secondary: str | None = None) -> Kind:
    """Return the kind by the type names of MusicBrainz, ListenBrainz or Spotify; a secondary type says more."""
    return _SECONDARY.get((secondary or "").lower()) or _PRIMARY.get((primary or "").lower(), "other")


def without_form(title: str) -> tuple[str, Kind | None]:
    """Split the suffix "- Single" or "- EP" off a title, as Apple's titles carry it."""
    found = _FORM_SUFFIX.search(title)
    if not found:
        return title, None
    return title[: found.start()], "single" if found.group(1).lower() == "single" else "ep"


def genre_names(names: list[str]) -> tuple[str, ...]:
    """Return genre names in lower case, each once, at most ``MAX_GENRES``; Apple's "Music" is on everything."""
    return tuple(dict.fromkeys(name.lower() for name in names if name.lower() != "music"))[:MAX_GENRES]
