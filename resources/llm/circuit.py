"""Leaving a provider alone that is down: after a few failures in a row it is not asked for a while.

Belongs here: the breaker. Does not belong here: what counts as a failure (:mod:`resources.llm.chain`).
"""

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Opens after so many failures in a row, or at once for a fatal one; closes with the next success.

    Shared by the threads of one process. Another process learns of an outage for itself, at the cost of as many calls.
    """

    def __init__(
        self, failures: int = 3, rest_seconds: float = 120.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Set the limits.

        Args:
            failures: in a row that open it.
            rest_seconds: for which it stays open; then one call may try.
            clock: seconds, monotonic.
        """
        self._limit = failures
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def allows(self) -> bool:
        """Say whether a call may be made; after a rest one caller gets leave to try, and the others none."""
        with self._lock:
            if self._failures < self._limit:
                return True
            if self._clock() < self._open_until:
                return False
            self._open_until = self._clock() + self._rest_seconds
            return True

    def succeeded(self) -> None:
        """Note a call that the provider answered, usably or not."""
        with self._lock:
            self._failures = 0

    def failed(self, *, fatal: bool = False) -> None:
        """Note a call that the provider did not answer; after a fatal failure no call is tried again."""
        with self._lock:
            self._failures = self._limit if fatal else self._failures + 1
            if self._failures >= self._limit:
                self._open_until = float("inf") if fatal else self._clock() + self._rest_seconds
