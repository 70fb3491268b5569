"""Parsers of bronze payloads, each a pure function of bytes, by the name that the source catalogue calls them by.

Adding a chart is one entry in the catalogue and, for a new format, one module here and one line in the registry.
"""

from collections.abc import Callable, Mapping

from assets.industry.chart_entry import ParsedChart
from assets.industry.parsers.acharts_page import parse_acharts_page
from assets.industry.parsers.apple_most_played import parse_apple_most_played
from assets.industry.parsers.apple_new_releases import parse_apple_new_releases
from assets.industry.parsers.billboard_page import parse_billboard_page
from assets.industry.parsers.chart_table import parse_chart_table
from assets.industry.parsers.deezer_chart import parse_deezer_chart
from assets.industry.parsers.kworb_daily import parse_kworb_daily
from assets.industry.parsers.listenbrainz_fresh_releases import parse_listenbrainz_fresh_releases
from assets.industry.parsers.listenbrainz_sitewide import parse_listenbrainz_sitewide
from assets.industry.parsers.musicbrainz_releases import parse_musicbrainz_releases
from assets.industry.parsers.official_charts_page import parse_official_charts_page
from assets.industry.parsers.payload_error import PayloadError
from assets.industry.parsers.signal_tables import (
    parse_playlist_placements,
    parse_radio_plays,
    parse_social_signals,
)
from assets.industry.parsers.spotify_chart_csv import parse_spotify_chart_csv
from assets.industry.parsers.spotify_new_releases import parse_spotify_new_releases
from assets.industry.release_entry import ParsedReleases
from assets.industry.signal_entry import ParsedSignals

ChartParser = Callable[[bytes], ParsedChart]
"""A parser of one chart format. Raises :class:`PayloadError` for a body that is no such chart; never hangs."""

CHART_PARSERS: Mapping[str, ChartParser] = {
    "acharts_page": parse_acharts_page,
    "apple_most_played": parse_apple_most_played,
    "billboard_page": parse_billboard_page,
    "chart_table": parse_chart_table,
    "deezer_chart": parse_deezer_chart,
    "kworb_daily": parse_kworb_daily,
    "listenbrainz_sitewide": parse_listenbrainz_sitewide,
    "official_charts_page": parse_official_charts_page,
    "spotify_chart_csv": parse_spotify_chart_csv,
}
"""Chart parsers by the name that a catalogue entry's ``parser`` gives."""

ReleaseParser = Callable[[bytes], ParsedReleases]
"""A parser of one list of releases. Raises :class:`PayloadError` for a body that is no such list; never hangs."""

RELEASE_PARSERS: Mapping[str, ReleaseParser] = {
    "apple_new_releases": parse_apple_new_releases,
    "listenbrainz_fresh_releases": parse_listenbrainz_fresh_releases,
    "musicbrainz_releases": parse_musicbrainz_releases,
    "spotify_new_releases": parse_spotify_new_releases,
}
"""Release parsers by the name that a catalogue entry's ``parser`` gives."""

SignalParser = Callable[[bytes], ParsedSignals]
"""A parser of one kind of the user's own files. Raises :class:`PayloadError` for what is no such file."""

SIGNAL_PARSERS: Mapping[str, SignalParser] = {
    "playlist_placements": parse_playlist_placements,
    "radio_plays": parse_radio_plays,
    "social_signals": parse_social_signals,
}
"""Signal parsers by the name that a catalogue entry's ``parser`` gives."""

FEED_PARSER = "feed"
"""Name of the parser of news feeds, RSS, RDF and Atom alike (:mod:`assets.industry.parsers.feed`)."""

__all__ = [
    "CHART_PARSERS",
    "FEED_PARSER",
    "RELEASE_PARSERS",
    "SIGNAL_PARSERS",
    "ChartParser",
    "PayloadError",
    "ReleaseParser",
    "SignalParser",
]
