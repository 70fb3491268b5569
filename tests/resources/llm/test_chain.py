"""One provider after the other, over loopback and through the real libraries, with a real budget."""

from decimal import Decimal

import pytest
from pydantic import BaseModel, ConfigDict

from resources.llm.budget import Governor
from resources.llm.chain import LanguageModels
from resources.llm.prices import load_prices
from resources.llm.provider import AbsentProvider, Provider
from resources.llm.question import DIGEST, Answered, Question, Task, Unanswered
from resources.warehouse import Warehouse
from tests.resources.llm.wire import MODELS, PROVIDERS, Reply, Wire, says

CAPS = {"day": Decimal(2), "digest": Decimal("0.20"), "summary": Decimal("0.05")}


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: str


def question(data: str = "A text.", *, refused: str = "") -> Question[Verdict]:
    return Question(
        Task(DIGEST, "2026-11-20"), Verdict, "Judge.", data, 50,
        lambda verdict: f"{refused} is not a verdict." if verdict.word == refused else None,
    )  # fmt: skip


def models(
    warehouse: Warehouse, providers: list[Provider], caps: dict[str, Decimal] = CAPS, wait_seconds: float = 0.0
) -> LanguageModels:
    return LanguageModels(warehouse, providers, load_prices(), Governor(warehouse, caps), wait_seconds=wait_seconds)


