"""Keys by which one recording is known again, and contiguity of ranks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.chart_entry import artist_key, gaps, track_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Elton John & Dua Lipa", "Cold Heart"), ("Elton John and Dua Lipa", "Cold Heart")),
        (("Future", "WAIT FOR U (feat. Drake & Tems)"), ("Future Featuring Drake & Tems", "Wait For U")),
        (("The Kid LAROI & Justin Bieber", "STAY"), ("The Kid LAROI, Justin Bieber", "Stay")),
        (("Bryan Adams", "Heaven (2021)"), ("Bryan Adams", "Heaven")),
        (("The Beatles", "Come Together - Remastered 2009"), ("The Beatles", "Come Together")),
        (("Beyoncé", "Déjà Vu"), ("Beyonce", "Deja Vu")),
        (("Destiny’s Child", "Jumpin’, Jumpin’"), ("Destiny's Child", "Jumpin', Jumpin'")),
        (("Brandon Lake x Jelly Roll", "Hallelujah"), ("Brandon Lake With Jelly Roll", "Hallelujah")),
    ],
)  # fmt: skip
def test_spellings_of_one_recording_share_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert track_key(*one) == track_key(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Sam Smith & Normani", "Dancing With A Stranger"), ("Sam Smith", "Dancing")),
        (("Migos", "Bad and Boujee"), ("Migos", "Bad and Boujee - Remix")),
        (("Taylor Swift", "All Too Well"), ("Taylor Swift", "All Too Well (Taylor's Version)")),
        (("Ed Sheeran", "÷"), ("Ed Sheeran", "=")),
    ],
)
def test_different_recordings_have_different_keys(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert track_key(*one) != track_key(*other)


@pytest.mark.parametrize(
    ("credit", "key"),
    [
        ("Tyler, The Creator", "tyler the creator"),
        ("Florence + The Machine", "florence and the machine"),
        ("Bob Marley And The Wailers", "bob marley and the wailers"),
        ("Lil Nas X & Jack Harlow", "lil nas x"),
        ("Silk Sonic (Bruno Mars & Anderson .Paak)", "silk sonic"),
        ("AC/DC", "ac dc"),
        ("Andy Grammer", "andy grammer"),
        ("!!!", "!!!"),
        ("米津玄師", "米津玄師"),
    ],
)
def test_artist_key_is_the_first_name_of_the_credit(credit: str, key: str) -> None:
    assert artist_key(credit) == key


@given(st.from_regex(r"[A-Za-z&' ]{1,40}", fullmatch=True), st.from_regex(r"[A-Za-z()' ]{1,40}", fullmatch=True))
def test_case_never_matters(artist: str, title: str) -> None:
    assert track_key(artist.upper(), title.upper()) == track_key(artist.lower(), title.lower())


@pytest.mark.parametrize(
    ("positions", "wrong"),
    [([1, 2, 3], ()), ([3, 1, 2], ()), ([1, 2, 4], (3,)), ([2, 3], (1,)), ([1, 1, 2], (1,)), ([0, 1], (0,)), ([], ())],
)
def test_gaps_are_missing_and_doubled_ranks(positions: list[int], wrong: tuple[int, ...]) -> None:
    assert gaps(positions) == wrong


def test_one_missing_rank_of_a_hundred_is_found() -> None:
    assert gaps([rank for rank in range(1, 101) if rank != 65]) == (65,)
