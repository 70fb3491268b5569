"""The body of a digest as the warehouse holds it (``industry.daily_digest.body``), read back for its other forms.

Belongs here: the shape that is read. Does not belong here: making a digest (:mod:`assets.industry.digest`), its forms.
"""

from datetime import date

from pydantic import BaseModel, ConfigDict

from assets.industry.digest import TIERS


class _Read(BaseModel):
    """A part of the body; parts that a later version adds are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ReadLead(_Read):
    """What a tier should know in short, and the addresses that it speaks of."""

    text: str
    urls: tuple[str, ...] = ()


class ReadHighlight(_Read):
    """One item; the fields are those of :class:`assets.industry.digest.Highlight`."""

    title: str
    url: str
    source: str
    summary: str | None = None
    category: str
    impact: int


class ReadMove(_Read):
    """One chart move; the fields are those of :class:`assets.industry.digest.DigestMove`."""

    platform: str
    chart: str
    country: str
    chart_date: str
    title: str
    artist: str
    movement: str
    position: int
    previous_position: int | None = None
    velocity: float | None = None
    breakout_reason: str | None = None
    url: str
    attribution: str


class DigestBody(_Read):
    """A digest; tiers in the order of :data:`assets.industry.digest.TIERS`."""

    digest_date: date
    method: str
    leads: dict[str, ReadLead] = {}
    highlights: dict[str, tuple[ReadHighlight, ...]]
    movers: tuple[ReadMove, ...]
    note: str | None = None

    def told(self) -> list[tuple[str, ReadLead | None, tuple[ReadHighlight, ...]]]:
        """Return what is told to each tier that is told anything: tier, lead, highlights."""
        return [
            (tier, self.leads.get(tier), self.highlights.get(tier, ()))
            for tier in TIERS
            if self.leads.get(tier) or self.highlights.get(tier)
        ]
