"""The digest of a day as CSV (RFC 4180, UTF-8), for spreadsheets and scripts: a row for each lead, highlight and mover.

Belongs here: columns and quoting. Does not belong here: what is in a digest (:mod:`assets.industry.digest`).
"""

import csv
import io
from typing import Final

from assets.industry.digest_body import DigestBody

COLUMNS: Final = (
    "digest_date", "section", "tier", "rank", "title", "artist", "source", "url", "category", "impact", "text", "chart",
    "chart_date", "position", "previous_position", "movement", "velocity", "attribution", "method",
)  # fmt: skip
"""Header; cells that a section has no value for are empty."""

MEDIA_TYPE: Final = "text/csv; charset=utf-8"

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""First letters that make a spreadsheet run a cell as a formula (OWASP, "CSV Injection")."""


def digest_csv(body: DigestBody) -> bytes:
    """Return a digest as CSV. Text of feeds that would be run as a formula gets an apostrophe in front."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(body):
        known = {"digest_date": body.digest_date.isoformat(), "method": body.method, **row}
        writer.writerow({name: _cell(value) for name, value in known.items()})
    return buffer.getvalue().encode()


def _rows(body: DigestBody) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for tier, lead, highlights in body.told():
        if lead is not None:
            rows.append({"section": "lead", "tier": tier, "text": lead.text, "url": " ".join(lead.urls)})
        rows += [
            {
                "section": "highlight",
                "tier": tier,
                "rank": rank,
                "text": told.summary,
                **told.model_dump(include={"title", "source", "url", "category", "impact"}),
            }
            for rank, told in enumerate(highlights, start=1)
        ]
    rows += [
        {
            "section": "mover",
            "rank": rank,
            "chart": f"{move.platform} {move.chart} {move.country}",
            "text": move.breakout_reason,
            **move.model_dump(exclude={"platform", "chart", "country", "breakout_reason"}),
        }
        for rank, move in enumerate(body.movers, start=1)
    ]
    return rows


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
