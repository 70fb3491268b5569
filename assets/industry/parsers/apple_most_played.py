"""Apple Music "most played" (``rss.marketingtools.apple.com`` JSON) as chart entries.

The feed has no rank field: rank is the order of ``results``. It names neither labels nor streams.
"""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import as_mapping, as_sequence, as_text, excerpt
from assets.industry.parsers.payload_error import PayloadError


def parse_apple_most_played(body: bytes) -> ParsedChart:
    """Parse one payload; ``chart_date`` is the UTC day of the feed's ``updated``.

    Raises:
        PayloadError: the body is no such feed.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"The payload is not JSON ({error}), so it is no Apple chart.") from None
    feed = as_mapping(as_mapping(document).get("feed"))
    results = as_sequence(feed.get("results"))
    if results is None:
        raise PayloadError("The JSON has no feed.results list, so it is no Apple chart.")
    try:
        chart_date = parsedate_to_datetime(as_text(feed.get("updated")) or "").date()
    except ValueError:
        chart_date = None
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for position, result in enumerate(results, start=1):
        entry = _entry(position, as_mapping(result))
        if entry is None:
            faults.append(ChartFault(f"result {position}", "The song has no name or no artist.", excerpt(result)))
        else:
            entries.append(entry)
    return ParsedChart(chart_date, tuple(entries), tuple(faults))


def _entry(position: int, result: Mapping[str, object]) -> ChartEntry | None:
    title, artist = as_text(result.get("name")), as_text(result.get("artistName"))
    if title is None or artist is None:
        return None
    ids = {"apple_song": as_text(result.get("id")), "apple_artist": as_text(result.get("artistId"))}
    return ChartEntry(
        position=position,
        title=title,
        artist=artist,
        external_ids={name: value for name, value in ids.items() if value},
        url=as_text(result.get("url")),
    )
