"""HTTP statuses of providers as failures of a call.

Belongs here: what each status means for another attempt. Does not belong here: attempting.
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


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdecimal() else None
