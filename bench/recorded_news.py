"""The recorded feeds as news items, and the artists of the recorded charts: input of the benchmarks on news.

Belongs here: reading ``--set`` (laid out like ../shared/data). Does not belong here: truth, measuring.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from assets.industry.gazetteer import ArtistName, Credit, artist_names
from assets.industry.news_item import NewsItem, news_items
from assets.industry.parsers import CHART_PARSERS
from assets.industry.parsers.feed import parse_feed

Key = tuple[str, str]

FETCHED_AT = datetime(2026, 5, 25, tzinfo=UTC)
"""When the feeds are taken to have been fetched: after the last item of any."""

FOLDERS = ("music", "reemitted", "poll_series")
HISTORIES = ("hot100_history.csv.gz", "hot100_utdata.csv.gz", "billboard200_utdata.csv.gz")


def recorded_items(folder: Path) -> dict[Key, NewsItem]:
    """Return every item of the recorded feeds by (feed, guid); polls of one feed are one feed."""
    items: dict[Key, NewsItem] = {}
    for path in sorted(path for name in FOLDERS for path in (folder / "feeds" / name).glob("*.xml")):
        feed = path.stem.split("_20")[0]
        for item in news_items(parse_feed(path.read_bytes()).entries, FETCHED_AT, 2)[0]:
            items[feed, item.guid] = item
    return items


def recorded_artists(folder: Path) -> list[ArtistName]:
    """Return the artists that the recorded charts credit, as ``industry.artist_names`` would hold them."""
    entries: Counter[str] = Counter()
    best: dict[str, int] = {}
    for artist, position in _chart_rows(folder / "charts"):
        entries[artist] += 1
        best[artist] = min(position, best.get(artist, position))
    return artist_names(Credit(artist, count, best[artist]) for artist, count in sorted(entries.items()))


def _chart_rows(charts: Path) -> Iterator[tuple[str, int]]:
    for name in HISTORIES:
        with gzip.open(charts / "billboard" / name, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                names = {key.casefold().replace(" ", "_"): value for key, value in row.items()}
                position = names.get("this_week") or names.get("current_week") or names.get("position") or ""
                if position.isdecimal():
                    yield names.get("artist") or names["performer"], int(position)
    for path in sorted((charts / "spotify").glob("*.csv")):
        for entry in CHART_PARSERS["spotify_chart_csv"](path.read_bytes()).entries:
            yield entry.artist, entry.position
    for path in sorted((charts / "apple").glob("*.json")):
        for entry in CHART_PARSERS["apple_most_played"](path.read_bytes()).entries:
            yield entry.artist, entry.position
