"""The state of a mix request while its assets are made, and the progress shown to whoever waits.

Belongs here: ``mixes.mix_requests.status`` and ``mixes.mix_progress``. Does not belong here: making anything.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import sql
from assets.mixes.planner import ImpossibleRequestError
from resources.failures import InputError, PermanentFailure
from resources.warehouse import Warehouse

Phase = Literal["parsing", "searching", "scoring", "selecting", "ordering", "rendering", "exporting", "measuring"]
Tell = Callable[[str, float], None]
"""Called with a message and the share 0-1 of the phase that is done."""

LEAST_SECONDS_BETWEEN = 0.25
"""Progress within one message is written this often at most."""
LONGEST_ERROR = 500


def set_status(warehouse: Warehouse, request_id: str, status: str, error: str | None = None) -> None:
    """Note how far a request is; ``error`` goes with ``failed`` and ``impossible``."""
    row = {"request_id": request_id, "status": status, "error": error}
    warehouse.execute(sql.text("statements/mix_request_status.sql"), row)


@contextmanager
def noting_failure(warehouse: Warehouse, request_id: str) -> Iterator[None]:
    """Where the block raises, mark the request with the reason.

    Raises:
        PermanentFailure: the request is impossible or not valid: no further attempt can help.
    """
    try:
        yield
    except (ImpossibleRequestError, InputError) as reason:
        set_status(warehouse, request_id, "impossible", str(reason)[:LONGEST_ERROR])
        raise PermanentFailure(f"The mix {request_id} is impossible: {reason}") from reason
    except Exception as failure:
        words = failure.description if isinstance(failure, PermanentFailure) else str(failure)
        sentence = " ".join((words or type(failure).__name__).split())
        set_status(warehouse, request_id, "failed", sentence[:LONGEST_ERROR])
        raise


def record_progress(warehouse: Warehouse, request_id: str, phase: Phase, message: str, share: float) -> None:
    """Write one row of progress in a transaction of its own, which also notifies the listeners."""
    row = {"request_id": request_id, "phase": phase, "message": message, "percent": 100.0 * min(max(share, 0.0), 1.0)}
    warehouse.execute(sql.text("statements/mix_progress.sql"), row)


def progress_of(warehouse: Warehouse, request_id: str, phase: Phase) -> Tell:
    """A function that records progress of one phase: every new message, and at most four times a second within one."""
    said, at = "", 0.0

    def tell(message: str, share: float) -> None:
        nonlocal said, at
        now = time.monotonic()
        if message == said and now - at < LEAST_SECONDS_BETWEEN:
            return
        said, at = message, now
        record_progress(warehouse, request_id, phase, message, share)

    return tell
