"""What the parsers of release lists have in common: the JSON document, its rows, lists of texts."""

import json
from collections.abc import Callable, Mapping, Sequence

from assets.industry.parsers.json_fields import as_mapping, as_sequence, as_text, excerpt
from assets.industry.parsers.payload_error import PayloadError
from assets.industry.release_entry import ParsedReleases, ReleaseEntry, ReleaseFault


def release_document(body: bytes) -> Mapping[str, object]:
    """Return the JSON object that a body holds.

    Raises:
        PayloadError: the body is no JSON object.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"The payload is not JSON ({error}), so it lists no releases.") from None
    if not isinstance(document, dict):
        raise PayloadError("The JSON is no object, so it lists no releases.")
    return document


def texts(values: object, name: str | None = None) -> list[str]:
    """Return the texts of a JSON array, or of the field ``name`` of the objects in it; what is none is left out."""
    items = as_sequence(values) or ()
    found = [as_text(as_mapping(item).get(name) if name else item) for item in items]
    return [text for text in found if text]


def read_rows(
    rows: Sequence[object], read: Callable[[Mapping[str, object]], ReleaseEntry | None], noun: str
) -> ParsedReleases:
    """Read each row of a list; those that ``read`` returns None for, lacking what identifies a release, are faults."""
    entries: list[ReleaseEntry] = []
    faults: list[ReleaseFault] = []
    for number, row in enumerate(rows, start=1):
        entry = read(as_mapping(row))
        if entry is None:
            reason = f"The {noun} lacks its name, artist or identifier."
            faults.append(ReleaseFault(f"{noun} {number}", reason, excerpt(row)))
        else:
            entries.append(entry)
    return ParsedReleases(tuple(entries), tuple(faults))
