"""Asking one provider after the other until one gives a usable answer, within the budget.

Belongs here: the order of providers, repeats, the repair attempt, remembered answers. Does not belong here: any one
provider, what is asked.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from psycopg.types.json import Jsonb
from pydantic import BaseModel, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from resources.llm.answer_schema import provider_schema
from resources.llm.budget import DAY, Call, Governor, Refusal
from resources.llm.circuit import CircuitBreaker
from resources.llm.prices import PriceTable, greatest_usage
from resources.llm.provider import (
    AbsentProvider,
    Answer,
    CallError,
    Completion,
    InvalidOutputError,
    Message,
    Provider,
)
from resources.llm.question import Answered, Question, Unanswered
from resources.warehouse import Warehouse

ATTEMPTS = 2
"""Calls to one provider with one prompt, where the first met a time-out or an overloaded server; more would only delay
the next provider's answer."""

WAIT_SECONDS = 2.0
"""Longest random wait before a repeat, unless the provider asks for another."""

LONGEST_WAIT_SECONDS = 20.0
"""A provider that asks to wait longer is passed over."""


class _PassedOverError(Exception):
    """A provider was not asked, or gave nothing usable; the message says why."""

    def __init__(self, reason: str, *, out_of_budget: bool = False) -> None:
        super().__init__(reason)
        self.out_of_budget = out_of_budget


