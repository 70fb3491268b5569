"""The HTTP client against real servers on loopback: addresses, redirects, conditions, retries."""

import datetime as dt
import socket
import threading
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from resources.http_client import HttpClient, HttpResource, identify
from resources.http_connection import Dialler
from resources.http_errors import (
    FetchError,
    HttpStatusError,
    TooManyRedirectsError,
    UrlRefusedError,
)
from tests.resources.conftest import MakeClient, no_connection
from tests.resources.raw_http import raw_server

# addresses


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://feeds.example/x", "gopher://feeds.example/", "//feeds.example/x",
        "feeds.example/x", "http://", "http:///x", "javascript:alert(1)", "http://feeds.example:22/", "http://user:pw@feeds.example/",
        "http://feeds.example:99999/", "http://[::1/", "",
    ],
)  # fmt: skip
def test_refuses_what_is_no_plain_web_address(make_client: MakeClient, url: str) -> None:
    with pytest.raises(UrlRefusedError) as caught:
        make_client(Dialler(connector=no_connection)).get(url)
    assert "pw" not in f"{caught.value} {caught.value.url}"


def test_allows_private_addresses_where_the_setting_says_so(httpserver: HTTPServer, tmp_path: Path) -> None:
    httpserver.no_handler_status_code = 404
    httpserver.expect_request("/feed").respond_with_data("fine")
    url = httpserver.url_for("/feed")
    for allowed in (True, False):
        resource = HttpResource(
            allow_private_addresses=allowed,
            state_folder=str(tmp_path),
            host_interval_seconds=0,
            contact="a@b.example",
        )
        if allowed:
            assert resource.client().get(url).body == b"fine"
        else:
            with pytest.raises(UrlRefusedError, match="only ports 80 and 443"):
                resource.client().get(url)
    assert httpserver.log[-1][0].headers["User-Agent"].endswith(" (+a@b.example)")


# redirects


def test_follows_redirects_and_names_where_they_led(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/old").respond_with_data("", 301, {"Location": "/newer/../new?x=1#part"})
    httpserver.expect_request("/new").respond_with_data("here")
    response = client.get(httpserver.url_for("/old#top"))
    assert (response.body, response.url) == (b"here", httpserver.url_for("/old#top"))
    assert response.final_url == httpserver.url_for("/new?x=1")


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
def test_follows_five_redirects_at_most(client: HttpClient, httpserver: HTTPServer, hops: int, arrives: bool) -> None:
    for hop in range(hops):
        httpserver.expect_request(f"/{hop}").respond_with_data("", 302, {"Location": f"/{hop + 1}"})
    httpserver.expect_request(f"/{hops}").respond_with_data("end")
    if arrives:
        assert client.get(httpserver.url_for("/0"), robots=False).body == b"end"
    else:
        with pytest.raises(TooManyRedirectsError):
            client.get(httpserver.url_for("/0"), robots=False)


def test_a_redirect_leaves_http_for_nothing_else(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data("", 302, {"Location": "file:///etc/passwd"})
    with pytest.raises(UrlRefusedError, match="not an http or https address"):
        client.get(httpserver.url_for("/feed"))


# conditional requests and identity


def test_asks_whether_its_copy_is_still_current(client: HttpClient, httpserver: HTTPServer) -> None:
    def serve(request: Request) -> Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return Response(status=304, headers={"ETag": '"v1"'})
        return Response("first", headers={"ETag": '"v1"', "Last-Modified": "Fri, 20 Nov 2026 08:00:00 GMT"})

    httpserver.expect_request("/feed").respond_with_handler(serve)
    url = httpserver.url_for("/feed")
    first = client.get(url)
    assert (first.not_modified, first.etag) == (False, '"v1"')
    second = client.get(url, etag=first.etag, last_modified=first.last_modified)
    assert (second.not_modified, second.body, second.status) == (True, b"", 304)
    assert httpserver.log[-1][0].headers["If-Modified-Since"] == first.last_modified


def test_names_itself_and_sends_nothing_private(
    client: HttpClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    httpserver.expect_request("/feed").respond_with_data("x", headers={"Set-Cookie": "a=b"})
    for _ in range(2):
        client.get(httpserver.url_for("/feed"))
    headers = httpserver.log[-1][0].headers
    assert headers["User-Agent"] == "Backbeat/test"
    assert not {"Authorization", "Cookie", "Referer"} & set(headers.keys())
    assert identify("https://example.org/bot").startswith("Backbeat/")


# retries


def _statuses(server: HTTPServer, path: str, *statuses: int, headers: dict[str, str] | None = None) -> str:
    for status in statuses:
        server.expect_ordered_request(path).respond_with_data("body", status, headers or {})
    return server.url_for(path)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_tries_again_what_may_pass(client: HttpClient, httpserver: HTTPServer, status: int) -> None:
    url = _statuses(httpserver, "/feed", status, status, 200)
    assert client.get(url, robots=False).body == b"body"
    assert len(httpserver.log) == 3


def test_gives_up_after_three_attempts(client: HttpClient, httpserver: HTTPServer) -> None:
    url = _statuses(httpserver, "/feed", 503, 503, 503, 200)
    with pytest.raises(HttpStatusError, match="answered 503") as caught:
        client.get(url, robots=False)
    assert (caught.value.status, len(httpserver.log)) == (503, 3)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_does_not_repeat_what_will_not_pass(client: HttpClient, httpserver: HTTPServer, status: int) -> None:
    url = _statuses(httpserver, "/feed", status, 200)
    with pytest.raises(HttpStatusError):
        client.get(url, robots=False)
    assert len(httpserver.log) == 1


def test_waits_as_long_as_it_is_asked_to(client: HttpClient, httpserver: HTTPServer) -> None:
    url = _statuses(httpserver, "/feed", 429, headers={"Retry-After": "1"})
    httpserver.expect_ordered_request("/feed").respond_with_data("body")
    assert client.get(url, robots=False).elapsed >= 1.0


@pytest.mark.parametrize("late", ["3600", "date"])
def test_leaves_a_long_wait_to_a_later_run(client: HttpClient, httpserver: HTTPServer, late: str) -> None:
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    value = late if late != "date" else moment.strftime("%a, %d %b %Y %H:%M:%S GMT")
    url = _statuses(httpserver, "/feed", 503, headers={"Retry-After": value})
    with pytest.raises(HttpStatusError) as caught:
        client.get(url, robots=False)
    assert caught.value.retry_after == pytest.approx(3600, abs=5)
    assert len(httpserver.log) == 1


def test_tries_again_when_the_connection_breaks(client: HttpClient) -> None:
    def behave(connection: socket.socket, number: int) -> None:
        if number == 2:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")

    with raw_server(behave) as port:
        assert client.get(f"http://127.0.0.1:{port}/", robots=False).body == b"fine"


def test_says_that_a_challenge_needs_a_person(client: HttpClient, httpserver: HTTPServer) -> None:
    url = _statuses(httpserver, "/feed", 403, headers={"cf-mitigated": "challenge"})
    with pytest.raises(HttpStatusError, match="only a person in a browser"):
        client.get(url, robots=False)


def test_errors_are_one_sentence(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "http://no-such-host.invalid/", "mailto:x@example.org"):
        with pytest.raises(FetchError) as caught:
            client.get(url, robots=False)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


def test_threads_share_one_client(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data("fine")
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(client.get(httpserver.url_for("/feed")).body)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [b"fine"] * 8
