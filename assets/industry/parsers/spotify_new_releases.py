"""Spotify's ``browse/new-releases`` (Web API, JSON) as release entries.

Withdrawn from most applications in 2026, so its source is off. Answers before 2017 name neither artists nor dates:
such albums are faults, as a release without an artist can be linked to nothing.
"""

from collections.abc import Mapping

from assets.industry.parsers.json_fields import as_mapping, as_sequence, as_text
from assets.industry.parsers.payload_error import PayloadError
from assets.industry.parsers.release_json import read_rows, release_document, texts
from assets.industry.release_entry import (
    ParsedReleases,
    ReleaseDate,
    ReleaseEntry,
    genre_names,
    release_date,
    release_kind,
)


def parse_spotify_new_releases(body: bytes) -> ParsedReleases:
    """Parse one payload.

    Raises:
        PayloadError: the body is no list of albums; an ``error`` of the server is repeated.
    """
    document = release_document(body)
    rows = as_sequence(as_mapping(document.get("albums")).get("items"))
    if rows is None:
        said = as_text(as_mapping(document.get("error")).get("message"))
        raise PayloadError(
            f"Spotify answered with an error: {said[:200]}."
            if said
            else "The JSON has no albums.items list, so it holds no Spotify releases."
        )
    return read_rows(rows, _entry, "album")


def _entry(row: Mapping[str, object]) -> ReleaseEntry | None:
    title, identity, artists = as_text(row.get("name")), as_text(row.get("id")), texts(row.get("artists"), "name")
    if title is None or identity is None or not artists:
        return None
    first = as_mapping((as_sequence(row.get("artists")) or [None])[0])
    ids = {
        "spotify_album": identity,
        "spotify_artist": as_text(first.get("id")),
        "upc": as_text(as_mapping(row.get("external_ids")).get("upc")),
    }
    return ReleaseEntry(
        source_id=identity,
        title=title,
        artist=", ".join(artists),
        artists=tuple(artists),
        kind=release_kind(as_text(row.get("album_type"))),
        released=_released(row),
        external_ids={name: value for name, value in ids.items() if value},
        genres=genre_names(texts(row.get("genres"))),
        label=as_text(row.get("label")),
        url=f"https://open.spotify.com/album/{identity}" if identity.isalnum() else None,
    )


def _released(row: Mapping[str, object]) -> ReleaseDate | None:
    """Return the date, no more exact than Spotify says in ``release_date_precision``."""
    released, precision = release_date(as_text(row.get("release_date"))), as_text(row.get("release_date_precision"))
    if released is None or precision not in ("month", "year"):
        return released
    return ReleaseDate(released.day, "month" if precision == "month" and released.precision != "year" else "year")
