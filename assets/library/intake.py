"""What a scan has to do, told from two listings, and how new tracks are parted into batches.

Belongs here: the difference between what lies in a folder and what is known of it, batch keys. Does not belong here:
listing, reading or writing anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

INTAKE_BATCHES = "intake_batches"
"""Name of the dynamic partitions of the library."""

BATCH_SIZE = 50
"""Most tracks in a batch: enough to pay a step's start-up of 2 s, few enough to finish in minutes."""


@dataclass(frozen=True)
class FileStat:
    """What tells, without reading it, whether a file changed: size in bytes and modification time (None: unknown)."""

    bytes: int
    modified_at: datetime | None


@dataclass(frozen=True)
class ListingDiff:
    """What a listing means for what is known; every tuple holds URIs in order.

    Attributes:
        new: never seen.
        changed: seen with another size or time.
        returned: unchanged, but marked as gone.
        unchanged: nothing to do.
        gone: known as present and not listed any more.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    returned: tuple[str, ...]
    unchanged: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def to_read(self) -> tuple[str, ...]:
        """The files whose content must be read."""
        return tuple(sorted((*self.new, *self.changed)))


@dataclass(frozen=True)
class KnownFile:
    """What an earlier scan noted of a file, and whether the last one still found it."""

    stat: FileStat
    present: bool


def listing_diff(listing: Mapping[str, FileStat], known: Mapping[str, KnownFile], *, complete: bool) -> ListingDiff:
    """Compare a listing with what is known of the same root.

    Args:
        listing: the files found, by URI.
        known: the files known under the same root, by URI.
        complete: whether the listing saw all folders. Where it did not, or found nothing at all though files are known
            (a disk that is not mounted looks like an empty folder), no file counts as gone.
    """
    new, changed, returned, unchanged = [], [], [], []
    for uri in sorted(listing):
        if uri not in known:
            new.append(uri)
        elif known[uri].stat != listing[uri]:
            changed.append(uri)
        elif not known[uri].present:
            returned.append(uri)
        else:
            unchanged.append(uri)
    trusted = complete and bool(listing)
    gone = [uri for uri in sorted(known) if known[uri].present and uri not in listing] if trusted else []
    return ListingDiff(tuple(new), tuple(changed), tuple(returned), tuple(unchanged), tuple(gone))


def batch_key(number: int) -> str:
    """Partition key of a batch: ``b000001`` for 1.

    Raises:
        ValueError: not in 1-999999.
    """
    if not 1 <= number <= 999_999:
        raise ValueError(f"batch number {number} is not in 1-999999")
    return f"b{number:06d}"


def batch_number(key: str) -> int:
    """Number of a batch key; the inverse of :func:`batch_key`."""
    return int(key.removeprefix("b"))


def batches(track_ids: Iterable[str], last_number: int) -> dict[str, list[str]]:
    """Part new tracks, in their order, into batches of at most `BATCH_SIZE` numbered after ``last_number``."""
    ids = list(track_ids)
    starts = range(0, len(ids), BATCH_SIZE)
    return {batch_key(last_number + 1 + i): ids[start : start + BATCH_SIZE] for i, start in enumerate(starts)}
