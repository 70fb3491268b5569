"""Release parsers: recorded payloads against what is known of them, the traps of each format, and arbitrary bytes."""

import json
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.industry.parsers import RELEASE_PARSERS, PayloadError
from assets.industry.release_entry import ReleaseDate

MB = "{http://musicbrainz.org/ns/mmd-2.0#}"


def test_recorded_musicbrainz_release(shared: Path) -> None:
    recorded = json.loads((shared / "data/api/musicbrainz/release_official.json").read_text())
    parsed = RELEASE_PARSERS["musicbrainz_releases"](json.dumps({"releases": [recorded]}).encode())
    (release,) = parsed.entries
    assert not parsed.faults
    assert (release.title, release.artist, release.artists) == ("百花繚乱", "幾田りら", ("幾田りら",))
    assert (release.kind, release.released) == ("single", ReleaseDate(date(2025, 1, 10), "day"))
    assert release.source_id == "a5ce1d11-2e32-45a4-b37f-c1589d46b103"
    assert release.external_ids["barcode"] == "199066336168"
    assert release.genres == ("j-pop", "singer-songwriter")  # the artist's, as the release has none
    assert release.label is None  # "[no label]"


def as_json(search: bytes) -> bytes:
    """The recorded XML answer of the release search, in the field names of its JSON form."""
    rows = []
    for release in fromstring(search).iter(f"{MB}release"):  # noqa: S314 - a recorded file
        credits = [
            {
                "name": credit.findtext(f"{MB}name") or credit.findtext(f"{MB}artist/{MB}name"),
                "joinphrase": credit.get("joinphrase"),
            }
            for credit in release.iter(f"{MB}name-credit")
        ]
        group = release.find(f"{MB}release-group")
        assert group is not None
        rows.append({
            "id": release.get("id"), "title": release.findtext(f"{MB}title"), "status": release.findtext(f"{MB}status"),
            "date": release.findtext(f"{MB}date"), "artist-credit": credits,
            "release-group": {"id": group.get("id"), "primary-type": group.get("type")},
        })  # fmt: skip
    return json.dumps({"releases": rows}).encode()


def test_recorded_search_has_dates_of_every_precision(shared: Path) -> None:
    parsed = RELEASE_PARSERS["musicbrainz_releases"](
        as_json((shared / "data/api/musicbrainz/search-release.xml").read_bytes())
    )
    assert not parsed.faults
    assert len(parsed.entries) == 25
    by_title = {release.title: release for release in parsed.entries}
    first = by_title["Affordable Pop Music"]
    assert (first.artist, first.kind, first.released) == ("Dynamo Go", "ep", ReleaseDate(date(2008, 7, 4), "day"))
    assert by_title["Affordable Luxury"].released == ReleaseDate(date(2005, 1, 1), "year")
    assert {release.released.precision for release in parsed.entries if release.released} == {"day", "month", "year"}


def test_musicbrainz_credits_are_joined_and_what_announces_nothing_is_left_out() -> None:
    release = {
        "id": "r", "title": "T", "date": "2026-11",
        "release-group": {"primary-type": "Album", "secondary-types": ["Live"]},
        "artist-credit": [{"name": "A", "joinphrase": " feat. "}, {"artist": {"name": "B", "id": "b"}}],
        "label-info": [{"label": None}, {"label": {"name": "Label"}}],
    }  # fmt: skip
    body = {"releases": [release, {**release, "status": "Pseudo-Release"}, {"id": "x", "title": "No artist"}]}
    parsed = RELEASE_PARSERS["musicbrainz_releases"](json.dumps(body).encode())
    (entry,) = parsed.entries
    assert (entry.artist, entry.artists, entry.artist_keys) == ("A feat. B", ("A", "B"), ("a", "b"))
    assert (entry.kind, entry.label) == ("live", "Label")
    assert entry.released == ReleaseDate(date(2026, 11, 1), "month")
    assert [fault.reference for fault in parsed.faults] == ["release 2"]


def test_listenbrainz_fresh_releases() -> None:
    row = {
        "artist_credit_name": "Band", "artist_mbids": ["a"], "release_date": "2026-11-20", "release_group_mbid": "g",
        "release_group_primary_type": "Album", "release_group_secondary_type": "Mixtape/Street", "release_mbid": "r",
        "release_name": "Title", "release_tags": ["Techno", "techno", "dub"],
    }  # fmt: skip
    nothing = {**row, "release_group_mbid": None, "release_mbid": None}
    body = {"payload": {"releases": [row, {**row, "release_group_mbid": None}, nothing]}}
    parsed = RELEASE_PARSERS["listenbrainz_fresh_releases"](json.dumps(body).encode())
    first, second = parsed.entries
    assert (first.source_id, first.kind, first.genres) == ("g", "mixtape", ("techno", "dub"))
    assert first.external_ids == {"mb_release_group": "g", "mb_release": "r", "mb_artist": "a"}
    assert (second.source_id, second.url) == ("r", "https://musicbrainz.org/release/r")
    assert [fault.reference for fault in parsed.faults] == ["release 3"]


