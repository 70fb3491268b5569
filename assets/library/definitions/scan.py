"""The scan: audio files of a folder become tracks, locations, intake batches and dead letters.

Belongs here: the order of things and writing what was found. Does not belong here: listing (``file_access``), what
changed (``intake``), reading files (``scan_reading``), how findings become rows
(``sql/transforms/library_register_findings.sql``).
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

import sql
from assets.library.file_access import list_audio
from assets.library.intake import BATCH_SIZE, FileStat, KnownFile, listing_diff
from assets.library.scan_reading import Finding, Outcome, read_files
from resources.warehouse import DeadLetter, Warehouse

ASSET_KEY = "library.tracks"
REGISTER_FILES = 10 * BATCH_SIZE
"""Files a transaction: a scan that is killed loses at most the reading of so many."""


@dataclass(frozen=True)
class ScanProgress:
    """How far a scan is: files read of those to read, and the file just read."""

    done: int
    total: int
    uri: str


@dataclass(frozen=True)
class ScanResult:
    """What a scan found and did.

    Attributes:
        source: URI of the root.
        found: audio files listed.
        new: files never seen before.
        changed: files whose size or time differed.
        unchanged: files left alone.
        gone: files known and not found any more.
        unsettled: files that changed while they were read; the next scan takes them.
        dead_letters: files and folders refused by this scan.
        batches: keys of the new intake batches.
        seconds: wall time.
    """

    source: str
    found: int
    new: int
    changed: int
    unchanged: int
    gone: int
    unsettled: int
    dead_letters: int
    batches: tuple[str, ...]
    seconds: float


def scan(source: str, warehouse: Warehouse, progress: Callable[[ScanProgress], None] | None = None) -> ScanResult:
    """Register the audio files of a folder; a second scan reads only what changed (path, size, time).

    Scans may run at once, also of the same folder. What was registered stays when a scan is killed.

    Args:
        source: folder or fsspec URL.
        warehouse: where tracks are registered.
        progress: called after each file read, in the calling thread.

    Raises:
        NoSuchFolder: ``source`` is not there.
    """
    started = time.monotonic()
    listing = list_audio(source)
    diff = listing_diff(listing.files, _known(warehouse, listing.root), complete=not listing.problems)
    letters = [DeadLetter(listing.root, uri, reason, ASSET_KEY) for uri, reason in sorted(listing.problems.items())]
    outcomes: Counter[Outcome] = Counter()
    batches: list[str] = []
    findings = read_files(listing.files, diff.to_read)
    while stretch := list(islice(findings, REGISTER_FILES)):
        for finding in stretch:
            outcomes[finding.outcome] += 1
            if progress is not None:
                progress(ScanProgress(outcomes.total(), len(diff.to_read), finding.uri))
        batches += _register(warehouse, listing.root, stretch)
        letters += [
            DeadLetter(listing.root, finding.uri, finding.reason or "", ASSET_KEY)
            for finding in stretch
            if finding.outcome == "unreadable"
        ]
    warehouse.dead_letters(letters)
    if diff.returned or diff.gone:
        seen = {"returned": list(diff.returned), "gone": list(diff.gone)}
        warehouse.execute(sql.text("statements/library_locations_seen.sql"), seen)
    return ScanResult(
        source=listing.root,
        found=len(listing.files),
        new=len(diff.new),
        changed=len(diff.changed),
        unchanged=len(diff.unchanged) + len(diff.returned),
        gone=len(diff.gone),
        unsettled=outcomes["unsettled"],
        dead_letters=len(letters) + outcomes["refused"],
        batches=tuple(batches),
        seconds=time.monotonic() - started,
    )


def _known(warehouse: Warehouse, root: str) -> dict[str, KnownFile]:
    rows = warehouse.rows(sql.text("statements/library_known_locations.sql"), {"root": root})
    return {uri: KnownFile(FileStat(size, modified_at), present) for uri, size, modified_at, present in rows}


def _register(warehouse: Warehouse, source: str, findings: Sequence[Finding]) -> list[str]:
    """Write findings in one transaction; returns the keys of the new batches."""
    rows = [_row(finding) for finding in findings if finding.outcome in ("track", "refused")]
    with warehouse.connect() as connection:
        connection.execute(sql.text("statements/library_scan_findings.sql"))
        with connection.cursor() as cursor, cursor.copy(sql.text("statements/library_copy_findings.sql")) as copy:
            for row in rows:
                copy.write_row(row)
        with psycopg.ClientCursor(connection) as cursor:
            parameters = {"source": source, "batch_size": BATCH_SIZE}
            cursor.execute(sql.text("transforms/library_register_findings.sql"), parameters)
            while cursor.nextset():
                pass
            return [key for (key,) in cursor.fetchall()]


def _row(finding: Finding) -> tuple[Any, ...]:
    """A row of ``scan_findings``."""
    place = (finding.uri, finding.stat.bytes, finding.stat.modified_at, finding.reason)
    if finding.identity is None or finding.tags is None:
        return (*place, *[None] * 13)
    identity, tags = finding.identity, finding.tags
    claims = (tags.title, tags.artist, tags.album, tags.genre, tags.year, tags.bpm, tags.key, tags.energy)
    return (
        *place,
        *(identity.track_id, identity.media_type, identity.audio_bytes, tags.seconds),
        *(claim.value if claim else None for claim in claims),
        Jsonb(tags.provenance()),
    )
