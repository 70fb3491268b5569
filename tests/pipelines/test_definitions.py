"""What holds for the whole asset graph and everything that starts runs."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from pipelines import audio, data
from pipelines.dagster_internals import UnresolvedAssetJobDefinition
from pipelines.executor import audio_executor
from pipelines.gpu_executor import gpu_executor
from pipelines.partitions import partitions_by_asset
from pipelines.policies import POLICIES
from resources.dictionary import column_schema
from resources.failures import InputError

LOCATIONS = {"data": data.defs, "audio": audio.defs}
ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "essentia", "librosa", "matplotlib", "demucs", "sklearn")


def all_specs() -> Iterator[tuple[str, dg.AssetSpec]]:
    for location, definitions in LOCATIONS.items():
        for asset in definitions.assets or ():
            assert isinstance(asset, dg.AssetsDefinition)
            for spec in asset.specs:
                yield location, spec


SPECS = {".".join(spec.key.path): (location, spec) for location, spec in all_specs()}


@pytest.mark.parametrize("name", SPECS)
def test_every_asset_says_what_it_is(name: str) -> None:
    _, spec = SPECS[name]
    assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*", name)
    assert spec.description
    assert len(spec.description) > 40
    assert spec.owners
    assert all(owner.startswith("team:") for owner in spec.owners)
    assert spec.kinds
    assert spec.code_version
    assert spec.group_name == name.split(".")[0]
    assert spec.metadata["dagster/table_name"] == name
    columns = spec.metadata["dagster/column_schema"]
    assert columns == column_schema(spec.key.path)
    assert all(column.description for column in columns.columns)


@pytest.mark.parametrize("name", SPECS)
def test_every_asset_has_a_blocking_contract_and_its_policy(name: str) -> None:
    location, spec = SPECS[name]
    asset = LOCATIONS[location].get_assets_def(spec.key)
    policy = POLICIES[name]
    assert any(check.blocking for check in asset.check_specs)
    assert asset.op.retry_policy == policy.retry
    assert asset.op.pool == policy.pool
    assert {hook.name for hook in asset.hook_defs} == {"stop_run_retries"}
    assert (asset.backfill_policy is None) == (spec.partitions_def is None)
    assert spec.freshness_policy == policy.freshness
    if location == "audio":
        assert asset.op.tags["backbeat/device"] in {"gpu", "cpu"}


def test_tables_of_policies_name_exactly_the_assets_that_there_are() -> None:
    assert set(SPECS) == set(POLICIES)
    assert set(SPECS) == set(partitions_by_asset(data.load_catalogue()))


def test_the_graph_is_the_reviewed_one(snapshot: SnapshotAssertion) -> None:
    """Run with --snapshot-update after a change that is meant, and review the difference."""
    graph = {
        name: {
            "location": location,
            "deps": {
                ".".join(dep.asset_key.path): type(dep.partition_mapping).__name__
                if dep.partition_mapping is not None
                else None
                for dep in spec.deps
            },
            "partitions": type(spec.partitions_def).__name__ if spec.partitions_def else None,
            "group": spec.group_name,
            "owners": list(spec.owners),
            "kinds": sorted(spec.kinds),
            "automation": spec.automation_condition.get_label() if spec.automation_condition else None,
            "freshness": spec.freshness_policy is not None,
        }
        for name, (location, spec) in sorted(SPECS.items())
    }
    assert graph == snapshot(extension_class=JSONSnapshotExtension)


def test_what_starts_runs_is_on_by_default_in_utc_and_has_a_description() -> None:
    repositories = [definitions.get_repository_def() for definitions in LOCATIONS.values()]
    schedules = [schedule for repository in repositories for schedule in repository.schedule_defs]
    sensors = [sensor for repository in repositories for sensor in repository.sensor_defs]
    assert {schedule.name for schedule in schedules} == {
        "feeds_schedule", "charts_schedule", "digest_schedule", "trends_schedule", "failed_partitions_schedule",
        "purge_schedule", "releases_schedule", "retention_schedule",
    }  # fmt: skip
    assert {sensor.name for sensor in sensors} == {
        "industry_automation", "intake", "landed_charts", "landing_watch", "mix_requests", "music_watch",
    }  # fmt: skip
    assert {schedule.execution_timezone for schedule in schedules} == {"UTC"}
    assert {schedule.default_status for schedule in schedules} == {dg.DefaultScheduleStatus.RUNNING}
    assert {sensor.default_status for sensor in sensors} == {dg.DefaultSensorStatus.RUNNING}
    assert all(each.description for each in [*schedules, *sensors])


def test_every_job_ends_some_time() -> None:
    for definitions in LOCATIONS.values():
        for job in definitions.jobs or ():
            tags = job.run_tags if isinstance(job, UnresolvedAssetJobDefinition) else job.tags
            assert int((tags or {})["dagster/max_runtime"]) <= 6 * 3600


def test_the_audio_location_leases_devices_and_the_data_location_does_not() -> None:
    assert audio.defs.executor is gpu_executor
    assert data.defs.executor is not gpu_executor


@pytest.mark.parametrize("name", ["k8s", "celery"])
def test_other_executors_are_a_setting(name: str) -> None:
    assert name in audio_executor(name).name


def test_an_executor_that_is_not_installed_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dagster_k8s", None)
    with pytest.raises(InputError, match=r"pip install 'backbeat\[k8s\]'"):
        audio_executor("k8s")


def test_gpu_assets_tell_every_executor_so() -> None:
    tags = audio.defs.get_assets_def(["library", "track_analyses"]).op.tags
    assert json.loads(tags["dagster-k8s/config"])["container_config"]["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert tags["dagster-celery/queue"] == "gpu"
    assert json.loads(tags["dagster-ray/config"]) == {"num_gpus": 1}


def test_resources_can_be_replaced_and_unknown_ones_are_refused() -> None:
    replaced = data.build_defs(resource_overrides={"warehouse": "other"})
    assert (replaced.resources or {})["warehouse"] == "other"
    with pytest.raises(KeyError, match="nosuch"):
        data.build_defs(resource_overrides={"nosuch": 1})


@pytest.mark.parametrize("module", ["pipelines.data", "pipelines.audio"])
def test_a_location_loads_in_a_fresh_interpreter_without_secrets_sockets_or_heavy_libraries(
    module: str, tmp_path: Path
) -> None:
    program = f"""
import socket, sys
def refuse(*args, **kwargs): raise AssertionError("a socket was opened")
socket.socket.connect = refuse
import dagster as dg
import {module}
dg.Definitions.validate_loadable({module}.defs)
heavy = [name for name in {HEAVY!r} if name in sys.modules]
assert not heavy, heavy
"""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []  # importing writes nothing either
