"""MusicBrainz releases (``/ws/2/release`` searches and browses, JSON) as release entries.

The search and the newer client libraries write field names with hyphens or underscores; both are read. Dates may be
a year or a month. Pseudo-releases (translations of a track list) and bootlegs are left out: they are no releases.
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

NO_LABEL = "[no label]"
"""Special purpose label of MusicBrainz for what an artist publishes alone."""

NOT_RELEASES = frozenset({"pseudo-release", "bootleg", "withdrawn", "cancelled", "expunged"})
"""Values of ``status`` (musicbrainz.org/doc/Release#Status) that announce nothing."""


def parse_musicbrainz_releases(body: bytes) -> ParsedReleases:
    """Parse one payload.

    Raises:
        PayloadError: the body is no list of releases; an ``error`` of the server is repeated.
    """
    document = release_document(body)
    rows = as_sequence(document.get("releases"))
    if rows is None:
        said = as_text(document.get("error"))
        raise PayloadError(
            f"MusicBrainz answered with an error: {said[:200]}."
            if said
            else "The JSON has no releases list, so it holds no MusicBrainz releases."
        )
    named = [{name.replace("_", "-"): value for name, value in as_mapping(row).items()} for row in rows]
    wanted = [row for row in named if (as_text(row.get("status")) or "").lower() not in NOT_RELEASES]
    return read_rows(wanted, _entry, "release")


def _entry(row: Mapping[str, object]) -> ReleaseEntry | None:
    title, identity = as_text(row.get("title")), as_text(row.get("id"))
    credits = [as_mapping(one) for one in as_sequence(row.get("artist-credit")) or ()]
    names = [as_text(one.get("name")) or as_text(as_mapping(one.get("artist")).get("name")) for one in credits]
    artists = [name for name in names if name]
    if title is None or identity is None or not artists:
        return None
    group = {name.replace("_", "-"): value for name, value in as_mapping(row.get("release-group")).items()}
    secondary = texts(group.get("secondary-types"))
    ids = {
        "mb_release": identity,
        "mb_release_group": as_text(group.get("id")),
        "mb_artist": as_text(as_mapping(credits[0].get("artist")).get("id")),
        "barcode": as_text(row.get("barcode")),
    }
    return ReleaseEntry(
        source_id=identity,
        title=title,
        artist=_credit(credits) or artists[0],
        artists=tuple(artists),
        kind=release_kind(as_text(group.get("primary-type")), secondary[0] if secondary else None),
        released=release_date(as_text(row.get("date"))),
        external_ids={name: value for name, value in ids.items() if value},
        genres=_genres(row, group, credits),
        label=_label(row.get("label-info")),
        url=f"https://musicbrainz.org/release/{identity}",
    )


def _credit(credits: list[Mapping[str, object]]) -> str:
    """Return the names with the words between them, e.g. "A feat. B"."""
    parts = []
    for one in credits:
        parts.append(as_text(one.get("name")) or as_text(as_mapping(one.get("artist")).get("name")) or "")
        join = one.get("joinphrase")
        parts.append(join if isinstance(join, str) else "")
    return as_text("".join(parts)) or ""


def _label(value: object) -> str | None:
    labels = [as_mapping(as_mapping(one).get("label")) for one in as_sequence(value) or ()]
    named = (as_text(label.get("name")) for label in labels)
    return next((name for name in named if name and name != NO_LABEL), None)


def _genres(
    row: Mapping[str, object], group: Mapping[str, object], credits: list[Mapping[str, object]]
) -> tuple[str, ...]:
    """Return the genres of the release, else of its group, else of its first artist: the nearest that has any."""
    for owner in (row, group, as_mapping(credits[0].get("artist"))):
        names = texts(owner.get("genres"), "name") or texts(owner.get("tags"), "name")
        if names:
            return genre_names(names)
    return ()
