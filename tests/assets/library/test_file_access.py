"""Files are found and fetched alike, whether they lie in a folder or behind a URL."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest

from assets.library.file_access import NoSuchFolder, list_audio, local_copy, stat_of


@pytest.fixture
def memory() -> Iterator[Any]:
    filesystem = fsspec.filesystem("memory")
    filesystem.pipe("/music/deep/a b.mp3", b"12345")
    filesystem.pipe("/music/cover.jpg", b"1")
    yield filesystem
    filesystem.rm("/music", recursive=True)


def test_a_folder_is_listed_by_name_with_sizes_and_times(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "x.FLAC").write_bytes(b"123")
    (tmp_path / "notes.txt").touch()
    listing = list_audio(str(tmp_path))
    assert listing.root == f"file://{tmp_path}/"
    assert dict(listing.files) == {f"file://{tmp_path}/b/x.FLAC": stat_of(tmp_path / "b" / "x.FLAC")}
    (stat,) = listing.files.values()
    assert stat.bytes == 3
    assert stat.modified_at is not None
    assert abs((stat.modified_at - datetime.now(UTC)).total_seconds()) < 60
    assert dict(list_audio(f"file://{tmp_path}").files) == dict(listing.files)


def test_a_url_is_listed_and_its_files_are_fetched_for_as_long_as_needed(memory: Any) -> None:
    listing = list_audio("memory://music")
    ((uri, stat),) = listing.files.items()
    assert uri.startswith(listing.root)
    assert (stat.bytes, stat.modified_at is not None) == (5, True)
    with local_copy(uri) as path:
        assert (path.name, path.read_bytes()) == ("a b.mp3", b"12345")
    assert not path.exists()


def test_a_local_file_is_used_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "50% #1 ü.mp3"
    path.write_bytes(b"1")
    with local_copy(f"file://{path}") as same:
        assert same == path
    assert path.exists()


@pytest.mark.parametrize("source", ["/no/such/folder", "memory://no-such-folder"])
def test_what_is_not_there_is_named_with_the_way_out(source: str) -> None:
    with pytest.raises(NoSuchFolder, match=r"no.such.folder.*BACKBEAT_MUSIC"):
        list_audio(source)


@pytest.mark.parametrize("detour", ["music/../music", "./music", "link"])
def test_a_folder_has_one_name_however_it_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, detour: str
) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "a.flac").write_bytes(b"not read here")
    (tmp_path / "link").symlink_to(tmp_path / "music")
    monkeypatch.chdir(tmp_path)

    assert list_audio(detour) == list_audio(str(tmp_path / "music"))
