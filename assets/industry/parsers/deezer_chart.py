"""Deezer's chart (``api.deezer.com/chart/<genre>`` or ``.../tracks``, JSON) as chart entries.

Deezer answers errors with HTTP 200 and an ``error`` object. The payload carries no date.
"""

import json
from collections.abc import Mapping

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import as_count, as_mapping, as_sequence, as_text, excerpt
from assets.industry.parsers.payload_error import PayloadError


def parse_deezer_chart(body: bytes) -> ParsedChart:
    """Parse the track chart of one payload; ``chart_date`` is None.

    Raises:
        PayloadError: the body is an error object, or no such chart.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"The payload is not JSON ({error}), so it is no Deezer chart.") from None
    root = as_mapping(document)
    if "error" in root:
        raise PayloadError(f"Deezer answered with an error instead of a chart: {excerpt(root['error'])}.")
    rows = as_sequence(as_mapping(root.get("tracks", root)).get("data"))
    if rows is None:
        raise PayloadError("The JSON has no tracks.data list, so it is no Deezer chart.")
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for number, row in enumerate(rows, start=1):
        entry = _entry(as_mapping(row))
        if entry is None:
            faults.append(ChartFault(f"track {number}", "The track lacks its title, artist or position.", excerpt(row)))
        else:
            entries.append(entry)
    return ParsedChart(None, tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _entry(row: Mapping[str, object]) -> ChartEntry | None:
    artist = as_mapping(row.get("artist"))
    title, name, position = as_text(row.get("title")), as_text(artist.get("name")), as_count(row.get("position"))
    if title is None or name is None or not position:
        return None
    ids = {
        "deezer_track": as_text(row.get("id")),
        "deezer_artist": as_text(artist.get("id")),
        "isrc": as_text(row.get("isrc")),
    }
    return ChartEntry(
        position=position,
        title=title,
        artist=name,
        external_ids={name: value for name, value in ids.items() if value},
        url=as_text(row.get("link")),
    )
