import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.backoff import FIRST_DELAY, LONGEST_DELAY, next_attempt

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("failures", "retry_after", "hours"),
    [(1, None, 1), (2, None, 2), (3, None, 4), (4, None, 8), (5, None, 16), (6, None, 24), (500, None, 24),
     (1, 7200, 2), (3, 7200, 4), (1, 10**9, 24), (1, 0, 1)],
)  # fmt: skip
def test_doubles_up_to_a_day_and_honours_what_the_server_asks(
    failures: int, retry_after: float | None, hours: int
) -> None:
    assert next_attempt(NOW, failures, retry_after) == NOW + dt.timedelta(hours=hours)


@given(st.integers(1, 10**6), st.none() | st.floats(0, 1e12))
def test_is_never_sooner_for_more_failures_nor_outside_the_bounds(failures: int, retry_after: float | None) -> None:
    moment = next_attempt(NOW, failures, retry_after)
    assert FIRST_DELAY <= moment - NOW <= LONGEST_DELAY
    assert next_attempt(NOW, failures + 1, retry_after) >= moment


def test_a_single_failure_skips_no_window() -> None:
    assert next_attempt(NOW, 1) < NOW + dt.timedelta(hours=4) - dt.timedelta(minutes=15)


def test_refuses_to_wait_without_a_failure() -> None:
    with pytest.raises(ValueError, match="nothing to wait for"):
        next_attempt(NOW, 0)
