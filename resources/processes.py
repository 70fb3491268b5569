"""How our processes live and die together.

Belongs here: signals, parents and groups of processes. Does not belong here: what any of the processes does.
Standard library alone, since it is imported before every step starts.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
"""``prctl(2)`` option: the signal that the kernel sends to this process when its parent dies."""


def die_with_parent(parent_pid: int | None = None) -> None:
    """Have the kernel kill this process when the thread that started it ends in any way, ``kill -9`` included.

    Pass it as the ``initializer`` of a process pool so that no worker outlives its step.

    Args:
        parent_pid: the parent that is expected; unset: the parent of this moment. Where it has died already, so
            that the kernel would never send the signal, this process ends at once.
    """
    expected = parent_pid or os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    prctl = getattr(libc, "prctl", None)
    if prctl is not None:  # Linux; elsewhere groups of processes are still killed by `kill_group`
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != expected:
        os._exit(1)


def default_signals() -> None:
    """Let SIGINT and SIGTERM act again: a shell's background job passes "ignore SIGINT" on to its children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def kill_group(group: int, sig: int = signal.SIGKILL) -> None:
    """Send a signal to every process of a group; a group that is gone is no error."""
    try:
        os.killpg(group, sig)
    except (ProcessLookupError, PermissionError):
        return


def command_that_dies_with(parent_pid: int, command: Sequence[str]) -> list[str]:
    """Wrap a command so that it starts with default signals and is killed when its parent dies."""
    return [sys.executable, "-P", str(Path(__file__)), str(parent_pid), *command]


if __name__ == "__main__":
    default_signals()
    die_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
