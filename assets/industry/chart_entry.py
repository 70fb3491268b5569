"""One line of a published chart, and the keys by which the same track is known again on another day.

Belongs here: the record that every chart parser returns and the normalisation of artist and title. Does not belong
here: reading a publisher's format (``parsers/``), or anything computed from more than one chart (``chart_movers``).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

_FEATURED = re.compile(
    r"\s*[(\[]\s*(?:feat|ft|featuring|with)\b\.?\s[^)\]]*[)\]]?|\s+(?:feat\.|ft\.|featuring\s).*$", re.IGNORECASE
)
_GUESTS = re.compile(
    r"\s+[(\[].*$|\s*(?:,|&|\+|/|\band\b|\bwith\b|\bx\b(?=\s+\w)|\bfeat\b\.?|\bft\b\.?|\bfeaturing\b)\s+(?!the\b).*$",
    re.IGNORECASE,
)
_YEAR_SUFFIX = re.compile(r"\s*(?:[(\[](?:19|20)\d\d[)\]]|-\s*(?:19|20)\d\d)\s*$")
_REMASTER_SUFFIX = re.compile(
    r"\s*(?:-\s*|[(\[])(?:(?:19|20)\d\d\s+)?remaster(?:ed)?(?:\s+(?:19|20)\d\d)?[)\]]?\s*$", re.I
)
_APOSTROPHE = re.compile(r"[’‘'`´]")
_NOT_WORD = re.compile(r"[^\w]+|_+")


@dataclass(frozen=True)
class ChartEntry:
    """One position of a chart as its publisher printed it.

    Attributes:
        position: rank, from 1.
        title: title as printed.
        artist: whole artist credit as printed.
        external_ids: the publisher's identifiers, e.g. ``{"apple_song": "1621119447"}``.
        url: page of the entry, where the payload names one.
        streams: plays in the chart's period, where the payload counts them.
        publisher_previous: position in the publisher's preceding chart; None for new entries and re-entries.
        publisher_peak: the publisher's best position so far. May count later weeks: never compute with it.
        publisher_weeks_on: the publisher's count of weeks on the chart. May count later weeks, like the peak.
    """

    position: int
    title: str
    artist: str
    external_ids: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    streams: int | None = None
    publisher_previous: int | None = None
    publisher_peak: int | None = None
    publisher_weeks_on: int | None = None

    @property
    def track_key(self) -> str:
        """Key of the track across charts and days; see :func:`track_key`."""
        return track_key(self.artist, self.title)

    @property
    def artist_key(self) -> str:
        """Key of the first credited artist across charts and days; see :func:`artist_key`."""
        return artist_key(self.artist)


@dataclass(frozen=True)
class ChartFault:
    """A line of a chart that could not be read.

    Attributes:
        reference: where in the payload, e.g. ``row 17``.
        reason: one sentence.
        excerpt: the start of the offending text.
    """

    reference: str
    reason: str
    excerpt: str


@dataclass(frozen=True)
class ParsedChart:
    """What a chart parser returns.

    Attributes:
        chart_date: the date that the publisher gives the chart; None where the payload carries none.
        entries: the lines that could be read, in order of position.
        faults: the lines that could not.
    """

    chart_date: date | None
    entries: tuple[ChartEntry, ...]
    faults: tuple[ChartFault, ...] = ()


def artist_key(artist: str) -> str:
    """Return the key of a credit: its first name, normalised.

    Publishers credit one recording as "A & B", "A, B", "A x B", "A Featuring B" or plain "A", so everything behind the
    first separator goes, unless "the" follows ("Florence + The Machine", "Tyler, The Creator"). Coarse on purpose:
    "Earth, Wind & Fire" becomes "earth". Case, accents, punctuation, "&" and "and" do not matter.
    """
    return _normalised(_GUESTS.sub("", artist)) or _normalised(artist)


def track_key(artist: str, title: str) -> str:
    """Return ``<artist key>|<title key>``, equal for the spellings by which publishers name one recording.

    The title loses featured guests, a year suffix and a remaster suffix; two scrapers of one chart differ in
    these and in "&"/"and" on 0.03-0.2 % of rows. Remixes, live and re-recorded versions stay apart.
    """
    bare = _FEATURED.sub("", f" {title}").strip()
    bare = _YEAR_SUFFIX.sub("", _REMASTER_SUFFIX.sub("", bare))
    return f"{artist_key(artist)}|{_normalised(bare) or _normalised(title)}"


def gaps(positions: Sequence[int]) -> tuple[int, ...]:
    """Return what keeps positions from being 1..N each once: missing ranks and ranks that occur again.

    An empty result means that the positions are contiguous from 1.
    """
    seen = set(positions)
    missing = set(range(1, max(seen, default=0) + 1)) - seen
    repeated = {position for position in seen if positions.count(position) > 1}
    wrong = {position for position in seen if position < 1}
    return tuple(sorted(missing | repeated | wrong))


def _normalised(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.replace("&", " and ").replace("+", " and "))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()
    words = _NOT_WORD.sub(" ", _APOSTROPHE.sub("", bare)).strip()
    # Names made of signs alone ("!!!", "÷") are names all the same.
    return words or " ".join(bare.split())
