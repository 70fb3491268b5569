"""The source catalogue: who is fetched, how often, how politely and under which terms.

Belongs here: the records of the catalogue, and reading and validating its YAML (:func:`load_catalogue`). Does not
belong here: fetching (``definitions/payloads.py``), parsing (the parser modules), what our runs met at a source
(``definitions/source_health.py``). Adding a feed is one entry in ``sources.yaml``.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resources.failures import InputError

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
COUNTRY_PATTERN = r"^([a-z]{2}|global)$"
DAY_PLACEHOLDER = "day"
"""The one placeholder that fetching fills in; all others belong to connectors that know their values."""


class Kind(StrEnum):
    """What a source gives."""

    RSS = "rss"
    CHART = "chart"
    RELEASES = "releases"
    GEAR = "gear"
    EVENTS = "events"
    ATTENTION = "attention"


class Cadence(StrEnum):
    """How often a source is fetched; ``DROP``: it arrives as a file in the landing folder."""

    WINDOW = "window"
    DAY = "day"
    WEEK = "week"
    DROP = "drop"


class Health(StrEnum):
    """What is known of a source apart from our own runs."""

    ALIVE = "alive"
    UNVERIFIED = "unverified"
    DEAD = "dead"
    RESTRICTED = "restricted"


class Form(StrEnum):
    """The form of a payload: what a source is expected to answer with."""

    FEED = "feed"
    JSON = "json"
    HTML = "html"
    CSV = "csv"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Terms(_Record):
    """What the owner of a source allows."""

    allowed_use: str = Field(min_length=1)
    attribution: str = Field(min_length=1)
    storage_limit: str = Field(min_length=1)
    url: str | None = None
    checked_on: dt.date


class Politeness(_Record):
    """How a source is approached.

    Attributes:
        robots: ask the host's robots.txt; ``False`` only for documented APIs, whose terms govern instead.
        min_interval_seconds: least time between two requests to the host.
    """

    robots: bool = True
    min_interval_seconds: float = Field(default=1.0, ge=0, le=600)


class Source(_Record):
    """One source; ``slug`` names it in every table and in run configuration."""

    slug: str = Field(pattern=SLUG_PATTERN, max_length=60)
    name: str = Field(min_length=1)
    kind: Kind
    url: str | None = Field(default=None, pattern=r"^https?://")
    fallback_urls: tuple[str, ...] = ()
    form: Form = Form.FEED
    parser: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    cadence: Cadence
    tier: int = Field(ge=1, le=3)
    platform: str | None = None
    country: str | None = Field(default=None, pattern=COUNTRY_PATTERN)
    chart: str | None = None
    enabled: bool
    health: Health
    health_note: str | None = None
    terms: Terms
    politeness: Politeness = Politeness()

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.kind is Kind.CHART and not (self.platform and self.country and self.chart):
            raise ValueError("a chart names its platform, country and chart")
        if self.cadence is not Cadence.DROP and self.url is None:
            raise ValueError("a source that is fetched has a url")
        if self.health in (Health.DEAD, Health.RESTRICTED) and not self.health_note:
            raise ValueError(f"a {self.health} source says why in health_note")
        if self.enabled and self.health is Health.DEAD:
            raise ValueError("a dead source cannot be enabled")
        if self.enabled and self.placeholders - {DAY_PLACEHOLDER}:
            raise ValueError(f"nothing fills in {sorted(self.placeholders)} of the url")
        return self

    @property
    def placeholders(self) -> set[str]:
        """Names in braces in the addresses, e.g. ``{"day"}``."""
        addresses = [self.url or "", *self.fallback_urls]
        return {name for address in addresses for _, name, _, _ in Formatter().parse(address) if name}

    def addresses(self, day: dt.date) -> tuple[str, ...]:
        """Return the addresses to try in this order for ``day`` (``{day}`` becomes YYYY-MM-DD)."""
        return tuple(
            address.replace(f"{{{DAY_PLACEHOLDER}}}", day.isoformat())
            for address in (self.url, *self.fallback_urls)
            if address
        )


class Catalogue(_Record):
    """All sources, in the order of the file; slugs are unique, and no two enabled sources write one chart."""

    sources: tuple[Source, ...]

    @model_validator(mode="after")
    def _has_unique_slugs(self) -> Self:
        slugs = [source.slug for source in self.sources]
        doubled = sorted({slug for slug in slugs if slugs.count(slug) > 1})
        if doubled:
            raise ValueError(f"slugs must be unique; doubled: {', '.join(doubled)}")
        return self

    @model_validator(mode="after")
    def _writes_each_chart_once(self) -> Self:
        owners: dict[tuple[str | None, ...], str] = {}
        for source in self.charts():
            chart = (source.platform, source.country, source.chart)
            if (other := owners.setdefault(chart, source.slug)) != source.slug:
                raise ValueError(f"{other} and {source.slug} write the same chart; enable one of them")
        return self

    @cached_property
    def _by_slug(self) -> dict[str, Source]:
        return {source.slug: source for source in self.sources}

    def source(self, slug: str) -> Source:
        """Return the source named ``slug``.

        Raises:
            InputError: no such source.
        """
        try:
            return self._by_slug[slug]
        except KeyError:
            raise InputError(
                f"The catalogue has no source named '{slug}'.",
                f"It has: {', '.join(sorted(self._by_slug))}.",
            ) from None

    def of_cadence(self, cadence: Cadence) -> tuple[Source, ...]:
        """Return the enabled sources of one cadence."""
        return tuple(source for source in self.sources if source.enabled and source.cadence is cadence)

    def charts(self) -> tuple[Source, ...]:
        """Return the enabled chart sources; their slugs are the chart keys, e.g. ``apple-us``."""
        return tuple(source for source in self.sources if source.enabled and source.kind is Kind.CHART)

    def chart_keys(self) -> list[str]:
        """Return the slugs of all chart sources, the disabled ones included: a partition set must not shrink."""
        return [source.slug for source in self.sources if source.kind is Kind.CHART]


def load_catalogue(path: Path | None = None) -> Catalogue:
    """Read and validate a catalogue.

    The file has two keys. ``terms`` maps names to terms that several sources share; ``sources`` lists the entries.
    An entry's ``terms`` is such a name or the terms themselves, and ``attribution`` falls back to the source's
    name. An entry with ``countries`` stands for one source per country: ``{country}`` in its slug, name and
    addresses is replaced.

    Args:
        path: the YAML file; ``None``: the catalogue that is shipped.

    Raises:
        InputError: the file is missing, is no YAML, or an entry is incomplete or contradicts itself.
    """
    origin = str(path) if path else "sources.yaml"
    try:
        text = (path or files(__package__).joinpath("sources.yaml")).read_text(encoding="utf-8")
        document = yaml.safe_load(text)
    except OSError as error:
        raise InputError(
            f"The source catalogue {origin} cannot be read: {error.strerror}.",
            "Set BACKBEAT_CATALOGUE to a readable YAML file, or unset it to use the one shipped.",
        ) from error
    except yaml.YAMLError as error:
        raise InputError(f"The source catalogue {origin} is not YAML: {_one_line(error)}.") from error
    if not isinstance(document, dict) or not isinstance(document.get("sources"), list):
        raise InputError(f"The source catalogue {origin} has no list named 'sources'.")
    entries = [one for entry in document["sources"] for one in _expand(entry, document.get("terms") or {})]
    try:
        return Catalogue.model_validate({"sources": entries})
    except ValidationError as error:
        raise InputError(f"The source catalogue {origin} is invalid: {_first_problem(error, entries)}.") from None


def _expand(entry: Any, shared_terms: Mapping[str, Any]) -> Iterator[Any]:
    if not isinstance(entry, Mapping):
        yield entry
        return
    fields = {key: value for key, value in entry.items() if key not in ("countries", "attribution")}
    for country in entry.get("countries") or [entry.get("country")]:
        one = {key: _with_country(value, country) for key, value in fields.items()} if country else dict(fields)
        if country:
            one["country"] = country
        one["terms"] = _terms(one, entry.get("attribution"), shared_terms)
        yield one


def _with_country(value: Any, country: str) -> Any:
    if isinstance(value, str):
        return value.replace("{country}", country).replace("{COUNTRY}", country.upper())
    if isinstance(value, list):
        return [_with_country(item, country) for item in value]
    return value


def _terms(entry: Mapping[str, Any], attribution: str | None, shared_terms: Mapping[str, Any]) -> Any:
    terms = entry.get("terms")
    if isinstance(terms, str):
        terms = shared_terms.get(terms)
    if isinstance(terms, Mapping):
        return {"attribution": attribution or f"Source: {entry.get('name')}", **terms}
    return terms


def _first_problem(error: ValidationError, entries: list[Any]) -> str:
    first = error.errors(include_url=False)[0]
    place = list(first["loc"])
    names = [str(part) for part in place]
    if len(place) >= 2 and isinstance(place[1], int) and isinstance(entries[place[1]], Mapping):
        names = [f"source '{entries[place[1]].get('slug', place[1])}'", *names[2:]]
    message = re.sub(r"^Value error, ", "", first["msg"])
    return ": ".join([*names, message]) if names else message


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
