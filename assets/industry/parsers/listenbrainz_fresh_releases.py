"""ListenBrainz fresh releases (``/1/explore/fresh-releases/``, JSON) as release entries.

One row per release group and date around today, the future included. Rows name the release too; the group is the
identity, as editions of one release come with identifiers of their own.
"""

from collections.abc import Mapping

from assets.industry.parsers.json_fields import as_mapping, as_sequence, as_text
from assets.industry.parsers.payload_error import PayloadError
from assets.industry.parsers.release_json import read_rows, release_document, texts
from assets.industry.release_entry import (
    ParsedReleases,
    ReleaseEntry,
    genre_names,
    release_date,
    release_kind,
)


def parse_listenbrainz_fresh_releases(body: bytes) -> ParsedReleases:
    """Parse one payload.

    Raises:
        PayloadError: the body is no list of fresh releases.
    """
    rows = as_sequence(as_mapping(release_document(body).get("payload")).get("releases"))
    if rows is None:
        raise PayloadError("The JSON has no payload.releases list, so it holds no ListenBrainz releases.")
    return read_rows(rows, _entry, "release")


def _entry(row: Mapping[str, object]) -> ReleaseEntry | None:
    title, artist = as_text(row.get("release_name")), as_text(row.get("artist_credit_name"))
    group, release = as_text(row.get("release_group_mbid")), as_text(row.get("release_mbid"))
    identity = group or release
    if title is None or artist is None or identity is None:
        return None
    artists = texts(row.get("artist_mbids"))
    ids = {"mb_release_group": group, "mb_release": release, "mb_artist": artists[0] if artists else None}
    return ReleaseEntry(
        source_id=identity,
        title=title,
        artist=artist,
        kind=release_kind(
            as_text(row.get("release_group_primary_type")), as_text(row.get("release_group_secondary_type"))
        ),
        released=release_date(as_text(row.get("release_date"))),
        external_ids={name: value for name, value in ids.items() if value},
        genres=genre_names(texts(row.get("release_tags"))),
        url=f"https://musicbrainz.org/release-group/{group}" if group else f"https://musicbrainz.org/release/{release}",
    )
