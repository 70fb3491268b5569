"""Parsers of bronze payloads, each a pure function of bytes, by the name that the source catalogue calls them by.

Adding a chart is one entry in the catalogue and, for a new format, one module here and one line in the registry.
"""

from collections.abc import Callable, Mapping

from assets.industry.chart_entry import ParsedChart
from assets.industry.parsers.apple_most_played import parse_apple_most_played
from assets.industry.parsers.billboard_page import parse_billboard_page
from assets.industry.parsers.deezer_chart import parse_deezer_chart
from assets.industry.parsers.payload_error import PayloadError
from assets.industry.parsers.spotify_chart_csv import parse_spotify_chart_csv

ChartParser = Callable[[bytes], ParsedChart]
"""A parser of one chart format. Raises :class:`PayloadError` for a body that is no such chart; never hangs."""

CHART_PARSERS: Mapping[str, ChartParser] = {
    "apple_most_played": parse_apple_most_played,
    "billboard_page": parse_billboard_page,
    "deezer_chart": parse_deezer_chart,
    "spotify_chart_csv": parse_spotify_chart_csv,
}
"""Chart parsers by the name that a catalogue entry's ``parser`` gives."""

FEED_PARSER = "feed"
"""Name of the parser of news feeds, RSS, RDF and Atom alike (:mod:`assets.industry.parsers.feed`)."""

__all__ = ["CHART_PARSERS", "FEED_PARSER", "ChartParser", "PayloadError"]
