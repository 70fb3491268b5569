"""The cost governor on a real server, with workers that race."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import pytest

from resources.llm.budget import Call, Governor, Refusal, Reservation
from resources.llm.provider import Usage
from resources.llm.question import Task
from resources.warehouse import Warehouse

CAPS = {"day": Decimal("1.00"), "digest": Decimal("0.20"), "summary": Decimal("0.05")}


def call(usd: str, subject: str = "2026-11-20", purpose: str = "digest") -> Call:
    return Call(Task(purpose, subject), "anthropic", "claude-haiku-4-5", "0" * 64, Decimal(usd))


def balance(warehouse: Warehouse, budget: str) -> tuple[Decimal, Decimal]:
    """Sums spent and reserved over the rows of a budget."""
    ((spent, reserved),) = warehouse.rows(
        "SELECT coalesce(sum(spent_usd), 0), coalesce(sum(reserved_usd), 0) FROM ops.llm_budget WHERE budget = %s",
        [budget],
    )
    return spent, reserved


def outcomes(warehouse: Warehouse) -> list[str]:
    return [outcome for (outcome,) in warehouse.rows("SELECT outcome FROM ops.llm_calls ORDER BY call_id")]


def test_a_call_is_reserved_then_charged_by_what_it_used(warehouse: Warehouse) -> None:
    governor = Governor(warehouse, CAPS)
    reserved = governor.reserve(call("0.15"))
    assert isinstance(reserved, Reservation)
    assert balance(warehouse, "day") == balance(warehouse, "digest") == (0, Decimal("0.15"))

    governor.settle(reserved, "ok", cost=Decimal("0.02"), usage=Usage(10, 2), seconds=1.5)

    assert balance(warehouse, "day") == balance(warehouse, "digest") == (Decimal("0.02"), 0)
    (row,) = warehouse.rows(
        "SELECT purpose, subject, provider, model, outcome, estimated_cost_usd, cost_usd, tokens_in, tokens_out,"
        " latency_seconds, error, prompt_sha256 FROM ops.llm_calls"
    )
    assert row == (
        "digest", "2026-11-20", "anthropic", "claude-haiku-4-5", "ok", Decimal("0.15"), Decimal("0.02"), 10, 2, 1.5,
        None, "0" * 64,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("charged", "spent"), [(None, Decimal(0)), (Decimal("0.15"), Decimal("0.15"))], ids=["failed", "timed-out"]
)
def test_a_failed_call_is_released_and_one_that_may_be_billed_is_charged(
    warehouse: Warehouse, charged: Decimal | None, spent: Decimal
) -> None:
    governor = Governor(warehouse, CAPS)
    reserved = governor.reserve(call("0.15"))
    assert isinstance(reserved, Reservation)

    governor.settle(reserved, "error", cost=None, usage=None, seconds=1.0, error="HTTP 500.", charged=charged)

    assert balance(warehouse, "day") == balance(warehouse, "digest") == (spent, 0)


@pytest.mark.parametrize(
    ("purpose", "usd", "told"), [("digest", "0.200001", "digest budget"), ("summary", "0.050001", "summary budget")]
)
def test_a_call_above_the_cap_of_its_purpose_is_refused_and_reserves_nothing(
    warehouse: Warehouse, purpose: str, usd: str, told: str
) -> None:
    governor = Governor(warehouse, CAPS)
    exactly = governor.reserve(call(str(CAPS[purpose]), "this", purpose))
    refusal = governor.reserve(call(usd, "that", purpose))

    assert isinstance(exactly, Reservation)
    assert isinstance(refusal, Refusal)
    assert told in refusal.reason
    assert balance(warehouse, "day") == (0, CAPS[purpose])
    assert outcomes(warehouse) == ["reserved", "refused"]


def test_all_calls_for_one_digest_share_its_cap_over_runs_and_the_day_caps_them_all(warehouse: Warehouse) -> None:
    for number in range(2):
        reserved = Governor(warehouse, CAPS).reserve(call("0.10"))
        assert isinstance(reserved, Reservation), number
        Governor(warehouse, CAPS).settle(reserved, "ok", cost=Decimal("0.10"), usage=Usage(1, 1), seconds=0.1)
    assert isinstance(Governor(warehouse, CAPS).reserve(call("0.01")), Refusal)

    tight = {**CAPS, "day": Decimal("0.25")}
    assert isinstance(Governor(warehouse, tight).reserve(call("0.05", "other")), Reservation)
    refusal = Governor(warehouse, tight).reserve(call("0.01", "third"))
    assert isinstance(refusal, Refusal)
    assert refusal.budget == "day"


ROUNDS, AFFORDED = 6, 7
"""The day can pay for one call of the fourth round, in which both workers ask at the same moment."""

RACE_CAPS = {**CAPS, "day": AFFORDED * Decimal("0.15")}

SLOW_COMMITS = """
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END $$;
CREATE TRIGGER pause AFTER UPDATE ON ops.llm_budget FOR EACH ROW
WHEN (new.reserved_usd > old.reserved_usd) EXECUTE FUNCTION pause();
"""
"""Holds each reservation open for a moment, so that every other worker meets it while it is not committed."""


def _spend(url: str, worker: int, start: Barrier, results: "Queue[int]") -> None:
    """Reserve calls at the same moments as the other worker."""
    governor = Governor(Warehouse(url), RACE_CAPS)
    through = 0
    for number in range(ROUNDS):
        start.wait(60)
        through += isinstance(governor.reserve(call("0.15", f"digest {worker} {number}")), Reservation)
    results.put(through)


@pytest.fixture
def slow_commits(warehouse: Warehouse) -> Iterator[None]:
    warehouse.execute(SLOW_COMMITS)
    yield
    warehouse.execute("DROP TRIGGER pause ON ops.llm_budget; DROP FUNCTION pause")


@pytest.mark.usefixtures("slow_commits")
def test_processes_that_race_cannot_overspend_together(warehouse: Warehouse) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    workers = [context.Process(target=_spend, args=(warehouse.url, n, start, results)) for n in range(2)]
    for worker in workers:
        worker.start()
    through = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(60)

    assert sum(through) == AFFORDED
    assert balance(warehouse, "day") == balance(warehouse, "digest") == (0, RACE_CAPS["day"])
    over = warehouse.scalar("SELECT count(*) FROM ops.llm_budget WHERE spent_usd + reserved_usd > cap_usd")
    assert over == 0
    assert outcomes(warehouse).count("refused") == 2 * ROUNDS - AFFORDED


@pytest.mark.usefixtures("slow_commits")
def test_threads_that_race_for_one_digest_cannot_overspend_it(warehouse: Warehouse) -> None:
    governor = Governor(warehouse, CAPS)
    with ThreadPoolExecutor(8) as pool:
        reserved = list(pool.map(lambda _: governor.reserve(call("0.07")), range(16)))

    assert sum(isinstance(each, Reservation) for each in reserved) == 2
    assert balance(warehouse, "digest") == (0, Decimal("0.14"))
    assert balance(warehouse, "day") == (0, Decimal("0.14"))


def test_what_a_dead_process_reserved_is_released_and_a_late_end_still_charged(warehouse: Warehouse) -> None:
    governor = Governor(warehouse, CAPS, orphan_seconds=60)
    orphan = governor.reserve(call("0.15"))
    assert isinstance(orphan, Reservation)
    assert isinstance(governor.reserve(call("0.15")), Refusal)
    warehouse.execute(
        "UPDATE ops.llm_calls SET called_at = called_at - interval '61 seconds' WHERE outcome = 'reserved'"
    )

    alive = governor.reserve(call("0.15"))

    assert isinstance(alive, Reservation)
    assert outcomes(warehouse) == ["expired", "refused", "reserved"]
    assert balance(warehouse, "digest") == (0, Decimal("0.15"))

    governor.settle(orphan, "ok", cost=Decimal("0.04"), usage=Usage(1, 1), seconds=90.0)
    assert balance(warehouse, "digest") == (Decimal("0.04"), Decimal("0.15"))
    assert outcomes(warehouse) == ["ok", "refused", "reserved"]
