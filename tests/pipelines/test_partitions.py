"""Keys of partitions, and how dynamic sets change."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from assets.industry.catalogue import load_catalogue
from pipelines.partitions import (
    DAY,
    FEED_WINDOW,
    INTAKE_BATCHES,
    MIX_REQUESTS,
    chart_by_day,
    chart_day_key,
    feed_window_key,
    mapping_between,
)


@pytest.mark.parametrize(
    ("moment", "key"),
    [
        (datetime(2026, 11, 20, 8, 0, tzinfo=UTC), "2026-11-20-08:00"),
        (datetime(2026, 11, 20, 11, 59, 59, tzinfo=UTC), "2026-11-20-08:00"),
        (datetime(2026, 11, 20, 0, 0, tzinfo=UTC), "2026-11-20-00:00"),
    ],
)
def test_a_moment_lies_in_its_window(moment: datetime, key: str) -> None:
    assert feed_window_key(moment) == key


def test_the_current_window_and_day_have_a_partition_while_they_last() -> None:
    before = datetime.now(UTC)
    window, day = FEED_WINDOW.get_last_partition_key(), DAY.get_last_partition_key()
    after = datetime.now(UTC)
    assert window in {feed_window_key(before), feed_window_key(after)}
    assert day in {before.date().isoformat(), after.date().isoformat()}


def test_a_year_of_windows_is_2190_keys() -> None:
    assert len([key for key in FEED_WINDOW.get_partition_keys() if key.startswith("2025-")]) == 2190


def test_chart_keys_name_a_chart_of_the_catalogue_and_a_day() -> None:
    partitions = chart_by_day(load_catalogue())
    key = chart_day_key("apple-us", "2026-11-20")
    assert str(key) == "apple-us|2026-11-20"
    assert partitions.has_partition_key(key)


def test_a_mix_follows_from_every_batch_and_a_batch_from_itself() -> None:
    assert isinstance(mapping_between(MIX_REQUESTS, INTAKE_BATCHES), dg.AllPartitionMapping)
    assert mapping_between(INTAKE_BATCHES, INTAKE_BATCHES) is None
    assert mapping_between(DAY, FEED_WINDOW) is None
    assert mapping_between(INTAKE_BATCHES, None) is None
