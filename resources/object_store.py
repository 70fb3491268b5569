"""The object store: payloads, audio, matrices and models as files under one root, through fsspec.

Belongs here: atomic writes, hashes and reads by URI. Does not belong here: which rows point at the objects.
"""

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

import dagster as dg
import fsspec
from fsspec.utils import stringify_path

from resources.settings import load_settings

CHUNK_BYTES = 1 << 20
"""Bytes read at a time when a file is hashed or copied."""


@dataclass(frozen=True)
class StoredObject:
    """What a warehouse row keeps of an object: where it is and how to tell that it is intact."""

    uri: str
    sha256: str
    bytes: int
    media_type: str


class ObjectStore:
    """Objects under one root: a local folder or any URL that fsspec knows (``s3://``, ``gs://``, ``memory://``)."""

    def __init__(self, root_url: str) -> None:
        self.root_url = root_url if "://" in root_url else Path(root_url).expanduser().absolute().as_uri()
        filesystem, root = fsspec.core.url_to_fs(self.root_url)
        self._filesystem = filesystem
        self._root = stringify_path(root).rstrip("/")

    def put_bytes(self, key: str, data: bytes, media_type: str) -> StoredObject:
        """Write bytes under a key (``"renders/x.flac"``); a reader sees the whole object or none.

        Raises:
            ValueError: the key is absolute or climbs out of the root.
        """
        path = self._path(key)
        with self._atomic(path) as temporary:
            self._filesystem.pipe_file(temporary, data)
        return StoredObject(self._uri(path), hashlib.sha256(data).hexdigest(), len(data), media_type)

    def put_file(self, key: str, local_path: Path, media_type: str) -> StoredObject:
        """Copy a local file under a key; a reader sees the whole object or none."""
        path = self._path(key)
        digest, size = hashlib.sha256(), 0
        # in this order: the sink is closed, hence complete, before the temporary name becomes the final one
        with (
            self._atomic(path) as temporary,
            local_path.open("rb") as source,
            self._filesystem.open(temporary, "wb") as sink,
        ):
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                sink.write(chunk)
        return StoredObject(self._uri(path), digest.hexdigest(), size, media_type)

    @contextmanager
    def open(self, uri: str) -> Iterator[BinaryIO]:
        """Open an object for reading.

        Raises:
            FileNotFoundError: nothing is stored under the URI.
        """
        with self._filesystem.open(self._inside(uri), "rb") as handle:
            yield cast(BinaryIO, handle)

    def read_bytes(self, uri: str) -> bytes:
        """Return the whole object.

        Raises:
            FileNotFoundError: nothing is stored under the URI.
        """
        with self.open(uri) as handle:
            return handle.read()

    def fetch(self, uri: str, local_path: Path) -> None:
        """Copy an object to a local file."""
        with self.open(uri) as source, local_path.open("wb") as sink:
            shutil.copyfileobj(source, sink, CHUNK_BYTES)

    def exists(self, uri: str) -> bool:
        """Say whether an object is stored under the URI."""
        return bool(self._filesystem.exists(self._inside(uri)))

    def delete(self, uri: str) -> None:
        """Delete an object; deleting what is not there is not an error."""
        path = self._inside(uri)
        if self._filesystem.exists(path):
            self._filesystem.rm_file(path)

    def uri(self, key: str) -> str:
        """Return the URI that an object under this key has or would have."""
        return self._uri(self._path(key))

    @contextmanager
    def _atomic(self, path: str) -> Iterator[str]:
        """Yield a temporary name; on success it becomes ``path``, on failure it is removed."""
        temporary = f"{path}.{uuid.uuid4().hex}.part"
        self._filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        try:
            yield temporary
            self._filesystem.mv(temporary, path)
        except BaseException:
            if self._filesystem.exists(temporary):
                self._filesystem.rm_file(temporary)
            raise

    def _path(self, key: str) -> str:
        pure = PurePosixPath(key)
        if not key or pure.is_absolute() or ".." in pure.parts or "\\" in key or "\0" in key:
            raise ValueError(f"Object key {key!r} would leave the store; use a relative path without `..`.")
        return f"{self._root}/{pure}"

    def _uri(self, path: str) -> str:
        return str(self._filesystem.unstrip_protocol(path))

    def _inside(self, uri: str) -> str:
        path = str(self._filesystem._strip_protocol(uri))
        if not path.startswith(f"{self._root}/") or ".." in PurePosixPath(path).parts:
            raise ValueError(f"{uri!r} is not an object of the store at {self.root_url}; use URIs the store gave out.")
        return path


class ObjectStoreResource(dg.ConfigurableResource[Any]):
    """The object store for assets; ``root_url`` overrides the setting ``BACKBEAT_STORE``."""

    root_url: str | None = None

    def store(self) -> ObjectStore:
        """Return the store."""
        return ObjectStore(self.root_url or load_settings().store_url)
