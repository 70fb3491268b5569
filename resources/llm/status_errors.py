"""What providers answer instead of an answer, as failures of a call.

Belongs here: HTTP statuses, what each means for another attempt, and bodies that are not of the protocol. Does not
belong here: attempting, answers that are not of the schema (:mod:`resources.llm.answer_schema`).
"""

from collections.abc import Mapping

from resources.llm.provider import CallError

TOO_MANY = 429
SERVER_ERRORS = 500
FATAL = frozenset({401, 402, 403, 404})
"""The key is refused, the account has no credit, or the model does not exist: no call can succeed."""


def status_error(status: int, headers: Mapping[str, str]) -> CallError:
    """Return the failure that an HTTP status stands for. The body is left out: it may quote the prompt or the key."""
    return CallError(
        f"HTTP {status}.",
        retryable=status == TOO_MANY or status >= SERVER_ERRORS,
        fatal=status in FATAL,
        retry_after=_seconds(headers.get("retry-after")),
    )


def unreadable(error: Exception) -> CallError:
    """Return the failure that a body which is not of the protocol stands for; the call may have been billed."""
    return CallError(f"The answer cannot be read ({type(error).__name__}).", maybe_billed=True)


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdecimal() else None
