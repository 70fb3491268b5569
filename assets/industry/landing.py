"""The landing folder: which files lie in it, and reading one without ever leaving it.

Belongs here: names, sizes and bytes. Does not belong here: what the files hold (``parsers``), keeping them
(``definitions/landing_files.py``). The folder has one subfolder for each source; the contracts are
docs/how-to/landing-files.md.
"""

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

MAX_FILE_BYTES = 64 * 2**20
"""Largest file taken: a year of daily charts of 200 positions has about 15 MB."""

SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".txt"})
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


class LandingError(ValueError):
    """A file of the landing folder cannot be taken; the message is one sentence."""


@dataclass(frozen=True)
class LandingEntry:
    """A name in the folder of a source.

    Attributes:
        folder: name of the source's folder.
        name: name of the file in it.
        size: bytes.
        changed: time of the last change, nanoseconds.
        problem: why it is not taken, in one sentence; None where it is.
    """

    folder: str
    name: str
    size: int
    changed: int
    problem: str | None = None


def list_landing(root: Path, sources: Collection[str]) -> list[LandingEntry]:
    """List the files of the sources' folders in order of name; hidden and unfinished ones are left out.

    Links are never followed, folders within a source's folder never entered: both would lead out of what the user
    put here.

    Raises:
        OSError: the root cannot be listed.
    """
    found: list[LandingEntry] = []
    with os.scandir(root) as folders:
        for folder in sorted(folders, key=lambda entry: entry.name):
            if folder.name.startswith("."):
                continue
            found += _listed(folder, sources)
    return found


def _listed(folder: os.DirEntry[str], sources: Collection[str]) -> Iterator[LandingEntry]:
    if folder.is_symlink():
        yield LandingEntry(folder.name, "", 0, 0, "The folder is a link; put the files into a folder of that name.")
    elif not folder.is_dir(follow_symlinks=False):
        yield LandingEntry(folder.name, "", 0, 0, "The file lies beside the folders; put it into that of its source.")
    elif folder.name not in sources:
        known = ", ".join(sorted(sources)) or "none"
        yield LandingEntry(folder.name, "", 0, 0, f"No source that takes files is named so; there are: {known}.")
    else:
        with os.scandir(folder.path) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if not entry.name.startswith(".") and not entry.name.lower().endswith(_UNFINISHED):
                    yield _entry(folder.name, entry)


def _entry(folder: str, entry: os.DirEntry[str]) -> LandingEntry:
    status = entry.stat(follow_symlinks=False)
    problem = None
    if stat.S_ISLNK(status.st_mode):
        problem = "It is a link; put the file itself here."
    elif not stat.S_ISREG(status.st_mode):
        problem = "It is no file; put the files straight into the folder of their source."
    elif Path(entry.name).suffix.lower() not in SUFFIXES:
        problem = f"Its name ends in none of {', '.join(sorted(SUFFIXES))}."
    elif status.st_size > MAX_FILE_BYTES:
        problem = f"It has {status.st_size} bytes, more than the {MAX_FILE_BYTES} that are taken; split it."
    elif "\x00" in entry.name or not entry.name.isprintable():
        problem = "Its name holds characters that cannot be printed."
    return LandingEntry(folder, _storable(entry.name), status.st_size, status.st_mtime_ns, problem)


def _storable(name: str) -> str:
    # names need not be text on disk, but must be in the database
    return name.encode("utf-8", "replace").decode("utf-8").replace("\x00", "?")


def read_landing(root: Path, entry: LandingEntry) -> bytes:
    """Return the bytes of a listed file.

    The path is walked by descriptors that refuse links, so a folder or file that is swapped for a link after the
    listing leads nowhere.

    Raises:
        LandingError: it is no longer a plain file of that size limit within the root.
    """
    for part in (entry.folder, entry.name):
        if part in ("", ".", "..") or "/" in part or os.sep in part:
            raise LandingError(f"{part!r} is no plain name.")
    try:
        folder = os.open(root / entry.folder, os.O_RDONLY | os.O_DIRECTORY | _O_NOFOLLOW)
        try:
            handle = os.open(entry.name, os.O_RDONLY | os.O_NONBLOCK | _O_NOFOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise LandingError("It is no plain file any more.")
            body = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise LandingError(f"It cannot be read: {error.strerror}.") from None
    if len(body) > MAX_FILE_BYTES:
        raise LandingError(f"It has more than the {MAX_FILE_BYTES} bytes that are taken; split it.")
    return body


def chart_day(name: str) -> date | None:
    """Return the last date (YYYY-MM-DD) in a file's name, which ends the period of its chart; None without one."""
    for year, month, day in reversed(_DATE.findall(name)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None
