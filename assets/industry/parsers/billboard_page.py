"""Billboard's chart pages in the layout in use since November 2021 (HTML) as chart entries.

Traps of the layout, met in recorded pages: the id ``title-of-a-story`` is on every title; badges (``NEW``, ``RE-
ENTER``) stand among the labels, twice, before the artist; the three figures occur twice (wide screen and phone);
``-`` is printed for "no last week", on re-entries too; ``<time>`` elements hold no date of the chart.
"""

from datetime import date

from bs4 import BeautifulSoup, Tag

from assets.industry.chart_entry import ChartEntry, ChartFault, ParsedChart
from assets.industry.parsers.json_fields import EXCERPT_CHARS, as_count, clean
from assets.industry.parsers.payload_error import PayloadError

_ROW = "div.o-chart-results-list-row-container"
_FIGURES = 3


def parse_billboard_page(body: bytes) -> ParsedChart:
    """Parse one page; ``chart_date`` is the "week of" date of its date picker.

    Raises:
        PayloadError: the page holds no row of a chart, or none that can be read.
    """
    page = BeautifulSoup(body, "lxml")
    rows = page.select(_ROW)
    if not rows:
        title = clean(page.title.get_text()) if page.title else "no title"
        raise PayloadError(f"The page holds no chart row ({title[:80]}): another layout, or an error page.")
    entries: list[ChartEntry] = []
    faults: list[ChartFault] = []
    for number, row in enumerate(rows, start=1):
        try:
            entries.append(_entry(row))
        except PayloadError as error:
            faults.append(ChartFault(f"row {number}", str(error), clean(row.get_text(" "))[:EXCERPT_CHARS]))
    return ParsedChart(_chart_date(page), tuple(sorted(entries, key=lambda entry: entry.position)), tuple(faults))


def _chart_date(page: BeautifulSoup) -> date | None:
    picker = page.select_one("#chart-date-picker[data-date]")
    try:
        return date.fromisoformat(str(picker["data-date"])) if picker else None
    except ValueError:
        return None


def _entry(row: Tag) -> ChartEntry:
    position = as_count(_text(row.select_one("span.c-label")))
    heading = row.select_one("h3#title-of-a-story, h3.c-title")
    title = _text(heading)
    if not position or heading is None or not title:
        raise PayloadError("The row has no rank or no title.")
    credit = heading.find_next_sibling("span", class_="c-label")
    artist = _text(credit if isinstance(credit, Tag) else None)
    if not isinstance(credit, Tag) or not artist:
        raise PayloadError("The row has no artist beside its title.")
    figures = [
        _text(label) for label in credit.find_all_next("span", class_="c-label", limit=_FIGURES) if row in label.parents
    ]
    if len(figures) < _FIGURES:
        raise PayloadError("The row lacks last week, peak or weeks on chart.")
    previous, peak, weeks = (as_count(figure) for figure in figures)
    link = heading.select_one("a[href]") or credit.select_one("a[href]")
    return ChartEntry(
        position=position,
        title=title,
        artist=artist,
        url=str(link["href"]) if link else None,
        publisher_previous=previous,
        publisher_peak=peak,
        publisher_weeks_on=weeks,
    )


def _text(tag: Tag | None) -> str:
    return clean(tag.get_text(" ")) if tag else ""
