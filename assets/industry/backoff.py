"""When a source that failed is asked again.

Belongs here: the arithmetic. Does not belong here: where failures are recorded (``definitions/source_health.py``), or
the retries within one fetch (``resources/http_client.py``).
"""

import datetime as dt

FIRST_DELAY = dt.timedelta(hours=1)
"""Shorter than a feed window, so that a single failure skips none."""
LONGEST_DELAY = dt.timedelta(hours=24)
"""Miniflux clamps to the same (``internal/model/feed.go``): a dead source costs one request a day."""


def next_attempt(now: dt.datetime, consecutive_failures: int, retry_after_seconds: float | None = None) -> dt.datetime:
    """Return the time before which a source is left alone.

    The delay is one hour after the first failure and doubles with each further one, up to a day. A server that asks
    for a longer wait gets it, up to a day too: no answer of theirs may silence a source for good.

    Args:
        now: time of the failure.
        consecutive_failures: failures since the last success, this one included; at least 1.
        retry_after_seconds: what the server asked for, if it did.

    Raises:
        ValueError: there is no failure to wait for.
    """
    if consecutive_failures < 1:
        raise ValueError(f"a source with {consecutive_failures} failures has nothing to wait for")
    # 2 ** 10 hours are far beyond the cap; without a bound the power itself grows without one
    doubled = FIRST_DELAY * (1 << min(consecutive_failures - 1, 10))
    asked = dt.timedelta(seconds=min(retry_after_seconds or 0.0, LONGEST_DELAY.total_seconds()))
    return now + min(max(doubled, asked), LONGEST_DELAY)
