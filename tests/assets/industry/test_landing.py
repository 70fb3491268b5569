"""The landing folder: what is listed, and that nothing outside it can be read through it."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry import landing
from assets.industry.landing import LandingEntry, LandingError, chart_day, list_landing, read_landing

SOURCES = {"spotify-us", "radio-plays"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    (folder / "spotify-us").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("secret")
    return folder


def problems(root: Path) -> dict[str, str | None]:
    return {f"{entry.folder}/{entry.name}": entry.problem for entry in list_landing(root, SOURCES)}


def test_files_of_known_sources_are_listed_and_unfinished_ones_are_not(root: Path) -> None:
    for name in ("b.csv", "a.JSONL", ".hidden.csv", "c.csv.part", "d.tmp"):
        (root / "spotify-us" / name).write_text("x")
    (root / ".stfolder").mkdir()
    assert problems(root) == {"spotify-us/a.JSONL": None, "spotify-us/b.csv": None}


def test_what_leads_out_of_the_folder_is_named_and_never_read(root: Path) -> None:
    (root / "spotify-us" / "link.csv").symlink_to(root.parent / "secret.csv")
    (root / "spotify-us" / "deeper").mkdir()
    (root / "radio-plays").symlink_to(root.parent)
    (root / "nosuch").mkdir()
    (root / "stray.csv").write_text("x")
    os.mkfifo(root / "spotify-us" / "pipe.csv")
    found = problems(root)
    assert len(found) == 6
    assert all(found.values())
    for entry in list_landing(root, SOURCES):
        with pytest.raises(LandingError):
            read_landing(root, entry)


@pytest.mark.parametrize("name", ["../secret.csv", "..", "", "/etc/passwd", "a/../../../secret.csv"])
def test_a_name_that_is_a_path_is_refused(root: Path, name: str) -> None:
    for entry in (LandingEntry("spotify-us", name, 1, 1), LandingEntry(name, "secret.csv", 1, 1)):
        with pytest.raises(LandingError):
            read_landing(root, entry)


def test_a_file_swapped_for_a_link_after_the_listing_is_refused(root: Path) -> None:
    file = root / "spotify-us" / "chart.csv"
    file.write_text("x")
    (entry,) = list_landing(root, SOURCES)
    assert read_landing(root, entry) == b"x"
    file.unlink()
    file.symlink_to(root.parent / "secret.csv")
    with pytest.raises(LandingError):
        read_landing(root, entry)
    file.unlink()
    (root / "spotify-us").rmdir()
    (root / "spotify-us").symlink_to(root.parent)
    with pytest.raises(LandingError):
        read_landing(root, LandingEntry("spotify-us", "secret.csv", 6, 1))


def test_size_and_kind_are_limited(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "MAX_FILE_BYTES", 3)
    (root / "spotify-us" / "big.csv").write_text("four")
    (root / "spotify-us" / "list.xlsx").write_text("x")
    found = problems(root)
    assert "more than the 3" in str(found["spotify-us/big.csv"])
    assert "ends in none of" in str(found["spotify-us/list.xlsx"])
    with pytest.raises(LandingError, match="more than the 3"):
        read_landing(root, LandingEntry("spotify-us", "big.csv", 1, 1))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("regional-us-daily-2017-01-01.csv", date(2017, 1, 1)),
        ("regional-us-weekly-2019-01-04--2019-01-11.csv", date(2019, 1, 11)),
        ("chart-2026-13-01.csv", None),
        ("chart-12026-11-01.csv", None),
        ("chart.csv", None),
    ],
)
def test_the_last_date_of_a_name_dates_the_chart(name: str, day: date | None) -> None:
    assert chart_day(name) == day


@given(st.text(max_size=30))
def test_any_name_has_a_date_or_none(name: str) -> None:
    chart_day(name)
