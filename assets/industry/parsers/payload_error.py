"""The one way in which a parser refuses a whole payload."""


class PayloadError(ValueError):
    """A payload is not what its source promised: another format, an error page, an empty or oversized body.

    The message is one sentence that a person can act on. Single bad entries are no reason to raise: parsers return
    them as faults beside the good ones.
    """
