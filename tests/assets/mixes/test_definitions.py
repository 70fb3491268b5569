"""Mix assets on a real database and real audio: request to report, repeats, impossible wishes, kills."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
import soundfile

from assets.library.keys import from_camelot
from assets.library.synthesis import Section, TrackRecipe, WrittenTrack, write_crate
from assets.mixes.definitions import ASSETS
from assets.mixes.definitions.submission import load_request, submit
from assets.mixes.requests import parse_request
from resources.database_url import conninfo
from resources.failures import InputError
from resources.object_store import ObjectStore, ObjectStoreResource
from resources.warehouse import Warehouse, WarehouseResource
from tests.assets.mixes.library_rows import add_batch

pytestmark = pytest.mark.xdist_group("mix_definitions")  # the crate is synthesised once

REQUESTS = dg.DynamicPartitionsDefinition(name="mix_requests")
MIX_ASSETS = [
    asset.map_asset_specs(lambda spec: spec.replace_attributes(partitions_def=REQUESTS))
    for asset in ASSETS
    if asset.key.path[0] == "mixes"
]
FORM = (Section("intro", 8), Section("breakdown", 8), Section("drop", 16), Section("outro", 8))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[WrittenTrack]:
    recipes = [
        TrackRecipe("One", 126.0, from_camelot("8A"), FORM, artist="Alpha", seed=1, sample_rate=22_050),
        TrackRecipe("Two", 127.0, from_camelot("9A"), FORM, artist="Beta", seed=2, gain_db=-4, sample_rate=22_050),
        TrackRecipe("Three", 125.5, from_camelot("8B"), FORM, artist="Gamma", seed=3, sample_rate=22_050),
    ]
    return write_crate(tmp_path_factory.mktemp("crate"), recipes)


@pytest.fixture
def crate(warehouse: Warehouse, written: list[WrittenTrack]) -> list[str]:
    return add_batch(warehouse, "b000001", written)


def make(
    warehouse: Warehouse, store: ObjectStore, request_id: str, *names: str, check: bool = True
) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("mix_requests", [request_id])
        return dg.materialize(
            [asset for asset in MIX_ASSETS if not names or asset.key.path[1] in names],
            instance=instance,
            partition_key=request_id,
            resources={
                "warehouse": WarehouseResource(url=warehouse.url),
                "store": ObjectStoreResource(root_url=store.root_url),
            },
            raise_on_error=check,
        )


def metadata(run: dg.ExecuteInProcessResult, name: str) -> dict[str, Any]:
    (event,) = run.asset_materializations_for_node(f"mixes__{name}")
    return {key: value.value for key, value in event.metadata.items()}


def status(warehouse: Warehouse, request_id: str) -> tuple[str, str | None]:
    ((state, error),) = warehouse.rows(
        "SELECT status, error FROM mixes.mix_requests WHERE request_id = %s", [request_id]
    )
    return state, error


@pytest.fixture
def heard(warehouse: Warehouse) -> Iterator[list[dict[str, Any]]]:
    """What a listener on channel mix_progress is told while the test runs."""
    messages: list[dict[str, Any]] = []
    stop = threading.Event()
    connection = psycopg.connect(conninfo(warehouse.url), autocommit=True)
    connection.execute("LISTEN mix_progress")

    def listen() -> None:
        while not stop.is_set():
            messages.extend(json.loads(note.payload) for note in connection.notifies(timeout=0.1))

    listener = threading.Thread(target=listen)
    listener.start()
    yield messages
    stop.set()
    listener.join()
    connection.close()


def test_a_request_becomes_a_measured_mix(
    warehouse: Warehouse, store: ObjectStore, crate: list[str], heard: list[dict[str, Any]]
) -> None:
    request_id = submit(warehouse, parse_request("{title: Night, curve: build, loudness_lufs: -16}"))
    run = make(warehouse, store, request_id)
    assert status(warehouse, request_id) == ("done", None)

    # the plan: every track once, end to end
    plan = warehouse.frame("SELECT * FROM mixes.mix_plan_tracks ORDER BY position")
    assert sorted(plan["track_id"]) == sorted(crate)
    transitions = warehouse.frame("SELECT * FROM mixes.mix_plan_transitions ORDER BY transition")
    assert transitions["from_track_id"].tolist() == plan["track_id"].tolist()[:-1]
    assert transitions["to_track_id"].tolist() == plan["track_id"].tolist()[1:]
    assert set(transitions["technique"]) == {"eq_swap"}

    # the file: as long as planned, as loud as asked for, what the row says it is
    ((uri, sha256, seconds),) = warehouse.rows("SELECT uri, sha256, seconds FROM mixes.mix_renders")
    path = Path(uri.removeprefix("file://"))
    assert soundfile.info(path).duration == pytest.approx(seconds) == pytest.approx(plan["end_s"].max(), abs=0.01)
    assert metadata(run, "mix_renders")["mix"] == str(path)

    # the report: every gate for every transition, none failed
    report = warehouse.frame("SELECT * FROM mixes.transition_report ORDER BY transition, gate")
    assert report.loc[report["verdict"] == "fail", ["transition", "gate", "detail"]].to_numpy().tolist() == []
    for transition in (1, 2):
        assert report.loc[report["transition"] == transition, "gate"].tolist() == [1, 2, 4, 5, 7, 13]
    assert report.loc[report["transition"] == 0, "gate"].tolist() == [5, 9, 10, 11, 20, 29]
    checks = {event.check_name: event for event in run.get_asset_check_evaluations()}
    assert checks["gates"].passed
    assert all(event.passed for event in run.get_asset_check_evaluations() if event.check_name == "contract")

    # what the UI shows
    for name, key in (("mix_plans", "timeline"), ("mix_plans", "energy"), ("transition_report", "energy")):
        assert metadata(run, name)[key].startswith("![")
    for name, key in (("mix_plans", "transitions"), ("transition_report", "report")):
        assert len(metadata(run, name)[key].splitlines()) > len(transitions)

    # progress was told while it happened, in order
    phases = [message["phase"] for message in heard if message["request_id"] == request_id]
    assert list(dict.fromkeys(phases)) == ["parsing", "searching", "ordering", "rendering", "measuring"]
    assert "rendering 2 of 3" in [message["message"] for message in heard]

    # again: the same rows, and nothing is rendered twice
    before = warehouse.frame("SELECT plan_sha256, planned_at FROM mixes.mix_plans")
    again = make(warehouse, store, request_id, "mix_plans", "mix_renders")
    assert metadata(again, "mix_renders")["reused"]
    assert warehouse.frame("SELECT plan_sha256, planned_at FROM mixes.mix_plans").equals(before)
    assert warehouse.scalar("SELECT sha256 FROM mixes.mix_renders") == sha256

    # a file that went away is made again, to the same bytes
    store.delete(uri)
    once_more = make(warehouse, store, request_id, "mix_renders")
    assert not metadata(once_more, "mix_renders")["reused"]
    assert warehouse.scalar("SELECT sha256 FROM mixes.mix_renders") == sha256
    assert store.exists(uri)


def test_a_set_of_one_track_is_measured_as_a_whole(warehouse: Warehouse, store: ObjectStore, crate: list[str]) -> None:
    request_id = submit(warehouse, parse_request("{length_minutes: 1, loudness_lufs: -16}"))
    make(warehouse, store, request_id)
    assert status(warehouse, request_id) == ("done", None)
    report = warehouse.frame("SELECT gate, transition, verdict FROM mixes.transition_report ORDER BY gate")
    assert report["gate"].tolist() == [9, 10, 11, 20, 29]
    assert set(report["transition"]) == {0}
    assert "fail" not in set(report["verdict"])
    assert warehouse.scalar("SELECT seconds FROM mixes.mix_renders") <= 60


def test_an_impossible_request_says_why_and_is_not_tried_again(
    warehouse: Warehouse, store: ObjectStore, crate: list[str]
) -> None:
    request_id = submit(warehouse, parse_request("{bpm_range: [60, 70]}"))
    run = make(warehouse, store, request_id, check=False)
    assert not run.success
    state, error = status(warehouse, request_id)
    assert state == "impossible"
    assert error is not None
    assert "60-70 BPM" in error
    (failure,) = [e for e in run.all_events if e.event_type_value == "STEP_FAILURE"]
    assert failure.step_failure_data.user_failure_data.description.startswith(f"The mix {request_id} is impossible")
    assert not any(e.event_type_value == "STEP_UP_FOR_RETRY" for e in run.all_events)
    assert warehouse.scalar("SELECT count(*) FROM mixes.mix_plans") == 0


def test_parameters_that_nobody_validated_are_refused(
    warehouse: Warehouse, store: ObjectStore, crate: list[str]
) -> None:
    warehouse.execute(
        "INSERT INTO mixes.mix_requests (request_id, parameters, parameters_sha256)"
        " VALUES ('by-hand', '{\"curve\": \"zigzag\"}', repeat('0', 64))"
    )
    assert not make(warehouse, store, "by-hand", check=False).success
    state, error = status(warehouse, "by-hand")
    assert state == "impossible"
    assert "curve" in str(error)


def test_a_missing_file_fails_the_request_with_its_reason(
    warehouse: Warehouse, store: ObjectStore, crate: list[str]
) -> None:
    warehouse.execute("UPDATE library.track_locations SET uri = uri || '.gone' WHERE track_id = %s", [crate[0]])
    request_id = submit(warehouse, parse_request("seed: 5"))
    assert not make(warehouse, store, request_id, check=False).success
    state, error = status(warehouse, request_id)
    assert state == "failed"
    assert "one.flac.gone" in str(error)
    assert warehouse.scalar("SELECT count(*) FROM mixes.mix_renders") == 0
    assert not list(Path(store.root_url.removeprefix("file://")).rglob("*.flac"))


def test_a_report_needs_the_render_of_the_present_plan(
    warehouse: Warehouse, store: ObjectStore, crate: list[str]
) -> None:
    request_id = submit(warehouse, parse_request("seed: 6"))
    make(warehouse, store, request_id, "mix_plans")
    run = make(warehouse, store, request_id, "transition_report", check=False)
    assert not run.success
    assert "not been rendered" in str(status(warehouse, request_id)[1])


def test_the_same_wish_is_one_request_unless_asked_for_again(warehouse: Warehouse) -> None:
    wish = parse_request("{seed: 3, title: Twice}")
    first = submit(warehouse, wish, requested_by="ana")
    assert submit(warehouse, wish) == first == wish.request_id
    assert submit(warehouse, wish, again=True) == f"{first}-2"
    assert submit(warehouse, wish, again=True) == f"{first}-3"
    assert submit(warehouse, wish) == first
    assert load_request(warehouse, f"{first}-2").seed == 3
    rows = warehouse.rows("SELECT requested_by, status, curve, seed FROM mixes.mix_requests ORDER BY request_id")
    assert rows[0] == ("ana", "pending", "build", 3)
    with pytest.raises(InputError, match="no mix request nowhere"):
        load_request(warehouse, "nowhere")
