"""Playlist placements, radio plays and social signals in tables that users write themselves (CSV or JSON lines).

Each contract is written down in docs/how-to/landing-files.md. Columns that a contract does not name are ignored; a row
that breaks it is a fault and the others are read.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from assets.industry.catalogue import COUNTRY_PATTERN
from assets.industry.parsers.table_rows import http_address, read_table
from assets.industry.signal_entry import ParsedSignals, SignalEntry, SignalFault

PLAYLIST_COLUMNS = ("date", "platform", "playlist", "artist", "title")
RADIO_COLUMNS = ("date", "station", "artist", "title", "plays")
SOCIAL_COLUMNS = ("date", "platform", "metric", "value", "artist")
RADIO = "radio"
"""Platform of radio plays."""

_METRIC = re.compile(r"[a-z][a-z0-9_]{0,59}$")
_COUNTRY = re.compile(COUNTRY_PATTERN)
_NAME_CHARS = 300

Row = Mapping[str, str]


class _BadRowError(ValueError):
    """A row breaks its contract; the message is one sentence."""


def parse_playlist_placements(body: bytes) -> ParsedSignals:
    """Parse placements: ``position`` and ``followers`` become a number each; a row needs one of them.

    Raises:
        PayloadError: the file is no table, or lacks a required column.
    """
    return _parsed(body, PLAYLIST_COLUMNS, _placement)


def parse_radio_plays(body: bytes) -> ParsedSignals:
    """Parse plays of a track on a station.

    Raises:
        PayloadError: the file is no table, or lacks a required column.
    """
    return _parsed(body, RADIO_COLUMNS, _plays)


def parse_social_signals(body: bytes) -> ParsedSignals:
    """Parse numbers of social and video platforms; a row without ``title`` counts its artist.

    Raises:
        PayloadError: the file is no table, or lacks a required column.
    """
    return _parsed(body, SOCIAL_COLUMNS, _social)


def _parsed(body: bytes, columns: Sequence[str], read: Callable[[Row], Iterator[SignalEntry]]) -> ParsedSignals:
    entries: list[SignalEntry] = []
    faults: list[SignalFault] = []
    for row in read_table(body, columns):
        try:
            entries += list(read(row.fields))
        except _BadRowError as error:
            faults.append(SignalFault(row.reference, str(error), row.excerpt))
    return ParsedSignals(tuple(entries), tuple(faults))


def _placement(row: Row) -> Iterator[SignalEntry]:
    metrics = [(name, column) for column, name in _PLACEMENT_METRICS.items() if row.get(column)]
    if not metrics:
        raise _BadRowError("The row has neither position nor followers.")
    for metric, column in metrics:
        if column == "position" and _number(row, column) < 1:
            raise _BadRowError("position counts from 1.")
        yield _entry(row, _name(row, "platform").lower(), _name(row, "playlist"), metric, column, _name(row, "title"))


_PLACEMENT_METRICS: Mapping[str, str] = {"position": "playlist_position", "followers": "playlist_followers"}


def _plays(row: Row) -> Iterator[SignalEntry]:
    yield _entry(row, RADIO, _name(row, "station"), "plays", "plays", _name(row, "title"))


def _social(row: Row) -> Iterator[SignalEntry]:
    metric = _name(row, "metric").lower().replace(" ", "_")
    if not _METRIC.match(metric):
        raise _BadRowError("metric is a name of letters, digits and underscores, such as views.")
    place = row.get("account", "")[:_NAME_CHARS]
    yield _entry(row, _name(row, "platform").lower(), place, metric, "value", row.get("title") or None)


def _entry(row: Row, platform: str, place: str, metric: str, column: str, title: str | None) -> SignalEntry:
    country = (row.get("country") or "global").lower()
    if not _COUNTRY.match(country):
        raise _BadRowError("country is a code of two letters (ISO 3166), or global.")
    return SignalEntry(
        day=_day(row),
        platform=platform,
        place=place,
        metric=metric,
        value=_number(row, column),
        artist=_name(row, "artist"),
        title=title[:_NAME_CHARS] if title else None,
        country=country,
        url=http_address(row.get("url")),
    )


def _name(row: Row, column: str) -> str:
    value = row.get(column, "")[:_NAME_CHARS]
    if not value:
        raise _BadRowError(f"The row has no {column}.")
    return value


def _day(row: Row) -> date:
    text = row.get("date", "")
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _BadRowError(f"date is not YYYY-MM-DD but {text[:20]!r}.") from None


def _number(row: Row, column: str) -> float:
    text = row.get(column, "").replace(",", "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise _BadRowError(f"{column} is no number from 0 up: {text[:20]!r}.")
    return value
