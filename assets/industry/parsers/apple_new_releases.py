"""Apple Music feeds (``rss.marketingtools.apple.com``, JSON) of albums or songs as release entries.

All of these feeds have one form. Titles end in "- Single" or "- EP"; what has no suffix is an album in a feed of
albums. Genre "Music" is on everything.
"""

from collections.abc import Mapping

from assets.industry.parsers.json_fields import as_mapping, as_sequence, as_text
from assets.industry.parsers.payload_error import PayloadError
from assets.industry.parsers.release_json import read_rows, release_document, texts
from assets.industry.parsers.table_rows import http_address
from assets.industry.release_entry import (
    Kind,
    ParsedReleases,
    ReleaseEntry,
    genre_names,
    release_date,
    without_form,
)

_KINDS: Mapping[str, Kind] = {"albums": "album", "songs": "single"}


def parse_apple_new_releases(body: bytes) -> ParsedReleases:
    """Parse one payload.

    Raises:
        PayloadError: the body is no such feed.
    """
    rows = as_sequence(as_mapping(release_document(body).get("feed")).get("results"))
    if rows is None:
        raise PayloadError("The JSON has no feed.results list, so it is no Apple feed.")
    return read_rows(rows, _entry, "result")


def _entry(row: Mapping[str, object]) -> ReleaseEntry | None:
    name, artist, identity = as_text(row.get("name")), as_text(row.get("artistName")), as_text(row.get("id"))
    if name is None or artist is None or identity is None:
        return None
    title, form = without_form(name)
    feed_kind = as_text(row.get("kind")) or ""
    ids = {f"apple_{feed_kind.removesuffix('s') or 'item'}": identity, "apple_artist": as_text(row.get("artistId"))}
    return ReleaseEntry(
        source_id=identity,
        title=title,
        artist=artist,
        kind=form or _KINDS.get(feed_kind, "other"),
        released=release_date(as_text(row.get("releaseDate"))),
        external_ids={key: value for key, value in ids.items() if value},
        genres=genre_names(texts(row.get("genres"), "name")),
        url=http_address(as_text(row.get("url"))),
    )
