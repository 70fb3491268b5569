"""kworb.net's copies of Spotify's daily country charts (HTML) as chart entries.

One table, ``Pos, P+, Artist and Title, Days, Pk, (x?), Streams, ...``. ``P+`` is the move since the day before: ``=``,
a signed number, ``NEW`` or ``RE``. ``Days`` counts days, not weeks, so it is not passed on as weeks. The first link of
a title is the artist, the link under ``track/`` the song; guests follow the song's name as "(w/ ...)".
"""

import re
from datetime import date

from bs4 import BeautifulSoup, Tag

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import EXCERPT_CHARS, as_count, as_rank, clean
from assets.industry.parsers.payload_error import PayloadError

_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})")
_SPOTIFY_ID = re.compile(r"/([0-9A-Za-z]{22})\.html$")
_PLACES_BEFORE_TITLE = 2
_STREAMS = 6


def parse_kworb_daily(body: bytes) -> ParsedChart:
    """Parse one page; ``chart_date`` is the date of its heading.

    Raises:
        PayloadError: the page has no table of a daily chart.
    """
    page = BeautifulSoup(body, "lxml")
    rows = page.select("table#spotifydaily tbody tr")
    if not rows:
        title = clean(page.title.get_text()) if page.title else "no title"
        raise PayloadError(f"The page has no table of a daily chart ({title[:80]}): another layout, or an error page.")
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for number, row in enumerate(rows, start=1):
        entry = _entry(row)
        if entry is None:
            reason = "The row lacks its position, artist or title."
            faults.append(ChartFault(f"row {number}", reason, clean(row.get_text(" "))[:EXCERPT_CHARS]))
        else:
            entries.append(entry)
    return ParsedChart(_chart_date(page), tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _chart_date(page: BeautifulSoup) -> date | None:
    heading = page.select_one("span.pagetitle")
    found = _DATE.search(heading.get_text()) if heading else None
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _entry(row: Tag) -> ChartEntry | None:
    cells = row.find_all("td", recursive=False)
    credit = row.select_one("td.text div") or row.select_one("td.text")
    if len(cells) <= _PLACES_BEFORE_TITLE or credit is None:
        return None
    position = as_rank(clean(cells[0].get_text()))
    # "Artist - Title": where the song is linked, its link tells the two apart though names hold " - " themselves
    song, singer = credit.select_one('a[href*="track/"]'), credit.select_one('a[href*="artist/"]')
    if song is not None and singer is not None:
        artist, title = clean(singer.get_text()), clean(song.get_text())
    else:
        artist, _, title = map(clean, credit.get_text().partition(" - "))
    if not position or not artist or not title:
        return None
    ids = {"spotify_track": _spotify_id(song), "spotify_artist": _spotify_id(singer)}
    return ChartEntry(
        position=position,
        title=title,
        artist=artist,
        external_ids={name: value for name, value in ids.items() if value},
        url=f"https://open.spotify.com/track/{ids['spotify_track']}" if ids["spotify_track"] else None,
        streams=as_count(clean(cells[_STREAMS].get_text()).replace(",", "")) if len(cells) > _STREAMS else None,
        publisher_previous=_previous(position, clean(cells[1].get_text())),
        publisher_peak=as_rank(clean(cells[4].get_text())) or None if len(cells) > _STREAMS else None,
    )


def _previous(position: int, move: str) -> int | None:
    if move == "=":
        return position
    if not re.fullmatch(r"[+-]\d{1,3}", move):
        return None
    # "+2" has risen two places
    previous = position + int(move)
    return previous if previous >= 1 else None


def _spotify_id(link: Tag | None) -> str | None:
    found = _SPOTIFY_ID.search(str(link["href"])) if link else None
    return found.group(1) if found else None
