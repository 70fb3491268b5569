"""The Official Charts Company's chart pages in the layout of 2018 (HTML) as chart entries.

Traps of the layout: every entry is followed by three rows of links without a position; last week is ``New`` or ``Re``
where there is none; titles and artists are printed in capitals; the page's date is a range whose first day dates the
chart. The layout of today is unknown to us: its pages are refused.
"""

import re
from datetime import date, datetime

from bs4 import BeautifulSoup, Tag

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import EXCERPT_CHARS, as_rank, clean
from assets.industry.parsers.payload_error import PayloadError

_DAY = re.compile(r"(\d{1,2}) (\w+) (\d{4})")
_SITE = "https://www.officialcharts.com"
_FIGURES_FROM = 3


def parse_official_charts_page(body: bytes) -> ParsedChart:
    """Parse one page; ``chart_date`` is the first day of the chart's week.

    Raises:
        PayloadError: the page holds no chart in this layout.
    """
    page = BeautifulSoup(body, "lxml")
    rows = [
        (mark, row) for mark in page.select("table.chart-positions span.position") if (row := mark.find_parent("tr"))
    ]
    if not rows:
        title = clean(page.title.get_text()) if page.title else "no title"
        raise PayloadError(f"The page holds no chart position ({title[:80]}): another layout, or an error page.")
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for number, (mark, row) in enumerate(rows, start=1):
        entry = _entry(mark, row)
        if entry is None:
            reason = "The row lacks its position, title or artist."
            faults.append(ChartFault(f"row {number}", reason, clean(row.get_text(" "))[:EXCERPT_CHARS]))
        else:
            entries.append(entry)
    return ParsedChart(_chart_date(page), tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _chart_date(page: BeautifulSoup) -> date | None:
    week = page.select_one("p.article-date")
    found = _DAY.search(clean(week.get_text())) if week else None
    try:
        return datetime.strptime(found.group(), "%d %B %Y").date() if found else None
    except ValueError:
        return None


def _entry(mark: Tag, row: Tag) -> ChartEntry | None:
    title, artist = row.select_one("div.title"), row.select_one("div.artist")
    position = as_rank(clean(mark.get_text()))
    named = [clean(tag.get_text(" ")) if tag else "" for tag in (title, artist)]
    if not position or title is None or not all(named):
        return None
    figures = [as_rank(clean(cell.get_text())) for cell in row.find_all("td", recursive=False)[_FIGURES_FROM:]]
    last_week, link = row.select_one("span.last-week"), title.select_one("a[href]")
    address = str(link["href"]) if link else ""
    return ChartEntry(
        position=position,
        title=named[0],
        artist=named[1],
        url=_SITE + address if address.startswith("/") else None,
        publisher_previous=(as_rank(clean(last_week.get_text())) or None) if last_week else None,
        publisher_peak=(figures[0] or None) if figures else None,
        publisher_weeks_on=figures[1] if len(figures) > 1 else None,
    )
