"""Turns at a host: at least so many seconds between two requests, across all processes of this machine.

Belongs here: reserving the next free moment in a locked file. Does not belong here: how long the interval is
(catalogue, robots.txt) or what is fetched.
"""

import fcntl
import hashlib
import struct
import time
from collections.abc import Callable
from pathlib import Path

from resources.http_errors import HostBusyError

MAX_WAIT_SECONDS = 120.0
"""Longest queue at one host; a moment further away is taken for the leavings of a clock that was set back."""

_MOMENT = struct.Struct("<d")


class HostTurns:
    """One small file per host holds the time at which the host is free again.

    The lock is held while the file is read and written, not while a caller waits, and the kernel drops it when its
    holder dies; so nobody waits for a process that is gone.
    """

    def __init__(self, folder: Path, sleep: Callable[[float], object] = time.sleep) -> None:
        self._folder = folder
        self._sleep = sleep

    def take(self, url: str, host: str, interval_seconds: float) -> float:
        """Wait until it is our turn at ``host`` and return the seconds waited.

        Args:
            url: what is to be fetched, for the error.
            host: name of the host.
            interval_seconds: time to keep free after our turn; zero or less: no turns at all.

        Raises:
            HostBusyError: the turn is more than ``MAX_WAIT_SECONDS`` away.
        """
        if interval_seconds <= 0:
            return 0.0
        wait = self._reserve(url, host, interval_seconds)
        if wait > 0:
            self._sleep(wait)
        return wait

    def _reserve(self, url: str, host: str, interval_seconds: float) -> float:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(host.lower().encode()).hexdigest()[:32]
        with (self._folder / f"{name}.turn").open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            stored = file.read(_MOMENT.size)
            now = time.time()
            free = _MOMENT.unpack(stored)[0] if len(stored) == _MOMENT.size else now
            wait = max(0.0, free - now)
            if wait > MAX_WAIT_SECONDS + interval_seconds:
                wait = 0.0
            if wait > MAX_WAIT_SECONDS:
                raise HostBusyError(
                    url,
                    f"The next free turn at {host} is {wait:.0f} seconds away, more than the {MAX_WAIT_SECONDS:.0f} "
                    "that a run waits; it is tried again in the next one.",
                    retry_after=wait,
                )
            file.truncate(0)
            file.write(_MOMENT.pack(now + wait + interval_seconds))
        return wait
