"""Which devices may be leased, and that a lease ends with its holder."""

import multiprocessing
import os
import signal
import stat
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from resources.devices import Slot, cpu_slots, gpu_devices, gpu_slots, lease, try_lease


@pytest.mark.parametrize(
    ("setting", "mask", "devices"),
    [
        ("0,1", None, ["0", "1"]),
        ("", None, []),
        ("0, 1,1", None, ["0", "1"]),
        ("1", "4,7", ["7"]),  # numbers as torch counts them: within the mask
        ("0,1", "GPU-1f,GPU-2e", ["GPU-1f", "GPU-2e"]),
        ("", "4,7", []),
        (None, None, ["0", "1", "2"]),
        (None, "4,7,9", ["4", "7", "9"]),
        ("0", "3,-1,5", ["3"]),
    ],
)
def test_devices_are_those_of_the_setting_within_the_mask(
    setting: str | None, mask: str | None, devices: list[str]
) -> None:
    assert gpu_devices(setting, mask, count=lambda: 3) == devices


def test_torch_is_asked_only_where_nothing_else_tells() -> None:
    def count() -> int:
        raise AssertionError("asked")

    assert gpu_devices("0", None, count) == ["0"]


@pytest.mark.parametrize(("setting", "mask"), [("0,x", None), ("2", "4,7"), ("0", ""), ("1", "3,-1,5")])
def test_what_is_no_device_is_refused(setting: str, mask: str | None) -> None:
    with pytest.raises(ValueError, match="BACKBEAT_DEVICES"):
        gpu_devices(setting, mask)


def test_every_device_gets_its_first_step_before_any_gets_its_second() -> None:
    assert [slot.name for slot in gpu_slots(["0", "GPU-a/b"], 2)] == [
        "gpu-0.0",
        "gpu-GPU_a_b.0",
        "gpu-0.1",
        "gpu-GPU_a_b.1",
    ]
    assert [slot.name for slot in cpu_slots(2)] == ["cpu-0", "cpu-1"]
    assert len(cpu_slots(None)) == len(os.sched_getaffinity(0))


def test_a_slot_is_leased_once_and_free_again_when_closed(tmp_path: Path) -> None:
    slots = [Slot("0", 0), Slot("1", 0)]
    first, second = try_lease(slots, tmp_path), try_lease(slots, tmp_path)
    assert first is not None
    assert second is not None
    assert {first[0].device, second[0].device} == {"0", "1"}
    assert try_lease(slots, tmp_path) is None
    first[1].close()
    again = try_lease(slots, tmp_path)
    assert again is not None
    assert again[0] == first[0]


def _hold(folder: Path, held: Connection) -> None:
    _, lock = lease([Slot("0", 0)], folder)
    held.send("held")
    signal.pause()
    lock.close()


def test_the_kernel_frees_the_lease_of_a_killed_holder_and_a_waiter_gets_it(tmp_path: Path) -> None:
    near, far = multiprocessing.Pipe()
    holder = multiprocessing.get_context("fork").Process(target=_hold, args=(tmp_path, far))
    holder.start()
    assert near.recv() == "held"
    assert try_lease([Slot("0", 0)], tmp_path) is None
    waited = []

    def kill() -> None:
        waited.append(True)
        os.kill(holder.pid or 0, signal.SIGKILL)

    slot, _ = lease([Slot("0", 0)], tmp_path, on_wait=kill)
    assert waited == [True]
    assert slot == Slot("0", 0)
    holder.join()


def test_without_slots_a_lease_is_refused_rather_than_awaited_for_ever(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No slot"):
        lease([], tmp_path)


def test_the_folder_of_locks_is_open_to_every_user_like_the_temporary_folder(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    assert try_lease([Slot(None, 0)], folder) is not None
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
