"""The circuit breaker, with a clock of its own."""

from resources.llm.circuit import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_lets_one_call_try_after_a_rest() -> None:
    clock = Clock()
    breaker = CircuitBreaker(failures=2, rest_seconds=10, clock=clock)
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    clock.now = 10
    assert breaker.allows()
    assert not breaker.allows()
    breaker.failed()
    clock.now = 19
    assert not breaker.allows()
    clock.now = 20
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.allows()
    assert breaker.allows()


def test_a_fatal_failure_ends_it() -> None:
    clock = Clock()
    breaker = CircuitBreaker(clock=clock)
    breaker.failed(fatal=True)
    clock.now = 1e9
    assert not breaker.allows()
