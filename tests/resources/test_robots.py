"""robots.txt as RFC 9309 reads it, kept for a day."""

import datetime as dt
import json
import time
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from resources.http_client import HttpClient
from resources.http_errors import (
    RobotsRefusedError,
    RobotsUnreachableError,
)
from tests.resources.conftest import MakeClient, paths


def test_obeys_robots_txt_as_rfc_9309_reads_it(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(
        "User-agent: other\nDisallow: /public\n\nUser-agent: *\nDisallow: /\nAllow: /public\n"
    )
    httpserver.expect_request("/public").respond_with_data("fine")
    assert client.get(httpserver.url_for("/public")).body == b"fine"
    with pytest.raises(RobotsRefusedError, match="does not allow Backbeat"):
        client.get(httpserver.url_for("/feed"))
    assert paths(httpserver) == ["/robots.txt", "/public"], "asked once, and nothing that is disallowed"


def test_obeys_rules_addressed_to_us(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data(
        "User-agent: *\nAllow: /\n\nUser-agent: backbeat\nDisallow: /\n"
    )
    with pytest.raises(RobotsRefusedError):
        client.get(httpserver.url_for("/feed"))


def test_checks_robots_txt_on_every_hop(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /private")
    httpserver.expect_request("/feed").respond_with_data("", 302, {"Location": "/private"})
    with pytest.raises(RobotsRefusedError):
        client.get(httpserver.url_for("/feed"))


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (401, True), (410, True), (500, False), (429, False)])
def test_a_missing_robots_txt_allows_and_a_failing_one_does_not(
    client: HttpClient, httpserver: HTTPServer, status: int, allowed: bool
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("", status)
    httpserver.expect_request("/feed").respond_with_data("fine")
    if allowed:
        assert client.get(httpserver.url_for("/feed")).body == b"fine"
    else:
        with pytest.raises(RobotsUnreachableError, match="counts as a refusal") as caught:
            client.get(httpserver.url_for("/feed"))
        assert caught.value.may_pass
        assert "/feed" not in paths(httpserver)


def _age_robots(folder: Path, by: dt.timedelta) -> None:
    (file,) = (folder / "robots").glob("*.json")
    copy = json.loads(file.read_text())
    copy["asked_at"] = (dt.datetime.fromisoformat(copy["asked_at"]) - by).isoformat()
    file.write_text(json.dumps(copy))


def test_keeps_robots_txt_for_a_day_across_processes(
    make_client: MakeClient, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nAllow: /")
    httpserver.expect_request("/feed").respond_with_data("fine")
    for _ in range(2):
        make_client().get(httpserver.url_for("/feed"))
    _age_robots(tmp_path, dt.timedelta(hours=23))
    make_client().get(httpserver.url_for("/feed"))
    assert paths(httpserver).count("/robots.txt") == 1
    _age_robots(tmp_path, dt.timedelta(hours=2))
    make_client().get(httpserver.url_for("/feed"))
    assert paths(httpserver).count("/robots.txt") == 2


def test_an_old_copy_stands_in_while_robots_txt_is_unreachable(
    client: HttpClient, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_oneshot_request("/robots.txt").respond_with_data("User-agent: *\nDisallow: /private")
    httpserver.expect_request("/feed").respond_with_data("fine")
    client.get(httpserver.url_for("/feed"))
    _age_robots(tmp_path, dt.timedelta(days=2))
    httpserver.expect_request("/robots.txt").respond_with_data("", 503)
    assert client.get(httpserver.url_for("/feed")).body == b"fine"
    with pytest.raises(RobotsRefusedError, match="does not allow"):
        client.get(httpserver.url_for("/private"))


def test_honours_the_crawl_delay(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/robots.txt").respond_with_data("User-agent: *\nCrawl-delay: 0.5\nAllow: /")
    httpserver.expect_request("/feed").respond_with_data("fine")
    started = time.monotonic()
    for _ in range(3):
        client.get(httpserver.url_for("/feed"))
    assert 1.0 <= time.monotonic() - started < 2.5
