"""Models behind OpenAI's chat-completions API, through OpenAI's own library: OpenAI, DeepSeek, compatible servers.

Belongs here: the translation of one call, and where DeepSeek differs. Does not belong here: retries, other providers.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from resources.llm.answer_schema import completion, provider_schema
from resources.llm.provider import (
    Answer,
    CallError,
    CallTimeoutError,
    Completion,
    DeclinedError,
    InvalidOutputError,
    Message,
    TruncatedError,
    Usage,
)
from resources.llm.status_errors import status_error, unreadable

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion


class OpenAIProvider:
    """One model at OpenAI, or at a server compatible with it, asked for output of a strict schema."""

    name = "openai"
    _withheld: tuple[str, ...] = ()
    """Headers that the library would take from the environment, and that are none of this provider's business."""

    def __init__(self, key: SecretStr, model: str, base_url: str, timeout_seconds: float) -> None:
        """Prepare a client; nothing is sent.

        Raises:
            ModuleNotFoundError: the library is not installed.
        """
        import openai

        self.model = model
        self._sdk = openai
        self._client = openai.OpenAI(
            api_key=key.get_secret_value(),
            base_url=base_url,
            timeout=timeout_seconds,
            max_retries=0,  # each attempt needs a reservation of its own
            default_headers={header: openai.Omit() for header in self._withheld} or None,  # type: ignore[misc]
        )

    def complete(self, schema: type[Answer], messages: Sequence[Message], max_tokens: int) -> Completion[Answer]:
        """Ask once; see :class:`resources.llm.provider.Provider`."""
        sdk = self._sdk
        try:
            response = self._client.chat.completions.create(
                model=self.model, **self._request(schema, messages, max_tokens)
            )
        except sdk.APITimeoutError:
            raise CallTimeoutError("No answer came in time.", retryable=True, maybe_billed=True) from None
        except sdk.APIStatusError as error:
            raise status_error(error.status_code, error.response.headers) from None
        except sdk.APIConnectionError as error:
            raise CallError(f"No connection ({type(error.__cause__).__name__}).", retryable=True) from None
        except (sdk.APIError, ValueError) as error:  # ValueError: a body that is no JSON
            raise unreadable(error) from None
        try:
            return self._read(schema, response)
        except (AttributeError, TypeError) as error:  # the library checks no answer for its form
            raise unreadable(error) from None

    def _read(self, schema: type[Answer], response: "ChatCompletion") -> Completion[Answer]:
        """Return what a response says, or raise what is wrong with it."""
        billed = response.usage
        usage = Usage(billed.prompt_tokens, billed.completion_tokens) if billed else None
        choice = response.choices[0] if response.choices else None
        if choice is None or usage is None:
            reason = "The answer holds no choice, or does not say what it used."
            raise CallError(reason, usage=usage, maybe_billed=usage is None)
        if choice.message.refusal or choice.finish_reason == "content_filter":
            raise DeclinedError("The model declined to answer.", usage=usage)
        if choice.finish_reason != "stop":
            raise TruncatedError(f"The answer ended early ({choice.finish_reason}).", usage=usage)
        if not choice.message.content:
            raise InvalidOutputError("The answer is empty.", "", usage)
        return completion(schema, choice.message.content, usage)

    def _request(self, schema: type[BaseModel], messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        """Return what a request says besides the model."""
        return {
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "max_completion_tokens": max_tokens,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": schema.__name__, "strict": True, "schema": provider_schema(schema)},
            },
        }


class DeepSeekProvider(OpenAIProvider):
    """One model at DeepSeek, which promises JSON but takes no schema: the prompt states it."""

    name = "deepseek"
    _withheld = ("OpenAI-Organization", "OpenAI-Project")

    def _request(self, schema: type[BaseModel], messages: Sequence[Message], max_tokens: int) -> dict[str, Any]:
        stated = Message(
            "system", f"Answer with one JSON object of exactly this JSON schema: {json.dumps(provider_schema(schema))}"
        )
        return {
            "messages": [{"role": each.role, "content": each.content} for each in (stated, *messages)],
            "max_tokens": max_tokens,
            "response_format": {"type": "json_object"},
            # reasoning would count against max_tokens, and this work needs none
            "extra_body": {"thinking": {"type": "disabled"}},
        }
