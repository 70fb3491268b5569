"""Why a fetch failed, as types: each says in one sentence what happened and whether trying again may help.

Belongs here: the exceptions of the HTTP client and its parts. Does not belong here: what a caller does about them.
"""


class FetchError(Exception):
    """A URL could not be fetched; the message is one sentence.

    Attributes:
        url: the address at which it failed (after redirects).
        retry_after: seconds that the server asked to wait, or None.
        status: the HTTP status where there was one.
        retryable: whether the client tries again at once.
    """

    retryable = False

    def __init__(self, url: str, sentence: str, *, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(sentence)
        self.url = url
        self.retry_after = retry_after
        self.status = status

    @property
    def may_pass(self) -> bool:
        """Whether a later run may meet better luck."""
        return self.retryable


class UrlRefusedError(FetchError):
    """The URL is not one we fetch: scheme, port, credentials or form."""


class AddressRefusedError(FetchError):
    """The host's address is not public."""


class RobotsRefusedError(FetchError):
    """The host's robots.txt does not let us fetch the URL."""


class _PassingError(FetchError):
    """Nothing to repeat at once, but another time may be better."""

    @property
    def may_pass(self) -> bool:
        return True


class RobotsUnreachableError(_PassingError):
    """The host's robots.txt could not be read, which counts as a refusal (RFC 9309 2.3.1.4)."""


class HostBusyError(_PassingError):
    """Too many requests already wait for their turn at this host."""


class ConnectionFailedError(FetchError):
    """The name did not resolve, nobody answered, TLS failed, or the answer broke off."""

    retryable = True


class DeadlineExceededError(_PassingError):
    """The whole fetch took longer than it may."""


class HttpStatusError(FetchError):
    """The server answered with an error status."""

    RETRYABLE = frozenset({408, 425, 429})

    @property
    def retryable(self) -> bool:  # type: ignore[override]
        """Whether the status is one that passes: 408, 425, 429 or a server error."""
        return self.status is not None and (self.status in self.RETRYABLE or self.status >= 500)


class TooManyRedirectsError(FetchError):
    """The redirects do not end."""


class TooLargeError(FetchError):
    """The body is larger than allowed, counted after decompression."""


class MediaTypeRefusedError(FetchError):
    """The body is of a media type or content coding that we do not read."""
