"""What a scan has to do, told from two listings.

Belongs here: the difference between what lies in a folder and what is known of it. Does not belong here: listing
(``assets.library.file_access``), reading or writing anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
