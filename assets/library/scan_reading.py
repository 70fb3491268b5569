"""Reading files for a scan: each gives a track with its claims, or the reason why it is none.

Belongs here: the finding and reading many files at once. Does not belong here: which files to read (``intake``),
identity (``audio_files``), tags (``tags``), writing anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assets.library.audio_files import AudioIdentity, NotAudio, identify
from assets.library.file_access import is_local, local_copy, stat_of
from assets.library.intake import FileStat
from assets.library.tags import TrackTags, read_tags

READERS = 4
"""Threads that read files: hashing and disks wait outside Python's lock, so more than cores pay."""

Outcome = Literal["track", "refused", "unreadable", "unsettled"]
"""``refused``: no audio. ``unreadable``: the disk or its rights said no. ``unsettled``: it changed while it was read.
The latter two are looked at again by the next scan even where size and time stay."""


@dataclass(frozen=True)
class Finding:
    """What reading one file gave.

    Attributes:
        uri: address of the file.
        stat: size and time as listed.
        outcome: see `Outcome`.
        reason: one sentence, where it is refused or unreadable.
        identity: where it is a track.
        tags: where it is a track.
    """

    uri: str
    stat: FileStat
    outcome: Outcome
    reason: str | None = None
    identity: AudioIdentity | None = None
    tags: TrackTags | None = None


def read_files(files: Mapping[str, FileStat], uris: Sequence[str]) -> Iterator[Finding]:
    """Read files in several threads; findings come in the order of ``uris``.

    Args:
        files: size and time by URI, as listed.
        uris: the files to read, all of them in ``files``.
    """
    readers = ThreadPoolExecutor(READERS, thread_name_prefix="scan")
    try:
        yield from readers.map(read_file, uris, [files[uri] for uri in uris])
    finally:
        # Where the caller stops early, what has not begun is not read any more.
        readers.shutdown(cancel_futures=True)


def read_file(uri: str, stat: FileStat) -> Finding:
    """Read one file.

    Args:
        uri: its address.
        stat: size and time as listed; a local file that differs from it is still being written.
    """
    try:
        with local_copy(uri) as path:
            finding = _read_local(uri, stat, path)
            if is_local(uri) and stat_of(path) != stat:
                return Finding(uri, stat, "unsettled")
            return finding
    except FileNotFoundError:
        return Finding(uri, stat, "unsettled")
    except OSError as failure:
        why = failure.strerror or str(failure)
        return Finding(uri, stat, "unreadable", f"{uri} cannot be read: {why}; check the disk and the file's rights")


def _read_local(uri: str, stat: FileStat, path: Path) -> Finding:
    try:
        identity = identify(path)
    except NotAudio as refusal:
        return Finding(uri, stat, "refused", str(refusal))
    return Finding(uri, stat, "track", None, identity, read_tags(path))
