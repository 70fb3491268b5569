"""Computing devices and their leases: which GPUs and CPU slots there are, and who holds one now.

A lease is an ``flock(2)`` on a file, held by the very process that uses the device: whatever way that process ends, the
kernel frees it. Nothing has to be cleaned up, and no bookkeeping can be wrong.

Belongs here: slots and leases. Does not belong here: Dagster, or when a step asks for a lease
(``pipelines/gpu_executor.py``). Standard library alone, since it is imported before every step starts.
"""

import fcntl
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_ACCELERATOR_NODES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Device nodes without one of which CUDA or ROCm cannot have a device (Linux, WSL 2, AMD)."""

_POLL_SECONDS = 0.2
_PROBE_SECONDS = 120


@dataclass(frozen=True)
class Slot:
    """One place in which one step may run.

    Attributes:
        device: the GPU as the driver names it (number or UUID), or None for a place on the CPU.
        number: counts the places of a device, or of the CPU, from 0.
    """

    device: str | None
    number: int

    @property
    def name(self) -> str:
        """For people and for the lock's file name, e.g. ``gpu-0.0`` or ``cpu-1``."""
        if self.device is None:
            return f"cpu-{self.number}"
        return f"gpu-{re.sub(r'[^A-Za-z0-9]+', '_', self.device)}.{self.number}"


def lock_folder() -> Path:
    """Folder of the lock files: one for the whole machine, because devices are."""
    return Path(tempfile.gettempdir()) / "backbeat-devices"


def _count_by_torch() -> int:
    """Number of GPUs that torch sees, asked in a process of its own so that this one stays light."""
    if not any(Path(node).exists() for node in _ACCELERATOR_NODES):
        return 0
    probe = "import torch; print(torch.cuda.device_count())"
    try:
        done = subprocess.run(
            [sys.executable, "-c", probe], capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        )
        return int(done.stdout.split()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError):
        return 0


def gpu_devices(setting: str | None, mask: str | None, count: Callable[[], int] = _count_by_torch) -> list[str]:
    """GPUs that may be leased, named as the driver does.

    Args:
        setting: ``BACKBEAT_DEVICES``: numbers as torch counts them, e.g. ``"0,1"``; ``""``: none; None: all.
        mask: the inherited ``CUDA_VISIBLE_DEVICES``; torch's device 0 is the mask's first entry. None: no mask.
        count: answers how many devices torch sees, asked only where nothing else tells.

    Raises:
        ValueError: ``setting`` names a device that is not a number, or that the mask hides.
    """
    visible = None if mask is None else [part.strip() for part in mask.split(",") if part.strip()]
    if visible is not None and "-1" in visible:
        visible = visible[: visible.index("-1")]  # CUDA ignores everything from the first invalid entry on
    if setting is None:
        numbers = list(range(count()))
    else:
        parts = [part.strip() for part in setting.split(",") if part.strip()]
        if not all(part.isdigit() for part in parts):
            raise ValueError(f"BACKBEAT_DEVICES={setting!r} is not a list of device numbers such as '0,1'.")
        numbers = list(dict.fromkeys(int(part) for part in parts))
    if visible is None:
        return [str(number) for number in numbers]
    if numbers and max(numbers) >= len(visible):
        raise ValueError(
            f"BACKBEAT_DEVICES names device {max(numbers)}, but CUDA_VISIBLE_DEVICES={mask!r} leaves "
            f"{len(visible)} device(s)."
        )
    return [visible[number] for number in numbers]


def gpu_slots(devices: Sequence[str], slots_per_device: int) -> list[Slot]:
    """Every place on the GPUs, ordered so that all devices get their first step before any gets its second."""
    return [Slot(device, number) for number in range(slots_per_device) for device in devices]


def cpu_slots(number: int | None) -> list[Slot]:
    """Every place on the CPU: ``number`` of them, or one for each core this process may use."""
    return [Slot(None, place) for place in range(number or available_cores())]


def available_cores() -> int:
    """Cores this process may use; an affinity mask (taskset, cgroup cpuset) is respected."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _lock_file(folder: Path, slot: Slot) -> IO[bytes]:
    """Open a slot's lock file, which any user of the machine may share."""
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o1777)  # like the temporary folder it lies in: every user of the machine adds locks here
    path = folder / f"{slot.name}.lock"
    try:
        return path.open("rb")  # flock needs no right to write, and sticky folders refuse O_CREAT to other users
    except FileNotFoundError:
        descriptor = os.open(path, os.O_CREAT | os.O_RDONLY, 0o644)
        return os.fdopen(descriptor, "rb")


def try_lease(slots: Sequence[Slot], folder: Path) -> tuple[Slot, IO[bytes]] | None:
    """Take the first free slot, if there is one.

    Returns:
        The slot and the open file that holds it: closing the file, or the end of the process, gives it back.
    """
    for slot in slots:
        lock = _lock_file(folder, slot)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return slot, lock
    return None


def lease(slots: Sequence[Slot], folder: Path, on_wait: Callable[[], None] = lambda: None) -> tuple[Slot, IO[bytes]]:
    """Take a slot, waiting until one is free.

    Args:
        slots: places to choose from, best first; at least one.
        folder: where the lock files are.
        on_wait: called once if none is free at first.

    Raises:
        ValueError: ``slots`` is empty, so that the wait would never end.
    """
    if not slots:
        raise ValueError("No slot to lease: neither a device nor a CPU slot is configured.")
    taken = try_lease(slots, folder)
    if taken is None:
        on_wait()
    while taken is None:
        time.sleep(_POLL_SECONDS)
        taken = try_lease(slots, folder)
    return taken
