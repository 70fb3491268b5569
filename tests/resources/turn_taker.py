"""What one of several processes does in the test of turns; in a module of its own so that a process starts quickly."""

import time
from pathlib import Path

from resources.host_turns import HostTurns

INTERVAL_SECONDS = 0.1


def take_turns(folder: Path, count: int) -> list[float]:
    """Take turns at one host and return the moments at which each began."""
    turns = HostTurns(folder)
    moments = []
    for _ in range(count):
        turns.take("http://h/", "h", INTERVAL_SECONDS)
        moments.append(time.time())
    return moments
