"""Spotify charts as downloaded CSV, in the columns of either site, as chart entries.

spotifycharts.com (until 2022): ``Position,"Track Name",Artist,Streams,URL``, often under a note line; four byte
variants of the header occur. charts.spotify.com: ``rank,uri,artist_names,track_name,source,peak_rank,previous_rank,
weeks_on_chart,streams``. Neither carries its date: the file name does.
"""

import csv
import io
from collections.abc import Mapping

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import EXCERPT_CHARS, as_count, clean
from assets.industry.parsers.payload_error import PayloadError

_HEADER_WITHIN_LINES = 3
_COLUMNS = {
    "position": "position", "rank": "position", "track name": "title", "track_name": "title", "artist": "artist",
    "artist_names": "artist", "streams": "streams", "url": "url", "uri": "url", "previous_rank": "previous",
    "peak_rank": "peak", "weeks_on_chart": "weeks_on",
}  # fmt: skip
_NEEDED = frozenset({"position", "title", "artist"})


def parse_spotify_chart_csv(body: bytes) -> ParsedChart:
    """Parse one file; ``chart_date`` is None.

    Raises:
        PayloadError: the body is no text, or has no header of a chart in its first lines.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"The file is not UTF-8 text ({error.reason} at byte {error.start}).") from None
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise PayloadError(f"The file is not CSV ({error}).") from None
    heads = [[_COLUMNS.get(clean(cell).lower(), "") for cell in line] for line in lines[:_HEADER_WITHIN_LINES]]
    start = next((number for number, head in enumerate(heads, start=1) if set(head) >= _NEEDED), None)
    if start is None:
        raise PayloadError(
            "No line at the top of the file names position, track and artist, so it is no Spotify chart."
        )
    names = heads[start - 1]
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for number, line in enumerate(lines[start:], start=start + 1):
        if not any(line):
            continue
        entry = _entry(dict(zip(names, map(clean, line), strict=False)))
        if entry is None:
            faults.append(
                ChartFault(
                    f"line {number}", "The line lacks its position, track or artist.", ",".join(line)[:EXCERPT_CHARS]
                )
            )
        else:
            entries.append(entry)
    return ParsedChart(None, tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _entry(row: Mapping[str, str]) -> ChartEntry | None:
    position = as_count(row.get("position"))
    if not position or not row.get("title") or not row.get("artist"):
        return None
    address = row.get("url", "")
    track = address.replace("/", ":").rpartition("track:")[2].partition("?")[0]
    previous = as_count(row.get("previous"))
    return ChartEntry(
        position=position,
        title=row["title"],
        artist=row["artist"],
        external_ids={"spotify_track": track} if track.isalnum() else {},
        url=f"https://open.spotify.com/track/{track}" if track.isalnum() else None,
        streams=as_count(row.get("streams", "").replace(",", "")),
        publisher_previous=previous or None,
        publisher_peak=as_count(row.get("peak")) or None,
        publisher_weeks_on=as_count(row.get("weeks_on")) or None,
    )
