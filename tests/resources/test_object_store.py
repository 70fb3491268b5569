import hashlib
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.object_store import ObjectStore


def test_what_is_put_is_read_back_with_its_hash(store: ObjectStore) -> None:
    stored = store.put_bytes("payloads/a b/ü.xml", b"<x/>", "text/xml")
    assert stored.sha256 == hashlib.sha256(b"<x/>").hexdigest()
    assert (stored.bytes, stored.media_type, stored.uri) == (4, "text/xml", store.uri("payloads/a b/ü.xml"))
    assert store.read_bytes(stored.uri) == b"<x/>"


def test_a_file_is_copied_with_its_hash(store: ObjectStore, tmp_path: Path) -> None:
    data = bytes(range(256)) * 9000
    (tmp_path / "in.flac").write_bytes(data)
    stored = store.put_file("renders/out.flac", tmp_path / "in.flac", "audio/flac")
    assert (stored.bytes, stored.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    store.fetch(stored.uri, tmp_path / "back.flac")
    assert (tmp_path / "back.flac").read_bytes() == data


def test_writing_again_replaces(store: ObjectStore) -> None:
    store.put_bytes("a", b"one", "text/plain")
    assert store.read_bytes(store.put_bytes("a", b"two", "text/plain").uri) == b"two"


def test_a_failed_write_leaves_the_old_object_and_nothing_else(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = store.put_bytes("a/b", b"old", "text/plain").uri
    local = fsspec.filesystem("file")

    def full_disk(path: str, value: bytes) -> None:
        Path(path).write_bytes(value[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local, "pipe_file", full_disk)
    with pytest.raises(OSError, match="No space"):
        store.put_bytes("a/b", b"new", "text/plain")
    assert store.read_bytes(uri) == b"old"
    assert [path.name for path in (tmp_path / "store").rglob("*") if path.is_file()] == ["b"]


def test_deleting_twice_is_no_error(store: ObjectStore) -> None:
    uri = store.put_bytes("a", b"x", "text/plain").uri
    store.delete(uri)
    store.delete(uri)
    assert not store.exists(uri)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "a\\..\\x", "a\0b"])
def test_a_key_cannot_leave_the_root(store: ObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="would leave the store"):
        store.put_bytes(key, b"x", "text/plain")


@pytest.mark.parametrize("uri", ["file:///etc/passwd", "/etc/passwd"])
def test_a_uri_of_elsewhere_is_refused(store: ObjectStore, uri: str) -> None:
    with pytest.raises(ValueError, match="not an object of the store"):
        store.read_bytes(uri)


def test_a_uri_cannot_climb_out(store: ObjectStore) -> None:
    uri = store.put_bytes("a/b", b"x", "text/plain").uri
    with pytest.raises(ValueError, match="not an object of the store"):
        store.read_bytes(f"{uri}/../../../outside")


def test_any_filesystem_will_do() -> None:
    store = ObjectStore("memory://backbeat-test/root")
    stored = store.put_bytes("x/y", b"data", "text/plain")
    assert stored.uri.startswith("memory://")
    assert store.read_bytes(stored.uri) == b"data"


@given(st.lists(st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_no_key_escapes(parts: list[str]) -> None:
    store = ObjectStore("memory://backbeat-test/keys")
    key = "/".join(parts)
    try:
        uri = store.uri(key)
    except ValueError:
        assert ".." in parts
        return
    assert uri.startswith("memory:///backbeat-test/keys/")
    assert ".." not in uri.split("/")
