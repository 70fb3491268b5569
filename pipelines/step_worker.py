"""What one step's process does before Dagster starts in it: tie its life to the run worker's, lease a slot.

Run as ``python -m pipelines.step_worker REQUEST ARG...`` by ``pipelines/gpu_executor.py``; the lease is an open file of
this process, so it lasts exactly as long as the step. The file is not inheritable: a program that the step starts
cannot hold on to the device.
"""

import json
import os
import runpy
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from resources.devices import Slot, lease
from resources.processes import default_signals, die_with_parent

DEVICE_VARIABLE = "BACKBEAT_DEVICE"
"""Tells the step's code where to compute: ``cuda`` or ``cpu``."""


@dataclass(frozen=True)
class LeaseRequest:
    """What the run worker asks of a step's process.

    Attributes:
        parent_pid: the run worker; the step dies with it.
        report_descriptor: open pipe on which the lease is reported, a JSON object on each line.
        folder: folder of the lock files.
        slots: places to choose from, best first.
    """

    parent_pid: int
    report_descriptor: int
    folder: str
    slots: tuple[Slot, ...]

    def to_json(self) -> str:
        """Write the request as one command-line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "LeaseRequest":
        """Read what :meth:`to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "slots": tuple(Slot(**slot) for slot in fields["slots"])})


def _environment(slot: Slot) -> dict[str, str]:
    """Variables that confine the step to its slot: with no GPU leased, none is visible."""
    if slot.device is None:
        return {"CUDA_VISIBLE_DEVICES": "", DEVICE_VARIABLE: "cpu"}
    return {"CUDA_VISIBLE_DEVICES": slot.device, DEVICE_VARIABLE: "cuda"}


def main(argv: list[str]) -> None:
    """Lease a slot, say which, and become the ``dagster`` command line with the rest of the arguments."""
    default_signals()
    request = LeaseRequest.from_json(argv[0])
    die_with_parent(request.parent_pid)
    with os.fdopen(request.report_descriptor, "w") as report:

        def say(**fields: str) -> None:
            report.write(json.dumps(fields) + "\n")
            report.flush()

        slot, lock = lease(request.slots, Path(request.folder), on_wait=lambda: say(state="waiting"))
        say(state="leased", slot=slot.name)
    os.environ.update(_environment(slot))
    sys.argv = ["dagster", *argv[1:]]
    with lock:
        runpy.run_module("dagster", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
