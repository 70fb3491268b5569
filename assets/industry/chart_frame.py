"""Chart entries as a frame with the columns of ``industry.chart_snapshots``, ready for COPY.

Belongs here: the mapping from entries to columns. Does not belong here: writing it, reading publishers' formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd

from assets.industry.chart_entry import ChartEntry


@dataclass(frozen=True)
class ChartIdentity:
    """Which chart of which day, and where it came from; the fields are columns of ``industry.chart_snapshots``."""

    platform: str
    chart: str
    country: str
    chart_date: date
    source_slug: str
    fetched_at: datetime

    @property
    def partition(self) -> dict[str, object]:
        """Column -> value of the rows that the chart replaces."""
        return {
            "platform": self.platform,
            "chart": self.chart,
            "country": self.country,
            "chart_date": self.chart_date,
        }


def chart_frame(identity: ChartIdentity, entries: Sequence[ChartEntry]) -> pd.DataFrame:
    """Return one row per entry with every column of ``industry.chart_snapshots``."""
    return pd.DataFrame(
        [
            {
                **vars(identity),
                "position": entry.position,
                "title": entry.title,
                "artist": entry.artist,
                "track_key": entry.track_key,
                "artist_key": entry.artist_key,
                "external_ids": dict(entry.external_ids),
                "url": entry.url,
                "streams": entry.streams,
                "publisher_previous": entry.publisher_previous,
                "publisher_peak": entry.publisher_peak,
                "publisher_weeks_on": entry.publisher_weeks_on,
            }
            for entry in entries
        ],
        dtype=object,
    )
