import time

import dagster as dg
import pandas as pd
import pytest

from assets import checks, materialisation
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["ops", "source_health"]


def health(*states: str) -> pd.DataFrame:
    return pd.DataFrame({"source": [f"s{n}" for n in range(len(states))], "state": states})


def test_a_sound_table_passes(warehouse: Warehouse) -> None:
    warehouse.upsert("ops.source_health", health("healthy", "failing"), ["source"])
    contract, volume = checks.contract_results(warehouse, KEY, 2)
    assert contract.passed
    assert contract.metadata["rules"].value >= 6
    assert volume.passed
    assert volume.description is not None
    assert "No history" in volume.description


def test_violations_are_counted_per_rule(warehouse: Warehouse) -> None:
    warehouse.execute("DROP SCHEMA IF EXISTS contract_test CASCADE")
    with warehouse.connect() as connection:
        connection.execute("CREATE SCHEMA contract_test")
        connection.execute("CREATE TABLE contract_test.parent (id integer PRIMARY KEY)")
        connection.execute("CREATE TABLE contract_test.child (day date, id integer, score integer)")
        connection.execute(
            "INSERT INTO contract_test.child VALUES ('2026-03-01', 1, 5), ('2026-03-01', 1, -5), ('2026-03-02', 2, -1)"
        )
        connection.execute("ALTER TABLE contract_test.child ADD CONSTRAINT positive CHECK (score > 0) NOT VALID")
        connection.execute(
            "ALTER TABLE contract_test.child ADD CONSTRAINT known FOREIGN KEY (id)"
            " REFERENCES contract_test.parent NOT VALID"
        )
    table = "contract_test.child"
    assert checks.count_violations(warehouse, table, {}) == (
        2,
        [checks.Violation("positive", 2), checks.Violation("known", 3)],
    )
    day = {"day": pd.Timestamp("2026-03-02").date()}
    assert checks.count_violations(warehouse, table, day)[1] == [
        checks.Violation("positive", 1),
        checks.Violation("known", 1),
    ]


@pytest.mark.parametrize(
    ("change", "revert", "sentence"),
    [
        ("ADD COLUMN colour text", "DROP COLUMN colour", "column `colour` is text, documented as absent"),
        (
            "ALTER COLUMN state DROP NOT NULL",
            "ALTER COLUMN state SET NOT NULL",
            "column `state` is text, documented as text NOT NULL",
        ),
        (
            "DROP CONSTRAINT source_health_pkey",
            "ADD CONSTRAINT source_health_pkey PRIMARY KEY (source)",
            "the primary key is (), documented as ('source',)",
        ),
        (
            "DROP CONSTRAINT source_health_failures_not_negative",
            "ADD CONSTRAINT source_health_failures_not_negative CHECK (consecutive_failures >= 0)",
            "`CHECK ((consecutive_failures >= 0))` is missing",
        ),
    ],
)
def test_a_table_that_is_not_as_documented_fails_the_contract(
    warehouse: Warehouse, change: str, revert: str, sentence: str
) -> None:
    warehouse.execute(f"ALTER TABLE ops.source_health {change}")
    contract, _ = checks.contract_results(warehouse, KEY, 0)
    warehouse.execute(f"ALTER TABLE ops.source_health {revert}")
    assert not contract.passed
    assert contract.description == sentence
    assert checks.contract_results(warehouse, KEY, 0)[0].passed


@pytest.mark.parametrize(
    ("rows", "passed"), [(100, True), (290, True), (310, False), (34, True), (33, False), (0, False)]
)
def test_volume_is_judged_by_its_own_history(warehouse: Warehouse, rows: int, passed: bool) -> None:
    materialisation.result(warehouse, KEY, rows={f"p{n}": 100 for n in range(5)} | {"now": 1}, started=time.monotonic())
    _, volume = checks.contract_results(warehouse, KEY, rows, partition_key="now")
    assert volume.passed is passed
    assert volume.severity is dg.AssetCheckSeverity.WARN


def build(partitions: dg.PartitionsDefinition[str] | None) -> dg.AssetsDefinition:
    @dg.asset(key=KEY, partitions_def=partitions, check_specs=checks.contract_specs(KEY))
    def source_health(warehouse: WarehouseResource) -> dg.MaterializeResult:
        house, started = warehouse.warehouse(), time.monotonic()
        house.upsert("ops.source_health", health("healthy"), ["source"])
        results = checks.contract_results(house, KEY, 1)
        return materialisation.result(house, KEY, rows=1, started=started, checks=results, metadata={"note": "x"})

    return source_health


@pytest.mark.parametrize(
    ("partition", "row_count"), [(None, "dagster/row_count"), ("b1", "dagster/partition_row_count")]
)
def test_an_asset_reports_rows_checks_and_history(warehouse: Warehouse, partition: str | None, row_count: str) -> None:
    run = dg.materialize(
        [build(dg.StaticPartitionsDefinition(["b1"]) if partition else None)],
        resources={"warehouse": WarehouseResource(url=warehouse.url)},
        partition_key=partition,
    )
    (event,) = run.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata[row_count].value == 1
    assert metadata["dagster/table_name"].value == "ops.source_health"
    assert {evaluation.check_name: evaluation.passed for evaluation in run.get_asset_check_evaluations()} == {
        "contract": True,
        "volume": True,
    }
    assert warehouse.rows("SELECT asset_key, partition_key, run_id, rows_written FROM ops.materialisations") == [
        ("ops.source_health", partition or "", run.run_id, 1)
    ]
