"""Turns at a host, across processes."""

import itertools
import multiprocessing
from pathlib import Path

import pytest

from resources.host_turns import HostTurns
from resources.http_errors import (
    HostBusyError,
)
from tests.resources.turn_taker import take_turns


def test_requests_to_one_host_keep_their_distance_across_processes(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        taken = pool.starmap(take_turns, [(tmp_path, 4)] * 3)
    moments = sorted(itertools.chain.from_iterable(taken))
    gaps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    # a turn starts on time or late, so a gap may shrink by what the earlier one was late
    assert moments[-1] - moments[0] >= 11 * 0.1 - 0.05
    assert min(gaps) > 0.02


def test_hosts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    slept: list[float] = []
    turns = HostTurns(tmp_path, slept.append)
    waits = [turns.take("u", host, 10) for host in ("a.example", "b.example", "a.example", "A.example")]
    assert waits == [0, 0, pytest.approx(10, abs=0.5), pytest.approx(20, abs=0.5)]
    assert len(slept) == 2


def test_a_queue_that_is_too_long_is_left_to_the_next_run(tmp_path: Path) -> None:
    turns = HostTurns(tmp_path, lambda _: None)
    for _ in range(3):
        turns.take("http://h/", "h", 50)
    with pytest.raises(HostBusyError, match="next free turn at h") as caught:
        turns.take("http://h/", "h", 50)
    assert caught.value.retry_after == pytest.approx(150, abs=1)
