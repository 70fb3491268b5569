"""Tables that people write themselves: CSV with a header line, or one JSON object a line, as rows of text.

Belongs here: reading bytes into named fields. Does not belong here: what the fields mean (the contracts).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assets.industry.parsers.json_fields import EXCERPT_CHARS, as_text, clean
from assets.industry.parsers.payload_error import PayloadError

MAX_ROWS = 1_000_000
"""Rows read of one file; a longer one is refused whole, because half a file is worse than none."""


@dataclass(frozen=True)
class TableRow:
    """One row.

    Attributes:
        reference: where in the file, e.g. ``line 17``.
        fields: values by column name in lower case; empty where the row has none.
        excerpt: the start of the row as text.
    """

    reference: str
    fields: Mapping[str, str]
    excerpt: str


def read_table(body: bytes, required: Sequence[str]) -> list[TableRow]:
    """Read a table; a row that cannot be read has no fields.

    Args:
        body: UTF-8 text: CSV (comma, semicolon or tab) with a header line, or JSON lines.
        required: columns that the header must have; each JSON line is judged by whoever uses its fields.

    Raises:
        PayloadError: the body is no such table, lacks a required column, or has more than ``MAX_ROWS`` rows.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PayloadError(f"The file is not UTF-8 text ({error.reason} at byte {error.start}).") from None
    if not text.strip():
        raise PayloadError("The file is empty.")
    rows: list[TableRow] = []
    for row in _json_lines(text) if text.lstrip().startswith("{") else _csv_lines(text, required):
        if len(rows) == MAX_ROWS:
            raise PayloadError(f"The file has more than {MAX_ROWS} rows; split it.")
        rows.append(row)
    return rows


def http_address(text: str | None) -> str | None:
    """Return text where it is an http(s) address, else None."""
    return text if text and text.lower().startswith(("http://", "https://")) else None


def _json_lines(text: str) -> Iterator[TableRow]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        fields = (
            {}
            if not isinstance(value, dict)
            else {clean(str(name)).lower(): _scalar(one) for name, one in value.items()}
        )
        yield TableRow(f"line {number}", fields, clean(line)[:EXCERPT_CHARS])


def _scalar(value: object) -> str:
    return repr(value) if isinstance(value, float) else as_text(value) or ""


def _csv_lines(text: str, required: Sequence[str]) -> Iterator[TableRow]:
    header = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names: list[str] | None = None
    try:
        for cells in reader:
            if not any(map(str.strip, cells)):
                continue
            if names is None:
                names = [clean(cell).lower().replace(" ", "_") for cell in cells]
                missing = [name for name in required if name not in names]
                if missing:
                    raise PayloadError(
                        f"The header has no column {', '.join(missing)}; it has {', '.join(names)[:200]}."
                    )
                continue
            fields = dict(zip(names, map(clean, cells), strict=False))
            yield TableRow(f"line {reader.line_num}", fields, clean(delimiter.join(cells))[:EXCERPT_CHARS])
    except csv.Error as error:
        raise PayloadError(f"The file is not CSV ({error}, line {reader.line_num}).") from None
