"""Release entries as the rows of ``industry.new_releases`` that a merge takes.

Belongs here: which of several announcements of one identifier counts, and the mapping to columns. Does not belong
here: parsing, or the columns that other tables decide (notable, leading).
"""

from collections.abc import Iterable

from assets.industry.release_entry import ReleaseEntry


def release_items(entries: Iterable[ReleaseEntry]) -> list[dict[str, object]]:
    """Return one row for each identifier; of several announcements of one, the last counts."""
    return [_row(entry) for entry in {entry.source_id: entry for entry in entries}.values()]


def _row(entry: ReleaseEntry) -> dict[str, object]:
    released = entry.released
    return {
        "source_id": entry.source_id,
        "group_key": entry.group_key,
        "title": entry.title,
        "artist": entry.artist,
        "artist_keys": list(entry.artist_keys),
        "kind": entry.kind,
        "release_date": released.day.isoformat() if released else None,
        "date_precision": released.precision if released else None,
        "external_ids": dict(entry.external_ids),
        "genres": list(entry.genres),
        "label": entry.label,
        "url": entry.url,
    }
