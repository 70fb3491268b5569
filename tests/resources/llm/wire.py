"""A loopback server that speaks the wire protocols of the providers of language models."""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from resources.llm.anthropic_provider import AnthropicProvider
from resources.llm.openai_provider import DeepSeekProvider, OpenAIProvider
from resources.llm.provider import Provider

PROVIDERS = ("anthropic", "openai", "deepseek")
MODELS = {"anthropic": "claude-haiku-4-5", "openai": "gpt-4.1-mini", "deepseek": "deepseek-flash"}
ADAPTERS = {"anthropic": AnthropicProvider, "openai": OpenAIProvider, "deepseek": DeepSeekProvider}
KEY = "sk-never-shown-4711"
TOKENS = (100, 20)
"""Tokens in and out that every answer is billed for."""

_PATHS = {
    "anthropic": "/anthropic/v1/messages",
    "openai": "/openai/v1/chat/completions",
    "deepseek": "/deepseek/chat/completions",
}
_BASES = {"anthropic": "/anthropic", "openai": "/openai/v1", "deepseek": "/deepseek"}


@dataclass(frozen=True)
class Reply:
    """One answer of a provider.

    Attributes:
        text: what the model writes, or what is made of the request's body.
        stop: end | truncated | declined.
        status: HTTP status; other than 200 there is no text.
        headers: sent along.
        late: whether it comes after every client has given up.
        body: sent as it is, instead of an answer of the protocol.
    """

    text: str | Callable[[dict[str, object]], str] = "{}"
    stop: str = "end"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    late: bool = False
    body: bytes | None = None


def says(answer: object) -> Reply:
    """The answer as JSON."""
    return Reply(json.dumps(answer))


def fenced_data(body: dict[str, object]) -> Any:
    """The data that a prompt fences, whichever protocol it came by."""
    messages: Any = body["messages"]
    prompt = next(message["content"] for message in messages if message["role"] == "user")
    found = re.fullmatch(r"<(data-[0-9a-f]{16})>\n(.*)\n</\1>", prompt, re.DOTALL)
    assert found
    return json.loads(found[2])


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    provider: str
    body: dict[str, object]
    headers: dict[str, str]

    @property
    def prompt(self) -> str:
        """Everything that the model is told."""
        return json.dumps([self.body.get("system"), self.body["messages"]], ensure_ascii=False)


class Wire:
    """The providers on loopback. A provider that no reply was set for answers 503."""

    def __init__(self, server: HTTPServer) -> None:
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._server = server
        self._replies: dict[str, list[Reply]] = defaultdict(lambda: [Reply(status=503)])
        self._lock = threading.Lock()
        for name, path in _PATHS.items():
            server.expect_request(path, method="POST").respond_with_handler(self._handler(name))

    def set(self, provider: str, *replies: Reply) -> None:
        """Give a provider its replies, one for each request; the last one is repeated."""
        self._replies[provider] = list(replies)

    def asked_of(self, provider: str) -> list[Asked]:
        """The requests to one provider."""
        return [asked for asked in self.asked if asked.provider == provider]

    def url(self, provider: str) -> str:
        """Base URL of a provider."""
        return self._server.url_for(_BASES[provider])

    def provider(self, name: str, timeout_seconds: float = 5.0) -> Provider:
        """The adapter for a provider, pointed here."""
        return ADAPTERS[name](SecretStr(KEY), MODELS[name], self.url(name), timeout_seconds)

    def providers(self, names: Sequence[str] = PROVIDERS, timeout_seconds: float = 5.0) -> list[Provider]:
        """The adapters for several providers."""
        return [self.provider(name, timeout_seconds) for name in names]

    def environment(self, names: Sequence[str] = PROVIDERS, timeout_seconds: float = 5.0) -> dict[str, str]:
        """Variables by which the platform asks these providers, here."""
        return {
            "BACKBEAT_LANGUAGE_MODELS": ",".join(names),
            "BACKBEAT_LLM_TIMEOUT_SECONDS": str(timeout_seconds),
            **{f"BACKBEAT_{name.upper()}_URL": self.url(name) for name in names},
            **{f"{name.upper()}_API_KEY": KEY for name in names},
        }

    def _handler(self, name: str) -> Callable[[Request], Response]:
        def handle(request: Request) -> Response:
            body = json.loads(request.get_data())
            with self._lock:
                self.asked.append(Asked(name, body, {key.lower(): value for key, value in request.headers}))
                replies = self._replies[name]
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
            if reply.late:
                self.closing.wait(5)
            if reply.status != 200:
                error = {"type": "error", "error": {"type": "some_error", "message": "quota of " + KEY}}
                return Response(json.dumps(error), reply.status, reply.headers, content_type="application/json")
            if reply.body is not None:
                return Response(reply.body, 200, content_type="application/json")
            text = reply.text if isinstance(reply.text, str) else reply.text(body)
            answer = _anthropic(text, reply.stop) if name == "anthropic" else _openai(text, reply.stop)
            return Response(json.dumps(answer), 200, content_type="application/json")

        return handle


def _anthropic(text: str, stop: str) -> dict[str, object]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "as asked",
        "content": [] if stop == "declined" else [{"type": "text", "text": text}],
        "stop_reason": {"end": "end_turn", "truncated": "max_tokens", "declined": "refusal"}[stop],
        "stop_sequence": None, "usage": {"input_tokens": TOKENS[0], "output_tokens": TOKENS[1]},
    }  # fmt: skip


def _openai(text: str, stop: str) -> dict[str, object]:
    declined = stop == "declined"
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "as asked",
        "choices": [{
            "index": 0, "finish_reason": "length" if stop == "truncated" else "stop",
            "message": {
                "role": "assistant", "content": None if declined else text,
                "refusal": "I cannot help with that." if declined else None,
            },
        }],
        "usage": {"prompt_tokens": TOKENS[0], "completion_tokens": TOKENS[1], "total_tokens": sum(TOKENS)},
    }  # fmt: skip
