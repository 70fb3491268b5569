"""Reading fields of JSON that somebody else wrote: the wanted type, or nothing."""

import json
from collections.abc import Mapping, Sequence

EXCERPT_CHARS = 300
"""Characters of an offending payload kept beside the reason, enough to recognise it by."""

MAX_BIGINT = 2**63 - 1
"""Largest integer that a ``bigint`` column holds."""

MAX_SMALLINT = 2**15 - 1
"""Largest integer that a ``smallint`` column holds."""


def as_mapping(value: object) -> Mapping[str, object]:
    """Return a JSON object, or an empty mapping for anything else."""
    return value if isinstance(value, dict) else {}


def as_sequence(value: object) -> Sequence[object] | None:
    """Return a JSON array, or None for anything else."""
    return value if isinstance(value, list) else None


def as_text(value: object) -> str | None:
    """Return a string or a number as trimmed text without NUL characters, or None where nothing is left."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return clean(str(value)) or None


def as_rank(value: object) -> int | None:
    """Return a non-negative integer that a ``smallint`` column holds, or None: ranks and weeks are never larger."""
    count = as_count(value)
    return count if count is not None and count <= MAX_SMALLINT else None


def as_count(value: object) -> int | None:
    """Return a non-negative integer, given as a number or as digits, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MAX_BIGINT)):
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= MAX_BIGINT else None


def clean(text: str) -> str:
    """Return text with white space collapsed and without what PostgreSQL or UTF-8 cannot hold."""
    storable = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return " ".join(storable.split())


def excerpt(value: object) -> str:
    """Return the start of a JSON value as text, to recognise it by."""
    return clean(json.dumps(value, ensure_ascii=False, default=str))[:EXCERPT_CHARS]
