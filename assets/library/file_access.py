"""Audio files where they lie: a local folder or any URL that fsspec knows.

Belongs here: listing them and getting one as a local file. Does not belong here: what they
contain, or what a scan makes of them.

A file's address is a URI as fsspec writes it, not percent-encoded: ``file:///music/A b.mp3``, ``s3://bucket/a.mp3``.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec

from assets.library.audio_files import is_audio_name
from assets.library.intake import FileStat

_LOCAL = "file://"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME_FIELDS = ("mtime", "LastModified", "last_modified", "updated", "created")
"""Where fsspec's file systems put the time of the last change, in order of preference."""


class NoSuchFolder(ValueError):  # noqa: N818 - named for what it says of the source
    """The source of a scan is not there or is no folder; the message says what to do."""


@dataclass(frozen=True)
class Listing:
    """The audio files under a root.

    Attributes:
        root: URI of the root, with a slash at its end: every file's URI starts with it.
        files: size and time by URI.
        problems: URI -> sentence, for folders that could not be listed and names that cannot be kept.
    """

    root: str
    files: Mapping[str, FileStat]
    problems: Mapping[str, str]


def list_audio(source: str) -> Listing:
    """List the audio files under a folder or URL, by name; hidden files and folders are left out, links to folders too.

    Raises:
        NoSuchFolder: ``source`` is not there, or no folder.
    """
    filesystem, path = fsspec.core.url_to_fs(source)
    if _is_local_system(filesystem):
        return _list_local(Path(path).expanduser().resolve())  # one folder has one name, however it was reached
    if not filesystem.isdir(path):
        raise NoSuchFolder(f"{source} is no folder that can be read; name an existing one in BACKBEAT_MUSIC")
    entries = filesystem.find(path, detail=True)
    files = {
        str(filesystem.unstrip_protocol(name)): FileStat(int(info["size"]), _modified_at(info))
        for name, info in entries.items()
        if is_audio_name(name)
    }
    return Listing(str(filesystem.unstrip_protocol(path)).rstrip("/") + "/", files, {})


@contextmanager
def local_copy(uri: str) -> Iterator[Path]:
    """The file at a URI as a local file: itself where it is local, else a copy for as long as the context lasts.

    Raises:
        OSError: it cannot be read.
    """
    if is_local(uri):
        yield Path(uri.removeprefix(_LOCAL))
        return
    filesystem, path = fsspec.core.url_to_fs(uri)
    with tempfile.TemporaryDirectory(prefix="backbeat-fetch-") as folder:
        copy = Path(folder) / PurePosixPath(path).name
        filesystem.get_file(path, str(copy))
        yield copy


def is_local(uri: str) -> bool:
    """Whether a URI names a file of this machine."""
    return uri.startswith(_LOCAL)


def stat_of(path: Path) -> FileStat:
    """Size and time of a local file, the time to the microsecond as PostgreSQL keeps it."""
    return _stat(path.stat())


def _is_local_system(filesystem: Any) -> bool:
    return "file" in ((filesystem.protocol,) if isinstance(filesystem.protocol, str) else filesystem.protocol)


def _list_local(root: Path) -> Listing:
    if not root.is_dir():
        raise NoSuchFolder(f"{root} is no folder that can be read; name an existing one in BACKBEAT_MUSIC")
    files: dict[str, FileStat] = {}
    problems: dict[str, str] = {}
    folders = [str(root)]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as failure:
            problems[_uri(folder)] = f"The folder {_printable(folder)} cannot be listed: {failure.strerror}; open it up"
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                folders.append(entry.path)
            elif is_audio_name(entry.name):
                _add_file(entry, files, problems)
    return Listing(_uri(str(root)).rstrip("/") + "/", files, problems)


def _add_file(entry: "os.DirEntry[str]", files: dict[str, FileStat], problems: dict[str, str]) -> None:
    uri = _uri(entry.path)
    try:
        entry.path.encode("utf-8")
        if entry.is_file():
            files[uri] = _stat(entry.stat())
    except UnicodeEncodeError:
        problems[uri] = f"The name of {_printable(entry.name)} is not UTF-8 and cannot be kept; rename the file"
    except OSError as failure:
        problems[uri] = f"{_printable(entry.name)} cannot be read: {failure.strerror}; check the link and its rights"


def _uri(path: str) -> str:
    return _LOCAL + _printable(path)


def _printable(path: str) -> str:
    """The path with bytes that are no UTF-8 replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def _stat(result: os.stat_result) -> FileStat:
    return FileStat(result.st_size, _EPOCH + timedelta(microseconds=result.st_mtime_ns // 1000))


def _modified_at(info: Mapping[str, Any]) -> datetime | None:
    for name in _TIME_FIELDS:
        value = info.get(name)
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, int | float):
            return _EPOCH + timedelta(seconds=value)
    return None
