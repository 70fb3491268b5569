"""Anthropic's models, through Anthropic's own library.

Belongs here: the translation of one call. Does not belong here: retries, other providers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from pydantic import SecretStr

from resources.llm.answer_schema import completion, provider_schema
from resources.llm.provider import (
    Answer,
    CallError,
    CallTimeoutError,
    Completion,
    DeclinedError,
    Message,
    TruncatedError,
    Usage,
)
from resources.llm.status_errors import status_error, unreadable

if TYPE_CHECKING:
    from anthropic.types import Message as AnthropicMessage
    from anthropic.types import MessageParam


class AnthropicProvider:
    """One model at Anthropic, asked over the Messages API with structured output."""

    name = "anthropic"

    def __init__(self, key: SecretStr, model: str, base_url: str, timeout_seconds: float) -> None:
        """Prepare a client; nothing is sent.

        Raises:
            ModuleNotFoundError: the library is not installed.
        """
        import anthropic

        self.model = model
        self._sdk = anthropic
        self._client = anthropic.Anthropic(
            api_key=key.get_secret_value(),
            base_url=base_url,
            timeout=timeout_seconds,
            max_retries=0,  # each attempt needs a reservation of its own
        )

    def complete(self, schema: type[Answer], messages: Sequence[Message], max_tokens: int) -> Completion[Answer]:
        """Ask once; see :class:`resources.llm.provider.Provider`."""
        sdk = self._sdk
        conversation = [{"role": each.role, "content": each.content} for each in messages if each.role != "system"]
        try:
            message = self._client.messages.create(
                model=self.model,
                max_tokens=max_tokens,
                system="\n\n".join(each.content for each in messages if each.role == "system"),
                messages=cast("list[MessageParam]", conversation),
                output_config={"format": {"type": "json_schema", "schema": provider_schema(schema)}},
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
            return self._read(schema, message)
        except (AttributeError, TypeError) as error:  # the library checks no answer for its form
            raise unreadable(error) from None

    def _read(self, schema: type[Answer], message: "AnthropicMessage") -> Completion[Answer]:
        """Return what a message says, or raise what is wrong with it."""
        billed = message.usage
        usage = Usage(
            billed.input_tokens + (billed.cache_creation_input_tokens or 0) + (billed.cache_read_input_tokens or 0),
            billed.output_tokens,
        )
        if message.stop_reason == "refusal":
            raise DeclinedError("The model declined to answer.", usage=usage)
        if message.stop_reason != "end_turn":
            raise TruncatedError(f"The answer ended early ({message.stop_reason}).", usage=usage)
        text = "".join(block.text for block in message.content if block.type == "text")
        return completion(schema, text, usage)
