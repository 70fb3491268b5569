"""Chart parsers: recorded payloads against what is known of them, the traps of each format, and arbitrary bytes."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.industry.chart_entry import ChartEntry, gaps
from assets.industry.parsers import CHART_PARSERS, PayloadError

PAYLOADS = Path(__file__).parents[1] / "payloads"


def positions(entries: tuple[ChartEntry, ...]) -> list[int]:
    return [entry.position for entry in entries]


@pytest.mark.parametrize("day", ["2021-11-27"])
def test_recorded_hot_100_page_agrees_with_an_independent_scrape(shared: Path, day: str) -> None:
    chart = CHART_PARSERS["billboard_page"]((shared / f"data/charts/billboard/hot100_{day}.html").read_bytes())
    truth = json.loads((shared / f"data/charts/billboard/json/{day}.json").read_text())["data"]
    assert chart.chart_date == date.fromisoformat(day)
    assert not chart.faults
    read = [
        (e.position, e.title, e.artist, e.publisher_previous, e.publisher_peak, e.publisher_weeks_on)
        for e in chart.entries
    ]
    names = ("this_week", "song", "artist", "last_week", "peak_position", "weeks_on_chart")
    assert read == [tuple(row[name] for name in names) for row in truth]


def test_recorded_archive_page_saved_by_a_browser(shared: Path) -> None:
    body = (shared / "data/charts/billboard/hot100_2000-08-12_saved2022-12.html").read_bytes()
    chart = CHART_PARSERS["billboard_page"](body)
    assert chart.chart_date == date(2000, 8, 12)
    assert positions(chart.entries) == list(range(1, 101))
    assert (chart.entries[2].artist, chart.entries[2].publisher_weeks_on) == ("'N Sync", 15)


def test_badges_are_not_artists_and_a_broken_row_is_a_fault() -> None:
    chart = CHART_PARSERS["billboard_page"]((PAYLOADS / "billboard_badges.html").read_bytes())
    assert [(e.position, e.title, e.artist) for e in chart.entries] == [
        (1, "Song & One", "Artist One"),
        (2, "1999", "2 Chainz"),
        (3, "Last Christmas", "Wham!"),
    ]
    assert [(e.publisher_previous, e.publisher_peak, e.publisher_weeks_on) for e in chart.entries] == [
        (None, 1, 1),
        (5, 2, 13),
        (None, 3, 53),
    ]
    assert chart.entries[0].url == "https://www.billboard.com/song/one/"
    assert chart.chart_date == date(2026, 11, 21)
    assert [(fault.reference, fault.reason) for fault in chart.faults] == [
        ("row 4", "The row has no artist beside its title.")
    ]


def test_recorded_apple_chart(shared: Path) -> None:
    body = (shared / "data/charts/apple/us_most-played_20_songs_2022-05-11.json").read_bytes()
    chart = CHART_PARSERS["apple_most_played"](body)
    assert chart.chart_date == date(2022, 5, 11)
    assert positions(chart.entries) == list(range(1, 21))
    first = chart.entries[0]
    assert (first.title, first.artist) == ("WAIT FOR U (feat. Drake & Tems)", "Future")
    assert first.external_ids == {"apple_song": "1621119447", "apple_artist": "128050210"}
    assert first.streams is None


@pytest.mark.parametrize("recording", ["TestChart.test_get_tracks.0", "TestChart.test_get_tracks.1"])
def test_recorded_deezer_chart_whole_or_tracks_alone(shared: Path, recording: str) -> None:
    chart = CHART_PARSERS["deezer_chart"]((shared / f"data/api/deezer/{recording}.json").read_bytes())
    assert chart.chart_date is None
    assert positions(chart.entries) == list(range(1, 11))
    assert (chart.entries[0].artist, chart.entries[0].external_ids["deezer_track"]) == ("Rosalía", "1549325122")


def test_every_recorded_spotify_file_is_contiguous(shared: Path) -> None:
    files = sorted((shared / "data/charts/spotify").glob("regional-*.csv"))
    assert len(files) == 79
    for file in files:
        chart = CHART_PARSERS["spotify_chart_csv"](file.read_bytes())
        assert not chart.faults, file.name
        assert gaps(positions(chart.entries)) == (), file.name
        assert len(chart.entries) == 200, file.name
        assert all(entry.streams for entry in chart.entries), file.name


def test_present_spotify_columns_and_the_note_line_of_the_old_site() -> None:
    chart = CHART_PARSERS["spotify_chart_csv"]((PAYLOADS / "spotify_2022.csv").read_bytes())
    first, second = chart.entries
    assert (first.title, first.artist, first.streams) == ("Bad and Boujee", "Migos, Lil Uzi Vert", 1371493)
    assert (first.publisher_previous, first.publisher_peak, first.publisher_weeks_on) == (2, 1, 7)
    assert first.url == "https://open.spotify.com/track/4Km5HrUvYTaSUfiSGPJeQR"
    assert second.publisher_previous is None  # the site prints -1 for new entries
    assert [fault.reference for fault in chart.faults] == ["line 4"]
    noted = b',,,"Note: generated.",\r\nPosition,"Track Name",Artist,Streams,URL\r\n1,A,B,"1,200",\r\n'
    assert CHART_PARSERS["spotify_chart_csv"](noted).entries[0].streams == 1200


@pytest.mark.parametrize(
    ("parser", "body"),
    [
        ("deezer_chart", b'{"error":{"type":"DataException","message":"no data","code":800}}'),
        ("deezer_chart", b'{"error":"Not Found"}'),
        ("deezer_chart", b"[]"),
        ("apple_most_played", b'{"feed":{"title":"Top Songs"}}'),
        ("apple_most_played", b"<html><title>Bad gateway</title></html>"),
        ("apple_most_played", b"[" * 100_000),
        ("billboard_page", b"<html><head><title>Access denied</title></head><body>403</body></html>"),
        ("billboard_page", b""),
        ("spotify_chart_csv", b"\xff\xfe\x00"),
        ("spotify_chart_csv", b"<html>login</html>"),
        ("kworb_daily", b"<html><title>404</title></html>"),
        ("official_charts_page", b"<html><title>Official Singles Chart</title><div class='chart-item'>1</div></html>"),
        ("acharts_page", b""),
        ("listenbrainz_sitewide", b""),
        ("listenbrainz_sitewide", b'{"code":404,"error":"not found"}'),
    ],
)
def test_what_is_no_chart_is_refused_in_one_sentence(parser: str, body: bytes) -> None:
    with pytest.raises(PayloadError) as refusal:
        CHART_PARSERS[parser](body)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


def test_rows_that_lack_something_are_faults_and_the_rest_is_read() -> None:
    apple = {"feed": {"updated": "nonsense", "results": [{"name": "A", "artistName": "B"}, {"name": "C"}, 7]}}
    chart = CHART_PARSERS["apple_most_played"](json.dumps(apple).encode())
    assert (len(chart.entries), len(chart.faults), chart.chart_date) == (1, 2, None)
    deezer = {"data": [{"title": "A", "position": 2, "artist": {"name": "B"}}, {"title": "A", "position": "x"}]}
    chart = CHART_PARSERS["deezer_chart"](json.dumps(deezer).encode())
    assert positions(chart.entries) == [2]
    assert [fault.reference for fault in chart.faults] == ["track 2"]


FIELDS = [
    "feed", "results", "updated", "name", "artistName", "tracks", "data", "position", "title", "payload",
    "recordings", "track_name", "artist_name", "offset", "to_ts", "artist_mbids", "artist",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(CHART_PARSERS)), JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=400)
)
def test_any_bytes_give_a_chart_or_a_refusal(parser: str, body: bytes) -> None:
    try:
        chart = CHART_PARSERS[parser](body)
    except PayloadError:
        return
    assert all(entry.position >= 1 and entry.title and entry.artist for entry in chart.entries)
    assert all("\x00" not in entry.title + entry.artist for entry in chart.entries)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 6000), st.binary(min_size=1, max_size=40))
def test_a_damaged_page_never_breaks_the_parser(offset: int, damage: bytes) -> None:
    page = (PAYLOADS / "billboard_badges.html").read_bytes()
    at = offset % len(page)
    try:
        chart = CHART_PARSERS["billboard_page"](page[:at] + damage + page[at + len(damage) :])
    except PayloadError:
        return
    assert len(chart.entries) + len(chart.faults) <= 4


def test_recorded_kworb_page(shared: Path) -> None:
    chart = CHART_PARSERS["kworb_daily"]((shared / "data/charts/kworb/us_daily_2026-06-27_rows.html").read_bytes())
    assert chart.chart_date == date(2026, 6, 27)
    assert positions(chart.entries) == list(range(1, 9))
    assert not chart.faults
    third = chart.entries[2]
    assert (third.title, third.artist, third.streams) == ("Janice STFU", "Drake", 1237904)
    assert (third.publisher_previous, third.publisher_peak, third.publisher_weeks_on) == (5, 1, None)
    assert third.external_ids == {"spotify_track": "514joG57v4yKTsfQmz7stz", "spotify_artist": "3TVXtAsR1Inumwj472S9r4"}
    assert [entry.publisher_previous for entry in chart.entries] == [1, 2, 5, 4, 3, 9, 6, 11]


def test_kworb_names_that_hold_the_separator_and_entries_without_a_day_before() -> None:
    row = (
        '<tr><td>{}</td><td>{}</td><td class="text"><div>{}</div></td><td>1</td><td>1</td><td></td><td>1,000</td></tr>'
    )
    linked = '<a href="../artist/{0}.html">A - B</a> - <a href="../track/{0}.html">C - D</a>'.format("x" * 22)
    rows = row.format(1, "NEW", linked) + row.format(2, "RE", "Guest - Song") + row.format(3, "=", "no separator")
    page = f'<table id="spotifydaily"><tbody>{rows}</tbody></table>'
    chart = CHART_PARSERS["kworb_daily"](page.encode())
    assert [(entry.artist, entry.title) for entry in chart.entries] == [("A - B", "C - D"), ("Guest", "Song")]
    assert [entry.publisher_previous for entry in chart.entries] == [None, None]
    assert [fault.reference for fault in chart.faults] == ["row 3"]
    assert chart.chart_date is None


def test_recorded_official_charts_page(shared: Path) -> None:
    body = (shared / "data/charts/uk_officialcharts/dance_top40_2018-09-21.html").read_bytes()
    chart = CHART_PARSERS["official_charts_page"](body)
    assert chart.chart_date == date(2018, 9, 21)
    assert positions(chart.entries) == list(range(1, 41))
    assert not chart.faults
    first, last = chart.entries[0], chart.entries[-1]
    assert (first.title, first.artist, first.publisher_previous) == ("PROMISES", "CALVIN HARRIS & SAM SMITH", 1)
    assert (last.title, last.publisher_previous, last.publisher_peak, last.publisher_weeks_on) == (
        "LEVELS",
        None,
        1,
        133,
    )
    assert sum(entry.publisher_previous is None for entry in chart.entries) == 4  # two New, two Re


def test_recorded_canadian_page(shared: Path) -> None:
    chart = CHART_PARSERS["acharts_page"]((shared / "data/charts/other/canada_top100_2018-09-22.html").read_bytes())
    assert chart.chart_date == date(2018, 9, 22)
    assert positions(chart.entries) == list(range(1, 101))
    assert not chart.faults
    second, last = chart.entries[1], chart.entries[-1]
    assert (second.title, second.artist, second.publisher_previous) == ("Girls Like You", "Maroon 5 and Cardi B", 1)
    assert (second.publisher_peak, second.publisher_weeks_on) == (1, 15)
    assert last.artist == "Jason DeRulo featuring David Guetta, Nicki Minaj and Willy Willia"


def test_listenbrainz_statistics_rank_by_order_and_end_their_period() -> None:
    recording = {
        "track_name": "Song",
        "artist_name": "Band",
        "listen_count": 512,
        "recording_mbid": "r",
        "artist_mbids": ["a"],
    }
    body = {"payload": {"recordings": [recording, {**recording, "recording_mbid": None}, {"track_name": "x"}],
                        "offset": 0, "to_ts": 1763337600, "range": "week"}}  # fmt: skip
    chart = CHART_PARSERS["listenbrainz_sitewide"](json.dumps(body).encode())
    assert chart.chart_date == date(2025, 11, 17)
    assert positions(chart.entries) == [1, 2]
    assert chart.entries[0].external_ids == {"mb_recording": "r", "mb_artist": "a"}
    assert (chart.entries[0].streams, chart.entries[1].url) == (512, None)
    assert [fault.reference for fault in chart.faults] == ["recording 3"]


@pytest.mark.parametrize(
    "body",
    [
        b"Position,Title,Artist,Streams\n2,B,Y,\n1,A,X,1200\n",
        b"\xef\xbb\xbfposition;title;artist;streams\r\n1;A;X;1200\r\n\r\n2;B;Y;\r\n",
        b'{"position": 1, "title": "A", "artist": "X", "streams": 1200}\n'
        b'{"position": 2, "title": "B", "artist": "Y"}\n',
    ],
)
def test_a_hand_written_table_is_read_in_each_of_its_forms(body: bytes) -> None:
    chart = CHART_PARSERS["chart_table"](body)
    assert [(e.position, e.title, e.artist, e.streams) for e in chart.entries] == [
        (1, "A", "X", 1200),
        (2, "B", "Y", None),
    ]
    assert not chart.faults


def test_a_hand_written_table_keeps_only_what_a_chart_can_hold() -> None:
    body = b"position,title,artist,url,weeks_on,isrc\n1,A,X,javascript:alert(1),99999,GB1234567890\n70000,B,Y,,,\n"
    chart = CHART_PARSERS["chart_table"](body)
    assert [(e.url, e.publisher_weeks_on, e.external_ids) for e in chart.entries] == [
        (None, None, {"isrc": "GB1234567890"})
    ]
    assert [fault.reference for fault in chart.faults] == ["line 3"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"position,title\n1,A\n", "no column artist"),
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b'position,title,artist\n1,"A,X\n' + b"x" * 200_000, "not CSV"),
    ],
)
def test_what_is_no_table_is_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(PayloadError, match=sentence):
        CHART_PARSERS["chart_table"](body)
