"""Chart tables that people write themselves (CSV with a header, or JSON lines) as chart entries.

The contract is docs/how-to/landing-files.md. Columns: ``position, title, artist`` and, optional, ``streams, url,
previous, peak, weeks_on, isrc, spotify_track, apple_song, deezer_track, mb_recording``; others are ignored. The table
carries no date: the file's name does.
"""

from collections.abc import Mapping

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import as_count, as_rank
from assets.industry.parsers.table_rows import http_address, read_table

IDENTIFIERS = ("isrc", "spotify_track", "apple_song", "deezer_track", "mb_recording")
REQUIRED = ("position", "title", "artist")
OPTIONAL = ("streams", "url", "previous", "peak", "weeks_on", *IDENTIFIERS)


def parse_chart_table(body: bytes) -> ParsedChart:
    """Parse one file; ``chart_date`` is None.

    Raises:
        PayloadError: the body is no such table, or lacks a required column.
    """
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for row in read_table(body, REQUIRED):
        entry = _entry(row.fields)
        if entry is None:
            faults.append(ChartFault(row.reference, "The row lacks its position, title or artist.", row.excerpt))
        else:
            entries.append(entry)
    return ParsedChart(None, tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _entry(row: Mapping[str, str]) -> ChartEntry | None:
    position = as_rank(row.get("position"))
    if not position or not row.get("title") or not row.get("artist"):
        return None
    return ChartEntry(
        position=position,
        title=row["title"],
        artist=row["artist"],
        external_ids={name: row[name] for name in IDENTIFIERS if row.get(name)},
        url=http_address(row.get("url")),
        streams=as_count(row.get("streams", "").replace(",", "")),
        publisher_previous=as_rank(row.get("previous")) or None,
        publisher_peak=as_rank(row.get("peak")) or None,
        publisher_weeks_on=as_rank(row.get("weeks_on")),
    )
