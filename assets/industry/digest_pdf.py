"""The digest of a day as a PDF to send and to print, with every source cited by its address.

Belongs here: layout. Does not belong here: what is in a digest (:mod:`assets.industry.digest`). fpdf2 was chosen
because it is one pure wheel without system libraries; its import takes a while, hence within the function.
"""

import importlib.util
import logging
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assets.industry.digest_body import DigestBody, ReadHighlight, ReadMove

if TYPE_CHECKING:
    from fpdf import FPDF

MEDIA_TYPE: Final = "application/pdf"

_FONT: Final = "DejaVu"
_LINE: Final = 5.0
"""Height of a line of text, mm."""
_GREY: Final = (89, 99, 110)
_BLACK: Final = (31, 35, 40)
_LINK: Final = (9, 105, 218)


def digest_pdf(body: DigestBody) -> bytes:
    """Return a digest as PDF (A4). The same digest gives the same bytes.

    Letters that the font lacks (DejaVu Sans has Latin, Greek, Cyrillic and more, but no Han) show as boxes.
    """
    page = _page(body)
    day = body.digest_date.isoformat()
    _text(page, f"Industry digest {day}", 18, bold=True)
    if body.note:
        _text(page, body.note, 11)
    for tier, lead, highlights in body.told():
        _text(page, f"For {tier}s", 14, bold=True, before=4)
        if lead is not None:
            _text(page, lead.text, 11)
        for told in highlights:
            _highlight(page, told)
    if body.movers:
        _text(page, "Top movers", 14, bold=True, before=4)
        for move in body.movers:
            _move(page, move)
        _text(page, " ".join(sorted({move.attribution for move in body.movers})), 8, colour=_GREY, before=2)
    _text(page, f"Method: {body.method}.", 8, colour=_GREY, before=2)
    return bytes(page.output())


def _page(body: DigestBody) -> "FPDF":
    from fpdf import FPDF

    # it warns of each letter that a font lacks, once for each use
    logging.getLogger("fpdf.output").setLevel(logging.ERROR)
    page = FPDF(format="A4")
    page.set_auto_page_break(True, margin=15)
    page.set_margin(18)
    for style, name in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        page.add_font(_FONT, style, _fonts() / name)
    page.set_title(f"Industry digest {body.digest_date.isoformat()}")
    page.set_creator("Backbeat")
    page.set_creation_date(datetime.combine(body.digest_date, time(), UTC))
    page.add_page()
    return page


def _fonts() -> Path:
    """Return the folder of the fonts that matplotlib ships, without importing it."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise FileNotFoundError("matplotlib is not installed, whose DejaVu Sans the PDF is set in.")
    return Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"


def _highlight(page: "FPDF", told: ReadHighlight) -> None:
    _text(page, told.title, 11, bold=True, before=2)
    _text(page, f"{told.source}, {told.category}, impact {told.impact}", 8, colour=_GREY)
    if told.summary:
        _text(page, told.summary, 10)
    _text(page, told.url, 8, colour=_LINK, link=told.url)


def _move(page: "FPDF", move: ReadMove) -> None:
    before = move.previous_position or move.movement.replace("_", " ")
    _text(page, f"{move.position} ({before})  {move.artist} – {move.title}", 10, bold=True, before=1.5)
    if move.breakout_reason:
        _text(page, move.breakout_reason, 9)
    _text(page, f"{move.platform} {move.chart} {move.country}, {move.chart_date}", 8, colour=_GREY)
    _text(page, move.url, 8, colour=_LINK, link=move.url)


def _text(
    page: "FPDF",
    text: str,
    points: float,
    *,
    bold: bool = False,
    colour: tuple[int, int, int] = _BLACK,
    before: float = 0.0,
    link: str = "",
) -> None:
    """Write one paragraph over the whole width."""
    page.set_font(_FONT, "B" if bold else "", points)
    page.set_text_color(*colour)
    if before:
        page.ln(before)
    # characters of control have no place in a PDF's text
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    page.multi_cell(0, _LINE * points / 10, plain, align="L", new_x="LMARGIN", new_y="NEXT", link=link)
