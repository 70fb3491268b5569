"""Release dates, kinds and the key that one release has in several sources."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.release_entry import ReleaseDate, ReleaseEntry, release_date, release_kind
from assets.industry.release_items import release_items


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-28", ReleaseDate(date(2026, 2, 28), "day")),
        ("2026-02", ReleaseDate(date(2026, 2, 1), "month")),
        ("2026", ReleaseDate(date(2026, 1, 1), "year")),
        ("2026-02-30", None),
        ("2026-13", None),
        ("0001-01-01", None),
        ("2026-2-3", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_as_far_as_they_are_known(text: str | None, expected: ReleaseDate | None) -> None:
    assert release_date(text) == expected


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_none(text: str) -> None:
    release_date(text)


def test_the_secondary_type_says_more() -> None:
    assert release_kind("Album", "Compilation") == "compilation"
    assert release_kind("EP", "Spokenword") == "ep"
    assert release_kind(None) == "other"


def entry(title: str, artist: str, kind: str = "album", **fields: object) -> ReleaseEntry:
    return ReleaseEntry(**{"source_id": "1", "title": title, "artist": artist, "kind": kind, **fields})  # type: ignore[arg-type]


def test_one_release_has_one_key_in_every_source() -> None:
    keys = {
        entry("Título & More", "Beyoncé feat. Someone").group_key,
        entry("Titulo and More (2019 Remaster)", "BEYONCE", "ep").group_key,
        entry("Título & More", "Beyoncé, Someone", artists=("Beyoncé", "Someone")).group_key,
    }
    assert len(keys) == 1


def test_a_single_is_not_the_album_that_it_names() -> None:
    assert entry("Loveless", "A", "single").group_key != entry("Loveless", "A").group_key


def test_of_two_announcements_of_one_identifier_the_last_counts() -> None:
    (row,) = release_items([entry("Old", "A"), entry("New", "A")])
    assert row["title"] == "New"
