"""Chart pages of acharts.co (HTML with schema.org marks) as chart entries; it lists national charts such as Canada's.

``(new)`` and ``(re)`` stand where there was no last week. The page names its artists one by one, the words between
them ("and", "featuring") being plain text.
"""

import re
from datetime import date, datetime

from bs4 import BeautifulSoup, Tag

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import EXCERPT_CHARS, as_rank, clean
from assets.industry.parsers.payload_error import PayloadError

_DAY = re.compile(r"\(([A-Z][a-z]+ \d{1,2}, \d{4})\)")


def parse_acharts_page(body: bytes) -> ParsedChart:
    """Parse one page; ``chart_date`` is the date in its title.

    Raises:
        PayloadError: the page holds no list of songs with positions.
    """
    page = BeautifulSoup(body, "lxml")
    title = clean(page.title.get_text()) if page.title else "no title"
    rows = page.select('tr[itemprop="itemListElement"]')
    if not rows:
        raise PayloadError(f"The page lists no song ({title[:80]}): another layout, or an error page.")
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for number, row in enumerate(rows, start=1):
        entry = _entry(row)
        if entry is None:
            reason = "The row lacks its position, title or artist."
            faults.append(ChartFault(f"row {number}", reason, clean(row.get_text(" "))[:EXCERPT_CHARS]))
        else:
            entries.append(entry)
    return ParsedChart(_chart_date(title), tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _chart_date(title: str) -> date | None:
    found = _DAY.search(title)
    try:
        return datetime.strptime(found.group(1), "%B %d, %Y").date() if found else None
    except ValueError:
        return None


def _entry(row: Tag) -> ChartEntry | None:
    position = as_rank(_text(row.select_one('[itemprop="position"]')))
    song = row.select_one('a[itemprop="url"]')
    artists = row.select('[itemprop="byArtist"]')
    credit = artists[0].parent if artists else None
    title, artist = _text(song), _text(credit).replace(" ,", ",")
    if not position or song is None or not title or not artist:
        return None
    figures = [as_rank(_text(cell)) for cell in row.select("td.cStats.cShidden")]
    return ChartEntry(
        position=position,
        title=title,
        artist=artist,
        url=str(song.get("href")),
        publisher_previous=as_rank(_text(row.select_one("td.cStats.cMhidden"))) or None,
        publisher_peak=(figures[0] or None) if figures else None,
        publisher_weeks_on=figures[1] if len(figures) > 1 else None,
    )


def _text(tag: Tag | None) -> str:
    return clean(tag.get_text(" ")) if tag else ""
