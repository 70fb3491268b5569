import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml

from assets.industry.catalogue import Cadence, Form, Health, Kind, load_catalogue
from assets.industry.parsers import CHART_PARSERS, FEED_PARSER, RELEASE_PARSERS, SIGNAL_PARSERS
from resources.failures import InputError

TERMS = {"allowed_use": "Any.", "storage_limit": "None.", "checked_on": "2026-11-20"}
FEED = {
    "slug": "outlet", "name": "Outlet", "kind": "rss", "url": "https://outlet.example/feed", "parser": "feed",
    "cadence": "window", "tier": 2, "enabled": True, "health": "alive", "terms": "own",
}  # fmt: skip
CHART = {**FEED, "slug": "chart-us", "kind": "chart", "platform": "p", "country": "us", "chart": "songs"}


def write(folder: Path, *sources: Any) -> Path:
    file = folder / "catalogue.yaml"
    file.write_text(yaml.safe_dump({"terms": {"own": TERMS}, "sources": list(sources)}))
    return file


# the catalogue that is shipped


def test_names_every_source_of_the_specification() -> None:
    slugs = {source.slug for source in load_catalogue().sources}
    assert {
        "music-business-worldwide", "billboard", "variety-music", "rolling-stone-music", "pitchfork", "nme",
        "guardian-music", "stereogum", "resident-advisor", "apple-us", "deezer-global", "listenbrainz-global",
        "billboard-us", "spotify-us", "kworb-us", "musicbrainz-releases", "listenbrainz-releases",
        "apple-new-releases", "spotify-new-releases", "wikimedia-pageviews", "gdelt-volume", "gearnews", "synthtopia",
        "musicradar", "rekkerd", "bedroom-producers-blog", "kvr-audio", "reverb", "social-signals",
        "playlist-placements", "radio-plays", "events-import",
    } <= slugs  # fmt: skip


def test_every_enabled_source_has_a_parser() -> None:
    for source in load_catalogue().sources:
        if source.enabled:
            parsers = {
                Kind.CHART: CHART_PARSERS, Kind.RELEASES: RELEASE_PARSERS, Kind.ATTENTION: SIGNAL_PARSERS,
            }  # fmt: skip
            known = parsers.get(source.kind, {FEED_PARSER: None})
            assert source.parser in known, source.slug


def test_what_needs_a_decision_is_off() -> None:
    catalogue = load_catalogue()
    enabled = {source.slug for source in catalogue.sources if source.enabled}
    assert not enabled & {"billboard-us", "kworb-us", "official-charts-gb", "spotify-new-releases", "kvr-audio"}
    assert not [s.slug for s in catalogue.sources if s.enabled and s.health in (Health.DEAD, Health.RESTRICTED)]


def test_only_documented_apis_skip_robots_txt() -> None:
    for source in load_catalogue().sources:
        if not source.politeness.robots:
            assert source.form is Form.JSON, source.slug
            assert source.terms.url, source.slug


def test_a_chart_is_expanded_into_its_countries() -> None:
    catalogue = load_catalogue()
    source = catalogue.source("apple-gb")
    assert (source.country, source.platform, source.chart) == ("gb", "apple", "songs")
    assert source.name == "Apple Music most played (GB)"
    assert [address.split("/")[2] for address in source.addresses(dt.date(2026, 11, 20))] == [
        "rss.marketingtools.apple.com",
        "rss.applemarketingtools.com",
    ]
    assert all("/gb/" in address for address in source.addresses(dt.date(2026, 11, 20)))


def test_partition_keys_outlive_a_disabled_chart() -> None:
    catalogue = load_catalogue()
    assert "billboard-us" in catalogue.chart_keys()
    assert "billboard-us" not in [source.slug for source in catalogue.charts()]


def test_feeds_and_gear_news_are_fetched_in_windows() -> None:
    kinds = {source.kind for source in load_catalogue().of_cadence(Cadence.WINDOW)}
    assert kinds == {Kind.RSS, Kind.GEAR}


# catalogues that people write


def test_reads_a_catalogue_and_fills_in_terms(tmp_path: Path) -> None:
    inline = {**FEED, "slug": "other", "terms": {**TERMS, "attribution": "By Other."}}
    catalogue = load_catalogue(write(tmp_path, FEED, inline))
    assert [source.slug for source in catalogue.sources] == ["outlet", "other"]
    assert catalogue.source("outlet").terms.attribution == "Source: Outlet"
    assert catalogue.source("other").terms.attribution == "By Other."


def test_an_address_may_name_the_day(tmp_path: Path) -> None:
    source = {**FEED, "url": "https://outlet.example/{day}"}
    catalogue = load_catalogue(write(tmp_path, source))
    assert catalogue.source("outlet").addresses(dt.date(2026, 1, 2)) == ("https://outlet.example/2026-01-02",)


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([FEED, FEED], "slugs must be unique; doubled: outlet"),
        ([{**FEED, "slug": "Not A Slug"}], "source 'Not A Slug': slug: String should match"),
        ([{**FEED, "typo": 1}], "source 'outlet': typo: Extra inputs are not permitted"),
        ([{key: value for key, value in FEED.items() if key != "terms"}], "source 'outlet': terms"),
        ([{**FEED, "terms": "unknown"}], "source 'outlet': terms"),
        ([{**FEED, "url": "ftp://outlet.example/"}], "source 'outlet': url"),
        ([{**FEED, "url": None}], "source 'outlet': a source that is fetched has a url"),
        ([{**FEED, "url": "https://x.example/{artist}"}], r"nothing fills in \['artist'\]"),
        ([{**FEED, "health": "dead", "health_note": "404."}], "a dead source cannot be enabled"),
        ([{**FEED, "enabled": False, "health": "dead"}], "a dead source says why"),
        ([{**CHART, "platform": None}], "a chart names its platform"),
        ([CHART, {**CHART, "slug": "chart-2"}], "chart-us and chart-2 write the same chart"),
        ([{**FEED, "tier": 4}], "source 'outlet': tier"),
        (["just text"], "sources: 0"),
    ],
)
def test_says_where_a_catalogue_is_wrong(tmp_path: Path, sources: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_catalogue(write(tmp_path, *sources))


@pytest.mark.parametrize("text", ["", "- a\n- b", "sources: 5", "sources: [", "sources: {a: 1}", "\tx"])
def test_refuses_what_is_no_catalogue(tmp_path: Path, text: str) -> None:
    file = tmp_path / "catalogue.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match="catalogue"):
        load_catalogue(file)


def test_names_the_way_out_where_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="BACKBEAT_CATALOGUE"):
        load_catalogue(tmp_path / "none.yaml")


def test_lists_the_sources_when_asked_for_an_unknown_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no source named 'outlett'\. It has: outlet\."):
        load_catalogue(write(tmp_path, FEED)).source("outlett")