class LanguageModels:
    """The providers that there are, in the order in which they are asked. May be shared by threads."""

    def __init__(
        self,
        warehouse: Warehouse,
        providers: Sequence[Provider],
        prices: PriceTable,
        governor: Governor,
        *,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """Bring providers, prices and budget together.

        Args:
            warehouse: where answers are remembered.
            providers: in the order in which they are asked; absent ones among them, for the answers they once gave.
            prices: a model without a price is not asked.
            governor: has the last word on every call.
            wait_seconds: longest random wait before a repeat.
        """
        self._warehouse = warehouse
        self._providers = tuple(providers)
        self._prices = prices
        self._governor = governor
        self._wait_seconds = wait_seconds
        self._breakers = {provider.name: CircuitBreaker() for provider in providers}

    @property
    def any_present(self) -> bool:
        """Whether there is a provider that can be asked at all."""
        return any(not isinstance(provider, AbsentProvider) for provider in self._providers)

    def ask(self, question: Question[Answer]) -> Answered[Answer] | Unanswered:
        """Return a usable answer: a remembered one, else the first that a provider gives; never raises for theirs."""
        remembered = self._remembered(question)
        if remembered is not None:
            return remembered
        reasons: list[str] = []
        out_of_budget = False
        for provider in self._providers:
            try:
                completion = self._asked(provider, question)
            except (_PassedOverError, CallError) as error:
                reasons.append(f"{provider.name}: {error}")
                out_of_budget |= isinstance(error, _PassedOverError) and error.out_of_budget
                continue
            self._remember(question, provider, completion.parsed)
            return Answered(completion.parsed, f"llm:{provider.name}:{provider.model}", remembered=False)
        return Unanswered(tuple(reasons), out_of_budget)

    def _asked(self, provider: Provider, question: Question[Answer]) -> Completion[Answer]:
        """Ask one provider, and once more with what was wrong where the answer was invalid."""
        if isinstance(provider, AbsentProvider):
            raise _PassedOverError(provider.reason)
        try:
            return self._repeated(provider, question, question.messages)
        except InvalidOutputError as error:
            repair = (
                *question.messages,
                Message("assistant", error.text or "{}"),
                Message("user", f"That answer cannot be used. {error} Answer again, with the whole JSON object."),
            )
            return self._repeated(provider, question, repair)

    def _repeated(
        self, provider: Provider, question: Question[Answer], messages: Sequence[Message]
    ) -> Completion[Answer]:
        """Make a call, and again where it failed in a way that may pass."""
        attempts = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=self._wait,
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )
        return attempts(self._called, provider, question, messages)

    def _called(
        self, provider: Provider, question: Question[Answer], messages: Sequence[Message]
    ) -> Completion[Answer]:
        """Make one call: reserved before it, settled after it, whatever comes of it."""
        breaker = self._breakers[provider.name]
        if not breaker.allows():
            raise _PassedOverError("It failed too often just now and is left alone for a while.")
        price = self._prices.price(provider.name, provider.model, datetime.now(UTC).date())
        if price is None:
            raise _PassedOverError(f"The price of {provider.model} is not known, so it is not asked.")
        most = greatest_usage(messages, json.dumps(provider_schema(question.schema)), question.max_tokens)
        if price.max_input_tokens is not None and most.tokens_in > price.max_input_tokens:
            raise _PassedOverError(f"The prompt is longer than the price of {provider.model} reaches.")
        call = Call(question.task, provider.name, provider.model, _sha256(messages), price.cost(most))
        reserved = self._governor.reserve(call)
        if isinstance(reserved, Refusal):
            raise _PassedOverError(reserved.reason, out_of_budget=reserved.budget == DAY)
        started = time.monotonic()
        try:
            completion = provider.complete(question.schema, messages, question.max_tokens)
            self._object(question, completion)
        except CallError as error:
            if error.usage is None:
                breaker.failed(fatal=error.fatal)
            else:
                breaker.succeeded()
            self._governor.settle(
                reserved,
                error.outcome,
                cost=price.cost(error.usage) if error.usage else None if error.maybe_billed else Decimal(0),
                usage=error.usage,
                seconds=time.monotonic() - started,
                error=str(error),
                charged=call.estimate if error.maybe_billed else None,
            )
            raise
        except BaseException as error:
            # whatever else happens, an interrupt included, the call may have been billed
            self._governor.settle(
                reserved, "error", cost=None, usage=None, seconds=time.monotonic() - started,
                error=type(error).__name__, charged=call.estimate,
            )  # fmt: skip
            raise
        breaker.succeeded()
        cost = price.cost(completion.usage)
        seconds = time.monotonic() - started
        self._governor.settle(reserved, "ok", cost=cost, usage=completion.usage, seconds=seconds)
        return completion

    def _object(self, question: Question[Answer], completion: Completion[Answer]) -> None:
        objection = question.objection(completion.parsed)
        if objection is not None:
            raise InvalidOutputError(objection, completion.text, completion.usage)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, CallError) else None
        jitter = wait_random_exponential(multiplier=self._wait_seconds, max=self._wait_seconds)(state)
        return max(asked or 0.0, jitter)

    def _remembered(self, question: Question[Answer]) -> Answered[Answer] | None:
        rows = self._warehouse.rows(
            "SELECT provider, model, answer FROM ops.llm_answers"
            " WHERE content_sha256 = %s AND prompt_version = %s AND schema_version = %s",
            question.key,
        )
        answers = {(provider, model): answer for provider, model, answer in rows}
        for provider in self._providers:
            answer = answers.get((provider.name, provider.model))
            parsed = None if answer is None else _still_valid(question, answer)
            if parsed is not None:
                return Answered(parsed, f"llm:{provider.name}:{provider.model}", remembered=True)
        return None

    def _remember(self, question: Question[Answer], provider: Provider, answer: BaseModel) -> None:
        self._warehouse.execute(
            "INSERT INTO ops.llm_answers (content_sha256, prompt_version, schema_version, provider, model, answer)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [*question.key, provider.name, provider.model, Jsonb(answer.model_dump(mode="json"))],
        )


def _still_valid(question: Question[Answer], answer: object) -> Answer | None:
    """Return a remembered answer if it would be accepted today, else None."""
    try:
        parsed = question.schema.model_validate(answer)
    except ValidationError:
        return None
    return parsed if question.objection(parsed) is None else None


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, CallError) and error.retryable and (error.retry_after or 0.0) <= LONGEST_WAIT_SECONDS


def _sha256(messages: Sequence[Message]) -> str:
    text = json.dumps([[message.role, message.content] for message in messages])
    return hashlib.sha256(text.encode()).hexdigest()
