"""The contracts of playlists, radio plays and social signals."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.industry.parsers import SIGNAL_PARSERS, PayloadError


def test_playlists_give_a_number_for_each_figure() -> None:
    body = (
        b"date,platform,playlist,artist,title,position,followers,country\n"
        b'2026-11-19,Spotify,Fresh,Band feat. Guest,Song,3,"1,200",GB\n'
        b"2026-11-19,Spotify,Fresh,Band,Song,,,\n"
        b"2026-11-19,Spotify,Fresh,Band,Song,0,,\n"
    )
    parsed = SIGNAL_PARSERS["playlist_placements"](body)
    assert [(e.platform, e.place, e.metric, e.value, e.country) for e in parsed.entries] == [
        ("spotify", "Fresh", "playlist_position", 3.0, "gb"),
        ("spotify", "Fresh", "playlist_followers", 1200.0, "gb"),
    ]
    assert (parsed.entries[0].artist_key, parsed.entries[0].track_key) == ("band", "band|song")
    assert [fault.reason for fault in parsed.faults] == [
        "The row has neither position nor followers.", "position counts from 1.",
    ]  # fmt: skip


def test_radio_plays_and_social_signals() -> None:
    radio = b"station;date;artist;title;plays;country\nRadio One;2026-11-19;Band;Song;7;gb\n"
    (play,) = SIGNAL_PARSERS["radio_plays"](radio).entries
    assert (play.day, play.platform, play.place, play.metric, play.value) == (
        date(2026, 11, 19), "radio", "Radio One", "plays", 7.0,
    )  # fmt: skip
    social = b'{"date":"2026-11-19","platform":"TikTok","metric":"Video Views","value":1.5e6,"artist":"Band"}\n'
    (signal,) = SIGNAL_PARSERS["social_signals"](social).entries
    assert (signal.metric, signal.value, signal.title, signal.track_key) == ("video_views", 1.5e6, None, "")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("19.11.2026,tiktok,views,5,Band", "date is not YYYY-MM-DD"),
        ("2026-11-19,tiktok,views,-5,Band", "value is no number from 0 up"),
        ("2026-11-19,tiktok,views,nan,Band", "value is no number from 0 up"),
        ("2026-11-19,tiktok,views,inf,Band", "value is no number from 0 up"),
        ("2026-11-19,tiktok,42,5,Band", "metric is a name"),
        ("2026-11-19,tiktok,views,5,", "The row has no artist"),
        ("2026-11-19,,views,5,Band", "The row has no platform"),
    ],
)
def test_a_row_that_breaks_the_contract_is_a_fault_and_the_others_are_read(row: str, sentence: str) -> None:
    body = f"date,platform,metric,value,artist\n{row}\n2026-11-19,tiktok,views,5,Band\n"
    parsed = SIGNAL_PARSERS["social_signals"](body.encode())
    assert len(parsed.entries) == 1
    (fault,) = parsed.faults
    assert fault.reference == "line 2"
    assert fault.reason.startswith(sentence)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(SIGNAL_PARSERS)), st.binary(max_size=200), st.booleans())
def test_any_bytes_give_numbers_or_a_refusal(parser: str, body: bytes, headed: bool) -> None:
    header = b"date,platform,playlist,station,artist,title,plays,metric,value,position\n" if headed else b""
    try:
        parsed = SIGNAL_PARSERS[parser](header + body)
    except PayloadError:
        return
    assert all(entry.value >= 0 and entry.artist for entry in parsed.entries)