def ledger(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.rows("SELECT provider, outcome FROM ops.llm_calls ORDER BY call_id")  # type: ignore[return-value]


def balanced(warehouse: Warehouse) -> bool:
    """Whether nothing is reserved any more, and what was spent is what the calls cost."""
    ((spent, reserved),) = warehouse.rows("SELECT spent_usd, reserved_usd FROM ops.llm_budget WHERE budget = 'day'")
    (cost,) = warehouse.rows(
        "SELECT sum(CASE WHEN outcome = 'timeout' THEN estimated_cost_usd ELSE cost_usd END) FROM ops.llm_calls"
    )[0]
    return reserved == 0 and spent == cost


FAILURES = [
    pytest.param([Reply(status=429)], ["error", "error"], id="429"),
    pytest.param([Reply(status=500)], ["error", "error"], id="500"),
    pytest.param([Reply(status=401)], ["error"], id="401"),
    pytest.param([Reply(late=True)], ["timeout", "timeout"], id="timeout"),
    pytest.param([Reply('{"word": "a', stop="truncated")], ["truncated"], id="truncated"),
    pytest.param([Reply(stop="declined")], ["declined"], id="declined"),
    pytest.param([Reply("nothing like JSON")], ["invalid_output", "invalid_output"], id="invalid-json"),
    pytest.param([says({"word": "bad"})], ["invalid_output", "invalid_output"], id="not-borne-out"),
]


@pytest.mark.parametrize(
    ("first", "second"), [("anthropic", "openai"), ("openai", "deepseek"), ("deepseek", "anthropic")]
)
@pytest.mark.parametrize(("replies", "outcomes"), FAILURES)
def test_where_one_provider_fails_the_next_is_asked(
    wire: Wire, warehouse: Warehouse, first: str, second: str, replies: list[Reply], outcomes: list[str]
) -> None:
    wire.set(first, *replies)
    wire.set(second, says({"word": "good"}))

    answer = models(warehouse, wire.providers([first, second], 0.3)).ask(question(refused="bad"))

    assert isinstance(answer, Answered)
    assert (answer.parsed.word, answer.method) == ("good", f"llm:{second}:{MODELS[second]}")
    assert ledger(warehouse) == [*((first, outcome) for outcome in outcomes), (second, "ok")]
    assert balanced(warehouse)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_moment_of_overload_and_one_invalid_answer_are_overcome(wire: Wire, warehouse: Warehouse, name: str) -> None:
    wire.set(name, Reply(status=503), Reply("{}"), Reply(status=429), says({"word": "good"}))

    answer = models(warehouse, wire.providers([name])).ask(question())

    assert isinstance(answer, Answered)
    assert [outcome for _, outcome in ledger(warehouse)] == ["error", "invalid_output", "error", "ok"]
    assert balanced(warehouse)
    repair = wire.asked[-1].prompt
    assert "word: Field required" in repair
    assert "A text." in repair


def test_a_provider_without_key_or_price_is_not_asked(wire: Wire, warehouse: Warehouse) -> None:
    absent = AbsentProvider("anthropic", "claude-haiku-4-5", "ANTHROPIC_API_KEY is not set.")
    unpriced = wire.provider("openai")
    unpriced.model = "gpt-of-tomorrow"  # type: ignore[misc]
    wire.set("deepseek", says({"word": "good"}))

    answer = models(warehouse, [absent, unpriced, wire.provider("deepseek")]).ask(question())

    assert isinstance(answer, Answered)
    assert answer.method.startswith("llm:deepseek:")
    assert [asked.provider for asked in wire.asked] == ["deepseek"]
    none = models(warehouse, [absent, unpriced]).ask(question())
    assert isinstance(none, Unanswered)
    assert [reason.split()[1] for reason in none.reasons] == ["ANTHROPIC_API_KEY", "The"]
    assert "price of gpt-of-tomorrow is not known" in none.reasons[1]


def test_with_all_providers_down_there_is_no_answer_no_error_and_no_cost(wire: Wire, warehouse: Warehouse) -> None:
    answer = models(warehouse, wire.providers()).ask(question())

    assert isinstance(answer, Unanswered)
    assert answer.reasons == tuple(f"{name}: HTTP 503." for name in PROVIDERS)
    assert balanced(warehouse)
    assert warehouse.scalar("SELECT spent_usd FROM ops.llm_budget WHERE budget = 'day'") == 0


def test_a_provider_that_is_down_is_left_alone_after_a_few_calls(wire: Wire, warehouse: Warehouse) -> None:
    wire.set("openai", says({"word": "good"}))
    asked = models(warehouse, wire.providers(["anthropic", "openai"]))
    for number in range(5):
        assert isinstance(asked.ask(question(str(number))), Answered)

    assert len(wire.asked_of("anthropic")) == 3
    assert len(wire.asked_of("openai")) == 5


def test_a_provider_that_asks_for_a_long_wait_is_passed_over_at_once(wire: Wire, warehouse: Warehouse) -> None:
    wire.set("anthropic", Reply(status=429, headers={"retry-after": "3600"}))
    wire.set("openai", says({"word": "good"}))

    assert isinstance(models(warehouse, wire.providers()).ask(question()), Answered)
    assert len(wire.asked_of("anthropic")) == 1


def test_the_same_question_is_not_paid_for_twice_even_when_its_provider_is_gone(
    wire: Wire, warehouse: Warehouse
) -> None:
    wire.set("openai", says({"word": "good"}))
    first = models(warehouse, wire.providers(["openai"])).ask(question())
    gone = [AbsentProvider("openai", MODELS["openai"], "OPENAI_API_KEY is not set.")]
    again = models(warehouse, gone).ask(question())

    assert isinstance(first, Answered)
    assert isinstance(again, Answered)
    assert (again.parsed, again.method, again.remembered) == (first.parsed, first.method, True)
    assert len(wire.asked) == 1
    other = [question("Another text."), Question(question().task, Verdict, "Judge again.", "A text.", 50)]
    assert all(isinstance(models(warehouse, gone).ask(each), Unanswered) for each in other)


def test_what_a_budget_refuses_is_not_sent(wire: Wire, warehouse: Warehouse) -> None:
    for name in PROVIDERS:
        wire.set(name, says({"word": "good"}))
    nothing = {**CAPS, "digest": Decimal(0)}
    no_day = {**CAPS, "day": Decimal(0)}

    by_digest = models(warehouse, wire.providers(), nothing).ask(question())
    by_day = models(warehouse, wire.providers(), no_day).ask(question())

    assert isinstance(by_digest, Unanswered)
    assert isinstance(by_day, Unanswered)
    assert (by_digest.out_of_budget, by_day.out_of_budget) == (False, True)
    assert "more than is left of the digest budget" in by_digest.reasons[0]
    assert wire.asked == []
    assert {outcome for _, outcome in ledger(warehouse)} == {"refused"}


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_call_costs_more_than_was_reserved_for_it(wire: Wire, warehouse: Warehouse, name: str) -> None:
    wire.set(name, says({"word": "good"}))
    assert isinstance(models(warehouse, wire.providers([name])).ask(question()), Answered)
    ((estimate, cost),) = warehouse.rows("SELECT estimated_cost_usd, cost_usd FROM ops.llm_calls")
    assert 0 < cost <= estimate
