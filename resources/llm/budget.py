"""The cost governor: every call to a language model is paid for before it is made.

A call's greatest possible cost is reserved in PostgreSQL, in the row of the day and in the row of what it is for, in
one transaction: workers on any number of machines cannot overspend together. Afterwards the real cost takes the place
of the reservation. Each call, refused ones included, is a row of ``ops.llm_calls``.

Belongs here: reservations and the log of calls. Does not belong here: prices, making calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import psycopg

import sql
from resources.llm.provider import Usage
from resources.llm.question import Task
from resources.warehouse import Warehouse

DAY = "day"

ORPHAN_SECONDS = 1800.0
"""Age at which a reservation counts as left behind by a dead process: three times the longest time-out there is."""

_LOCK = (
    "SELECT FROM ops.llm_budget WHERE (budget = 'day' AND subject = %(day)s) OR (budget = %(purpose)s AND "
    "subject = %(subject)s) ORDER BY budget, subject FOR UPDATE"
)
"""Rows are always locked in this order, so that no two workers wait for each other."""


@dataclass(frozen=True)
class Call:
    """One call as it is about to be made.

    Attributes:
        task: what for.
        provider: name of the provider.
        model: as named to the provider.
        prompt_sha256: of the whole prompt.
        estimate: greatest possible cost, US dollars.
    """

    task: Task
    provider: str
    model: str
    prompt_sha256: str
    estimate: Decimal


@dataclass(frozen=True)
class Reservation:
    """A call that may be made; to be settled afterwards, whatever becomes of it."""

    call_id: int
    call: Call


@dataclass(frozen=True)
class Refusal:
    """A call that may not be made.

    Attributes:
        budget: which budget it would overdraw.
        reason: one sentence.
    """

    budget: str
    reason: str


class Governor:
    """Reserves and settles the cost of calls."""

    def __init__(self, warehouse: Warehouse, caps: Mapping[str, Decimal], orphan_seconds: float = ORPHAN_SECONDS):
        """Govern by caps.

        Args:
            warehouse: where the budgets are.
            caps: US dollars by purpose, and ``day``.
            orphan_seconds: age at which a reservation is released.
        """
        self._warehouse = warehouse
        self._caps = caps
        self._orphan_seconds = orphan_seconds

    def reserve(self, call: Call) -> Reservation | Refusal:
        """Reserve the cost of a call, or say why it may not be made. Both are logged."""
        self._warehouse.execute(sql.text("statements/llm_expire.sql"), {"seconds": self._orphan_seconds})
        with self._warehouse.connect() as connection:
            overdrawn = self._overdrawn(connection, call)
            if overdrawn is None:
                return Reservation(_log(connection, call, "reserved", None), call)
            connection.rollback()
            reason = (
                f"The call could cost ${call.estimate}, more than is left of the {overdrawn} budget of "
                f"${self._caps[overdrawn]}."
            )
            _log(connection, call, "refused", reason)
        return Refusal(overdrawn, reason)

    def refuse(self, call: Call, reason: str) -> None:
        """Log a call that is refused for a reason other than its budget."""
        with self._warehouse.connect() as connection:
            _log(connection, call, "refused", reason)

    def settle(
        self,
        reservation: Reservation,
        outcome: str,
        *,
        cost: Decimal | None,
        usage: Usage | None,
        seconds: float,
        error: str | None = None,
        charged: Decimal | None = None,
    ) -> None:
        """Record the end of a call and put its cost in the place of the reservation.

        Args:
            reservation: of the call.
            outcome: as in ``ops.llm_calls``.
            cost: by the tokens used, US dollars; None: not known.
            usage: tokens; None: not known.
            seconds: time that the call took.
            error: why there is no answer; None: there is one.
            charged: what the budget is charged where the cost is not known; None: nothing.
        """
        call = reservation.call
        with self._warehouse.connect() as connection:
            row = connection.execute(
                "SELECT outcome, ((called_at AT TIME ZONE 'UTC')::date)::text FROM ops.llm_calls WHERE call_id = %s FOR"
                " UPDATE",
                [reservation.call_id],
            ).fetchone()
            if row is None:
                return  # somebody emptied the log: there is nothing left to settle
            state, day = row
            keys = {"day": day, "purpose": call.task.purpose, "subject": call.task.subject}
            connection.execute(
                "UPDATE ops.llm_calls SET outcome = %s, cost_usd = %s, tokens_in = %s, tokens_out = %s,"
                " latency_seconds = %s, error = %s WHERE call_id = %s",
                [
                    outcome, cost, usage.tokens_in if usage else None, usage.tokens_out if usage else None, seconds,
                    error, reservation.call_id,
                ],
            )  # fmt: skip
            connection.execute(_LOCK, keys)
            reserved = call.estimate if state == "reserved" else Decimal(0)
            amount = cost if cost is not None else charged or Decimal(0)
            connection.execute(sql.text("statements/llm_settle.sql"), {**keys, "charged": amount, "reserved": reserved})

    def _overdrawn(self, connection: psycopg.Connection, call: Call) -> str | None:
        """Reserve in both rows; return the budget that has too little left, or None."""
        for budget, subject in ((DAY, None), (call.task.purpose, call.task.subject)):
            keys = {"budget": budget, "subject": subject}
            connection.execute(sql.text("statements/llm_open_budget.sql"), {**keys, "cap": self._caps[budget]})
            fits = connection.execute(sql.text("statements/llm_reserve.sql"), {**keys, "usd": call.estimate})
            if fits.fetchone() is None:
                return budget
        return None


def _log(connection: psycopg.Connection, call: Call, outcome: str, error: str | None) -> int:
    row = connection.execute(
        "INSERT INTO ops.llm_calls"
        " (purpose, subject, provider, model, prompt_sha256, estimated_cost_usd, outcome, error)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING call_id",
        [
            call.task.purpose, call.task.subject, call.provider, call.model, call.prompt_sha256, call.estimate, outcome,
            error,
        ],
    ).fetchone()  # fmt: skip
    if row is None:
        raise RuntimeError("PostgreSQL returned no id for a row that it inserted.")
    return int(row[0])
