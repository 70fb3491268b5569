"""Each adapter over its provider's own library, against a server that speaks the provider's protocol."""

import json
import logging

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from resources.llm.provider import (
    CallError,
    CallTimeoutError,
    DeclinedError,
    InvalidOutputError,
    Message,
    TruncatedError,
    Usage,
)
from tests.resources.llm.wire import ADAPTERS, KEY, MODELS, PROVIDERS, TOKENS, Reply, Wire, says


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: str
    score: int = Field(ge=0, le=10)


MESSAGES = [Message("system", "Judge."), Message("user", "A text.")]


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_answer_comes_back_parsed_with_what_it_used(wire: Wire, name: str) -> None:
    wire.set(name, says({"word": "fine", "score": 7}))

    completion = wire.provider(name).complete(Verdict, MESSAGES, 50)

    assert completion.parsed == Verdict(word="fine", score=7)
    assert completion.usage == Usage(*TOKENS)
    (asked,) = wire.asked
    assert asked.body["model"] == MODELS[name]
    assert {asked.body.get("max_tokens"), asked.body.get("max_completion_tokens")} == {50, None}


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_is_told_the_closed_schema_without_limits(wire: Wire, name: str) -> None:
    wire.set(name, says({"word": "fine", "score": 7}))
    wire.provider(name).complete(Verdict, MESSAGES, 50)

    (asked,) = wire.asked
    schema = {
        "type": "object", "additionalProperties": False, "required": ["score", "word"],
        "properties": {"word": {"type": "string"}, "score": {"type": "integer"}},
    }  # fmt: skip
    told = {
        "anthropic": lambda body: body["output_config"]["format"]["schema"],
        "openai": lambda body: body["response_format"]["json_schema"]["schema"],
        "deepseek": lambda body: json.loads(body["messages"][0]["content"].partition("schema: ")[2]),
    }[name](asked.body)
    assert told == schema
    assert (asked.body.get("thinking") == {"type": "disabled"}) == (name == "deepseek")


FAILURES = [
    pytest.param(Reply(status=429, headers={"retry-after": "7"}), CallError, True, False, False, id="429"),
    pytest.param(Reply(status=500), CallError, True, False, False, id="500"),
    pytest.param(Reply(status=529), CallError, True, False, False, id="529"),
    pytest.param(Reply(status=400), CallError, False, False, False, id="400"),
    pytest.param(Reply(status=401), CallError, False, True, False, id="401"),
    pytest.param(Reply(late=True), CallTimeoutError, True, False, True, id="timeout"),
    pytest.param(Reply(body=b"<html>busy</html>"), CallError, False, False, True, id="no-json-at-all"),
    pytest.param(Reply(body=b'{"unlike": "any answer"}'), CallError, False, False, True, id="not-of-the-protocol"),
    pytest.param(Reply('{"word": "fi', stop="truncated"), TruncatedError, False, False, False, id="truncated"),
    pytest.param(Reply(stop="declined"), DeclinedError, False, False, False, id="declined"),
    pytest.param(Reply("no JSON"), InvalidOutputError, False, False, False, id="invalid-json"),
    pytest.param(Reply('{"word": "x", "score": 11}'), InvalidOutputError, False, False, False, id="out-of-range"),
    pytest.param(Reply('{"word": "x", "score": 1, "y": 2}'), InvalidOutputError, False, False, False, id="extra"),
    pytest.param(Reply(""), InvalidOutputError, False, False, False, id="empty"),
]


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(("reply", "kind", "retryable", "fatal", "maybe_billed"), FAILURES)
def test_each_failure_is_told_apart_and_shows_no_key(
    wire: Wire,
    caplog: pytest.LogCaptureFixture,
    name: str,
    reply: Reply,
    kind: type[CallError],
    retryable: bool,
    fatal: bool,
    maybe_billed: bool,
) -> None:
    wire.set(name, reply)
    caplog.set_level(logging.INFO)

    with pytest.raises(CallError) as caught:
        wire.provider(name, timeout_seconds=0.3).complete(Verdict, MESSAGES, 50)

    error = caught.value
    assert type(error) is kind
    assert (error.retryable, error.fatal, error.maybe_billed) == (retryable, fatal, maybe_billed)
    assert error.usage == (Usage(*TOKENS) if kind in (TruncatedError, DeclinedError, InvalidOutputError) else None)
    assert error.retry_after == (7.0 if reply.status == 429 else None)
    assert KEY not in str(error) + caplog.text
    assert len(wire.asked) == 1


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_server_that_is_not_there_is_an_error_that_may_pass(name: str) -> None:
    provider = ADAPTERS[name](SecretStr(KEY), MODELS[name], "http://127.0.0.1:9", 1.0)

    with pytest.raises(CallError, match="No connection") as caught:
        provider.complete(Verdict, MESSAGES, 50)
    assert caught.value.retryable
    assert not caught.value.maybe_billed


def test_deepseek_learns_nothing_of_an_account_at_openai(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-of-mine")
    for name in ("openai", "deepseek"):
        wire.set(name, says({"word": "fine", "score": 7}))
        wire.provider(name).complete(Verdict, MESSAGES, 50)

    (at_openai,), (at_deepseek,) = wire.asked_of("openai"), wire.asked_of("deepseek")
    assert "org-of-mine" in at_openai.headers.values()
    assert not {"org-of-mine", "proj-of-mine"} & set(at_deepseek.headers.values())
