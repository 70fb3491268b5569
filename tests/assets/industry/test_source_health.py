"""What a source's failures do: to itself, to its check, and to nothing else."""

import datetime as dt
import gzip

import dagster as dg
import pandas as pd

from assets.industry.catalogue import load_catalogue
from assets.industry.definitions.source_health import read_health, source_check_name
from resources.http_client import HttpResource
from tests.assets.industry.fetch_house import House, permanent_failure, red
from tests.assets.industry.loopback_site import ACCESS_DENIED, rss


def test_a_source_fails_alone(house: House) -> None:
    house.open("alpha", "beta", "broken", "page")
    house.site.break_with("/broken", 500)
    house.site.replace_by_error_page("/page")
    sources = {slug: {"url": f"/{slug}"} for slug in ("alpha", "beta", "broken", "page")}
    house.write_catalogue({**sources, "nowhere": {"url": "http://no-such-host.invalid/feed"}})
    result = house.run()
    assert result.success
    failed = red(result)
    assert set(failed) == {"source_broken", "source_page", "source_nowhere"}
    assert failed["source_broken"].endswith("answered 500 INTERNAL SERVER ERROR.")
    assert failed["source_page"] == "The body is a web page titled 'Access denied' where a feed was expected."
    assert "no-such-host.invalid" in failed["source_nowhere"]
    assert set(house.read()) == {"alpha", "beta"}
    errors = house.rows().set_index("source_slug").error
    assert errors["broken"] == failed["source_broken"]
    health = read_health(house.warehouse)
    assert {slug: one.consecutive_failures for slug, one in health.items()} == {
        "alpha": 0, "beta": 0, "broken": 1, "page": 1, "nowhere": 1,
    }  # fmt: skip
    assert health["broken"].last_status == 500
    assert health["broken"].last_success_at is None
    severities = {one.check_name: one.severity for one in result.get_asset_check_evaluations()}
    assert severities["source_broken"] is dg.AssetCheckSeverity.WARN


def test_an_error_page_leaves_the_old_rows_alone(house: House) -> None:
    house.open("alpha", "beta")
    assert house.run().success
    before = house.rows()
    house.site.replace_by_error_page("/alpha")
    for _ in range(2):
        result = house.run(sources=["alpha", "beta"])
        assert set(red(result)) == {"source_alpha"}
    after = house.rows()
    pd.testing.assert_frame_equal(after[after.error.isna()].reset_index(drop=True), before)
    (evidence,) = after[after.error.notna()].itertuples()
    assert gzip.decompress(house.store.read_bytes(evidence.uri)) == ACCESS_DENIED
    assert house.read()["alpha"] == rss("alpha", "alpha one", "alpha two")


def test_an_error_page_is_not_taken_for_the_latest_copy(house: House) -> None:
    house.open("alpha")
    assert house.run().success
    house.site.replace_by_error_page("/alpha")
    assert house.run().success
    house.site.publish("/alpha", rss("alpha", "alpha one", "alpha two"))
    result = house.run(sources=["alpha"])
    assert red(result) == {}
    assert house.site.hits("/alpha")[-1].headers["If-None-Match"] == house.rows().etag[0]


def test_a_failing_source_is_left_alone_for_a_while(house: House) -> None:
    house.open("alpha", "broken")
    house.site.break_with("/broken", 404)
    assert house.run().success
    result = house.run()
    assert set(red(result)) == {"source_broken"}, "it stays red while it is left alone"
    assert len(house.site.hits("/broken")) == 1
    assert len(house.site.hits("/alpha")) == 2
    (materialisation,) = result.asset_materializations_for_node("raw__payloads")
    assert materialisation.metadata["sources_left_alone"].value == 1
    house.warehouse.execute("UPDATE ops.source_health SET next_attempt_at = now() WHERE source = 'broken'")
    assert house.run().success
    health = read_health(house.warehouse)["broken"]
    assert (len(house.site.hits("/broken")), health.consecutive_failures) == (2, 2)
    wait = health.next_attempt_at - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=119) < wait <= dt.timedelta(hours=2)


def test_a_named_source_is_asked_at_once_and_recovers(house: House) -> None:
    house.open("alpha", "broken")
    house.site.break_with("/broken", 503, Retry_After="86400")
    assert house.run().success
    wait = read_health(house.warehouse)["broken"].next_attempt_at - dt.datetime.now(dt.UTC)
    assert wait > dt.timedelta(hours=23), "the server's wish counts"
    house.site.publish("/broken", rss("broken", "repaired"))
    result = house.run(sources=["broken"])
    assert red(result) == {}
    health = read_health(house.warehouse)["broken"]
    assert (health.consecutive_failures, health.next_attempt_at, health.last_error) == (0, None, None)
    assert len(house.site.hits("/alpha")) == 1, "only the named one was asked"
    assert "broken" in house.read()


def test_a_name_that_is_no_feed_stops_the_run_with_a_sentence(house: House) -> None:
    house.open("alpha")
    assert (
        permanent_failure(house.run(sources=["alfa"]))
        == "No enabled feed of the catalogue is named alfa. There are: alpha."
    )


def test_a_private_address_is_refused_where_it_is_not_allowed(house: House) -> None:
    house.open("alpha")
    house.http = HttpResource(allow_private_addresses=False, state_folder=str(house.folder / "http"))
    result = house.run()
    assert set(red(result)) == {"source_alpha"}
    assert house.site.requests == []


def test_check_names_are_valid_and_distinct() -> None:
    names = [source_check_name(source.slug) for source in load_catalogue().sources]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
