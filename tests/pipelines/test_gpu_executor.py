"""The executor through real run workers and steps, on devices that exist by name alone."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import dagster as dg
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("processes")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A Dagster home, a folder for records, and lock files of this test's own."""
    for name in ("dagster", "records", "locks"):
        (tmp_path / name).mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")):
        pass  # SQLite's tables: two processes that create them at once spoil them
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CUDA_")}
    return {
        **inherited,
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "RECORD_FOLDER": str(tmp_path / "records"),
        "TMPDIR": str(tmp_path / "locks"),
    }


def start(job: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "tests.pipelines.device_jobs", "-j", job]
    return subprocess.Popen(command, env=dict(environment), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def records(environment: Mapping[str, str]) -> list[dict[str, object]]:
    return [json.loads(path.read_text()) for path in sorted(Path(environment["RECORD_FOLDER"]).glob("*.json"))]


def messages(environment: Mapping[str, str]) -> list[str]:
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        events = [entry for run in instance.get_runs() for entry in instance.all_logs(run.run_id)]
    retries = [entry.dagster_event.step_retry_data for entry in events if entry.dagster_event.is_step_up_for_retry]
    return [entry.user_message or entry.message for entry in events] + [retry.error.message for retry in retries]


def overlaps(entries: Sequence[Mapping[str, object]]) -> int:
    """Number of steps that began on a device while the one before it was still there."""
    by_device: dict[object, list[tuple[float, float]]] = {}
    for entry in entries:
        by_device.setdefault(entry["device"], []).append((float(str(entry["began"])), float(str(entry["ended"]))))
    return sum(later[0] < earlier[1] for spans in by_device.values() for earlier, later in pairwise(sorted(spans)))


def test_two_runs_of_six_steps_never_share_a_device(environment: dict[str, str]) -> None:
    environment |= {"BACKBEAT_DEVICES": "0,1"}
    runs = [start("six_steps", environment) for _ in range(2)]
    assert [run.wait(120) for run in runs] == [0, 0]
    held = records(environment)
    assert len(held) == 12
    assert {entry["device"] for entry in held} == {"0", "1"}
    assert {entry["kind"] for entry in held} == {"cuda"}
    assert overlaps(held) == 0
    named = Counter(line.rsplit(" ", 1)[-1] for line in messages(environment) if "runs on GPU" in line)
    assert sum(named.values()) == 12
    assert set(named) == {"gpu-0.0.", "gpu-1.0."}


def test_without_devices_steps_take_cpu_slots_and_the_log_says_so(environment: dict[str, str]) -> None:
    environment |= {"BACKBEAT_DEVICES": "", "BACKBEAT_CPU_SLOTS": "1"}
    assert start("two_steps", environment).wait(120) == 0
    held = records(environment)
    assert {(entry["device"], entry["kind"]) for entry in held} == {("", "cpu")}
    assert overlaps(held) == 0  # one slot: one step at a time
    assert sum("runs on CPU slot cpu-0" in line for line in messages(environment)) == 2


def test_a_killed_step_frees_its_device_and_is_tried_again_and_masks_are_kept(environment: dict[str, str]) -> None:
    environment |= {"BACKBEAT_DEVICES": "1", "CUDA_VISIBLE_DEVICES": "4,7"}
    runs = [start("cpu_step", environment), start("killed_step", environment)]
    assert [run.wait(120) for run in runs] == [0, 0]
    assert {(entry["device"], entry["kind"]) for entry in records(environment)} == {("", "cpu"), ("7", "cuda")}
    said = messages(environment)
    assert any("SIGKILL" in line for line in said)
    assert sum("runs on GPU gpu-7.0" in line for line in said) == 2