def test_recorded_apple_feed(shared: Path) -> None:
    body = (shared / "data/charts/apple/us_most-played_20_songs_2022-05-11.json").read_bytes()
    parsed = RELEASE_PARSERS["apple_new_releases"](body)
    assert len(parsed.entries) == 20
    first = parsed.entries[0]
    assert (first.artist, first.kind, first.released) == ("Future", "single", ReleaseDate(date(2022, 4, 29), "day"))
    assert first.external_ids["apple_song"] == "1621119447"
    assert all("music" not in release.genres for release in parsed.entries)


def test_apple_titles_carry_their_form() -> None:
    row = {"artistName": "A", "id": "1", "kind": "albums", "releaseDate": "soon", "url": "javascript:x"}
    names = ["One - Single", "Two - EP", "Three", "Four - Live"]
    body = {"feed": {"results": [{**row, "id": name, "name": name} for name in names]}}
    parsed = RELEASE_PARSERS["apple_new_releases"](json.dumps(body).encode())
    assert [(release.title, release.kind) for release in parsed.entries] == [
        ("One", "single"), ("Two", "ep"), ("Three", "album"), ("Four - Live", "album"),
    ]  # fmt: skip
    assert (parsed.entries[0].released, parsed.entries[0].url) == (None, None)


def test_recorded_spotify_answer_of_2015_names_no_artists(shared: Path) -> None:
    parsed = RELEASE_PARSERS["spotify_new_releases"]((shared / "data/api/spotify/zmb3_new_releases.txt").read_bytes())
    assert not parsed.entries
    assert len(parsed.faults) == 20


def test_spotify_dates_are_no_more_exact_than_it_says() -> None:
    row = {
        "id": "4JXziyWNlxM4oPw34PMjVj",
        "name": "T",
        "album_type": "single",
        "artists": [{"name": "A", "id": "a"}, {"name": "B"}],
    }
    dates = [("2026-11-20", "day"), ("2026-01-01", "year"), ("2026-11", "month"), ("1981", "year"), ("0000", "year")]
    albums = [{**row, "release_date": text, "release_date_precision": precision} for text, precision in dates]
    parsed = RELEASE_PARSERS["spotify_new_releases"](json.dumps({"albums": {"items": albums}}).encode())
    assert [release.released and release.released.precision for release in parsed.entries] == [
        "day", "year", "month", "year", None,
    ]  # fmt: skip
    first = parsed.entries[0]
    assert (first.artist, first.kind) == ("A, B", "single")
    assert first.external_ids == {"spotify_album": "4JXziyWNlxM4oPw34PMjVj", "spotify_artist": "a"}


@pytest.mark.parametrize(
    ("parser", "body", "sentence"),
    [
        ("musicbrainz_releases", b'{"error":"Your requests are exceeding the allowable rate limit."}', "rate limit"),
        ("musicbrainz_releases", b"<html>", "not JSON"),
        ("spotify_new_releases", b'{"error":{"status":403,"message":"Forbidden"}}', "Forbidden"),
        ("spotify_new_releases", b"[]", "no object"),
        ("listenbrainz_fresh_releases", b'{"payload":{}}', "no payload.releases"),
        ("apple_new_releases", b'{"feed":7}', "no feed.results"),
        ("apple_new_releases", b"[" * 100_000, "not JSON"),
    ],
)
def test_what_lists_no_releases_is_refused_in_one_sentence(parser: str, body: bytes, sentence: str) -> None:
    with pytest.raises(PayloadError, match=sentence) as refusal:
        RELEASE_PARSERS[parser](body)
    assert str(refusal.value).endswith(".")


FIELDS = [
    "payload", "releases", "feed", "results", "albums", "items", "id", "title", "name", "artistName", "artists",
    "artist", "artist-credit", "joinphrase", "release-group", "primary-type", "secondary-types", "date",
    "release_date", "genres", "tags", "release_name", "artist_credit_name", "release_group_mbid", "artist_mbids",
    "release_tags", "label-info", "label", "status", "url", "kind", "error",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("2026-11-20"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(RELEASE_PARSERS)),
    JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=300),
)
def test_any_bytes_give_releases_or_a_refusal(parser: str, body: bytes) -> None:
    try:
        parsed = RELEASE_PARSERS[parser](body)
    except PayloadError:
        return
    for release in parsed.entries:
        assert release.source_id and release.title and release.artist and release.artist_keys  # noqa: PT018
        assert "\x00" not in release.title + release.artist + release.group_key
        assert release.url is None or release.url.startswith(("http://", "https://"))
