"""What every provider of language models looks like to the platform.

Belongs here: the protocol, its messages and its failures. Does not belong here: any one provider's library, prices,
trying another provider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Usage:
    """What a call is billed for: tokens of the prompt (cached ones included) and of the answer."""

    tokens_in: int
    tokens_out: int


@dataclass(frozen=True)
class Completion(Generic[Answer]):
    """An answer that is valid by its schema, as it was written, and what it is billed for."""

    parsed: Answer
    text: str
    usage: Usage


class Provider(Protocol):
    """One model of one provider.

    Attributes:
        name: of the provider, e.g. ``anthropic``.
        model: as named to the provider.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - see the class

    @property
    def model(self) -> str: ...  # noqa: D102 - see the class

    def complete(self, schema: type[Answer], messages: Sequence[Message], max_tokens: int) -> Completion[Answer]:
        """Ask for an answer of a schema; makes one request and retries nothing.

        Args:
            schema: of the answer; the provider is told of it, and the answer is validated by it.
            messages: the conversation, system messages first.
            max_tokens: longest answer.

        Raises:
            CallError: there is no usable answer.
        """
        ...


@dataclass(frozen=True)
class AbsentProvider:
    """A provider that is meant to be asked, but cannot be.

    Attributes:
        name: of the provider.
        model: that would be asked.
        reason: why it cannot be asked, one sentence.
    """

    name: str
    model: str
    reason: str

    def complete(self, schema: type[Answer], messages: Sequence[Message], max_tokens: int) -> Completion[Answer]:
        """Refuse; see :class:`Provider`."""
        raise CallError(self.reason, fatal=True)


class CallError(Exception):
    """A call gave no usable answer; the message says why, without the prompt and without the key.

    Attributes:
        outcome: as in ``ops.llm_calls``.
        usage: what is billed all the same; None: nothing, or not known.
        maybe_billed: whether the call may be billed though its usage is not known.
        retryable: whether the same call may succeed a moment later.
        fatal: whether no call to this provider can succeed: the key is refused, the model does not exist.
        retry_after: seconds that the provider asks to wait; None: it does not say.
    """

    outcome = "error"

    def __init__(
        self,
        reason: str,
        *,
        usage: Usage | None = None,
        maybe_billed: bool = False,
        retryable: bool = False,
        fatal: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.usage = usage
        self.maybe_billed = maybe_billed
        self.retryable = retryable
        self.fatal = fatal
        self.retry_after = retry_after


class CallTimeoutError(CallError):
    """No answer came in time; the provider may bill the call all the same."""

    outcome = "timeout"


class DeclinedError(CallError):
    """The model refused to answer."""

    outcome = "declined"


class TruncatedError(CallError):
    """The answer ended before it was complete."""

    outcome = "truncated"


class InvalidOutputError(CallError):
    """The answer is not of the schema, or not borne out by its sources.

    Attributes:
        text: the answer as written, for the repair attempt.
    """

    outcome = "invalid_output"

    def __init__(self, reason: str, text: str, usage: Usage) -> None:
        super().__init__(reason, usage=usage)
        self.text = text
