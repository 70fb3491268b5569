"""The HTTP client against real servers on loopback, the well-behaved and the hostile."""

import datetime as dt
import gzip
import ipaddress
import itertools
import json
import multiprocessing
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from resources import http_connection
from resources.host_turns import HostTurns
from resources.http_client import HttpClient, HttpResource, Limits, identify
from resources.http_connection import Dialler
from resources.http_errors import (
    AddressRefusedError,
    ConnectionFailedError,
    DeadlineExceededError,
    FetchError,
    HostBusyError,
    HttpStatusError,
    MediaTypeRefusedError,
    RobotsRefusedError,
    RobotsUnreachableError,
    TooLargeError,
    TooManyRedirectsError,
    UrlRefusedError,
)
from resources.public_address import is_public
from tests.resources.raw_http import raw_server
from tests.resources.turn_taker import take_turns

FAST = {
    "connect_seconds": 1.0,
    "read_seconds": 1.0,
    "total_seconds": 3.0,
    "backoff_seconds": 0.01,
    "host_interval_seconds": 0.0,
}
PUBLIC = "93.184.216.34"

MakeClient = Callable[..., HttpClient]


@pytest.fixture(autouse=True)
def _plain_404(httpserver: HTTPServer) -> None:
    # what a site answers to a page it does not have; the default 500 would count as a robots.txt that fails
    httpserver.no_handler_status_code = 404


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    def make(dialler: Dialler | None = None, **limits: Any) -> HttpClient:
        return HttpClient(
            tmp_path, "Backbeat/test", Limits(**{**FAST, **limits}), dialler or Dialler(allow_private_addresses=True)
        )

    return make


@pytest.fixture
def client(make_client: MakeClient) -> HttpClient:
    return make_client()


def paths(server: HTTPServer) -> list[str]:
    return [request.path for request, _ in server.log]


# addresses


def _no_connection(address: tuple[str, int], timeout: float) -> socket.socket:
    raise AssertionError(f"connected to {address}")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.1", "localhost",
        "127.255.255.254", "0.0.0.0", "0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",  # noqa: S104
        "169.254.169.254", "2852039166", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "[::1]", "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]", "[2002:a00:1::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[ff02::1]",
        "[2001:db8::1]", "[2001:0:7f00:1::]", "[64:ff9b:1::7f00:1]", "127.0.0.1.", "LOCALHOST", "①②⑦.⓪.⓪.①",
    ],
)  # fmt: skip
def test_refuses_private_addresses_in_every_spelling(make_client: MakeClient, host: str) -> None:
    client = make_client(Dialler(connector=_no_connection))
    with pytest.raises(FetchError) as caught:
        client.get(f"http://{host}/latest/meta-data")
    # a spelling that no resolver accepts is refused just as well
    assert isinstance(caught.value, AddressRefusedError | UrlRefusedError) or "does not resolve" in str(caught.value)


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_knows_public_addresses(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_judges_an_embedded_address_as_the_one_it_stands_for(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for embedded in (
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ):
        assert is_public(str(embedded)) == is_public(str(address))


def test_refuses_a_host_of_which_any_address_is_private(make_client: MakeClient) -> None:
    dialler = Dialler(resolver=lambda host, port: [PUBLIC, "10.1.2.3"], connector=_no_connection)
    with pytest.raises(AddressRefusedError, match=r"feeds\.example is at 10\.1\.2\.3"):
        make_client(dialler).get("http://feeds.example/")


def _to_loopback(port: int, dialled: list[str]) -> Callable[[tuple[str, int], float], socket.socket]:
    """A network in which the public address is this machine; any other address is unreachable."""

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address[0])
        if address[0] != PUBLIC:
            raise OSError("unreachable")
        return socket.create_connection(("127.0.0.1", port), timeout)

    return connect


def test_a_name_that_is_bound_anew_changes_nothing(make_client: MakeClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data("fine")
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    dialled: list[str] = []
    dialler = Dialler(resolver=lambda host, port: next(answers), connector=_to_loopback(httpserver.port, dialled))
    response = make_client(dialler).get("http://feeds.example/feed", robots=False)
    assert response.body == b"fine"
    assert dialled == [PUBLIC]
    assert next(answers) == ["127.0.0.1"], "the name was resolved once"
    assert httpserver.log[0][0].headers["Host"] == "feeds.example"


def test_refuses_a_redirect_to_a_private_address(make_client: MakeClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/feed").respond_with_data("", 302, {"Location": "http://169.254.169.254/secret"})
    dialled: list[str] = []
    dialler = Dialler(
        resolver=lambda host, port: [PUBLIC] if host == "feeds.example" else [host],
        connector=_to_loopback(httpserver.port, dialled),
    )
    with pytest.raises(AddressRefusedError, match=r"169\.254\.169\.254"):
        make_client(dialler).get("http://feeds.example/feed", robots=False)
    assert dialled == [PUBLIC]


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
        make_client(Dialler(connector=_no_connection)).get(url)
    assert "pw" not in f"{caught.value} {caught.value.url}"


def test_allows_private_addresses_where_the_setting_says_so(httpserver: HTTPServer, tmp_path: Path) -> None:
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
            with pytest.raises(FetchError):
                resource.client().get(url)
    assert httpserver.log[-1][0].headers["User-Agent"].endswith(" (+a@b.example)")


# TLS


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server context for feeds.example, and the certificate to trust."""
    x509 = pytest.importorskip("cryptography.x509", reason="cryptography makes the test's certificate")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "feeds.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("feeds.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    trusted = folder / "certificate.pem"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return context, trusted


@pytest.fixture
def trusting(tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make the client trust the test's certificate, the way an administrator would."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    http_connection.tls_context.cache_clear()
    yield tls[0]
    http_connection.tls_context.cache_clear()


def _as_public(port: int) -> Dialler:
    return Dialler(resolver=lambda host, _: [PUBLIC], connector=_to_loopback(port, []))


def test_tls_names_and_verifies_the_host_of_the_url(make_client: MakeClient, trusting: ssl.SSLContext) -> None:
    names: list[str | None] = []
    trusting.sni_callback = lambda _socket, name, _context: names.append(name)
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"
    with raw_server(lambda connection, _: connection.sendall(page), trusting) as port:
        client = make_client(_as_public(port), attempts=1)
        assert client.get("https://feeds.example/", robots=False).body == b"secret"
        assert names == ["feeds.example"]
        with pytest.raises(ConnectionFailedError, match="certificate"):
            client.get("https://other.example/", robots=False)


def test_an_untrusted_certificate_is_refused(make_client: MakeClient, tls: tuple[ssl.SSLContext, Path]) -> None:
    with raw_server(lambda connection, _: None, tls[0]) as port:
        client = make_client(_as_public(port), attempts=1)
        with pytest.raises(ConnectionFailedError, match="certificate"):
            client.get("https://feeds.example/", robots=False)


# time


def _drip(head: bytes, body: bytes) -> Callable[[socket.socket, int], None]:
    def behave(connection: socket.socket, _: int) -> None:
        connection.sendall(head)
        for byte in body:
            time.sleep(0.05)
            connection.sendall(bytes([byte]))

    return behave


@pytest.mark.parametrize(
    ("head", "body"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x" * 1000, id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x" * 1000, id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 1000, id="chunk size"),
    ],
)
def test_a_server_that_drips_is_left_at_the_deadline(make_client: MakeClient, head: bytes, body: bytes) -> None:
    with raw_server(_drip(head, body)) as port:
        started = time.monotonic()
        with pytest.raises(DeadlineExceededError, match=r"within 0\.4 seconds"):
            make_client(total_seconds=0.4).get(f"http://127.0.0.1:{port}/", robots=False)
        assert time.monotonic() - started < 1.0


def test_the_deadline_holds_over_tls(make_client: MakeClient, trusting: ssl.SSLContext) -> None:
    with raw_server(_drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"x" * 1000), trusting) as port:
        started = time.monotonic()
        with pytest.raises(DeadlineExceededError):
            make_client(_as_public(port), total_seconds=0.5).get("https://feeds.example/", robots=False)
        assert time.monotonic() - started < 1.5


def test_silence_ends_at_the_read_time_out(make_client: MakeClient) -> None:
    with raw_server(lambda connection, _: time.sleep(5)) as port, pytest.raises(ConnectionFailedError, match="answer"):
        make_client(read_seconds=0.2, attempts=1).get(f"http://127.0.0.1:{port}/", robots=False)


# size


def test_an_endless_body_is_cut_off(make_client: MakeClient) -> None:
    def pour(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with raw_server(pour) as port, pytest.raises(TooLargeError, match="larger than 1 MiB"):
        make_client(max_bytes=2**20).get(f"http://127.0.0.1:{port}/", robots=False)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_refused_in_little_memory(
    make_client: MakeClient, httpserver: HTTPServer, coding: str
) -> None:
    squeeze = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(squeeze.compress(bytes(2**20)) for _ in range(128)) + squeeze.flush()
    httpserver.expect_request("/bomb").respond_with_data(bomb, headers={"Content-Encoding": coding})
    client = make_client(max_bytes=2**20)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            client.get(httpserver.url_for("/bomb"), robots=False)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


TEXT = b"<rss>" + b"beat " * 40_000 + b"</rss>"
_BARE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("coding", "wire"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT)),
        ("gzip", gzip.compress(TEXT[:5000]) + gzip.compress(TEXT[5000:])),
        ("gzip", gzip.compress(TEXT) + bytes(512)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", _BARE.compress(TEXT) + _BARE.flush()),
        ("identity", TEXT),
    ],
)
def test_undoes_the_content_coding(client: HttpClient, httpserver: HTTPServer, coding: str, wire: bytes) -> None:
    httpserver.expect_request("/feed").respond_with_data(wire, headers={"Content-Encoding": coding})
    assert client.get(httpserver.url_for("/feed")).body == TEXT


def test_a_body_that_is_cut_short_is_an_error(make_client: MakeClient, httpserver: HTTPServer) -> None:
    client = make_client(attempts=1)
    httpserver.expect_request("/gzip").respond_with_data(
        gzip.compress(TEXT)[:-20], headers={"Content-Encoding": "gzip"}
    )
    with pytest.raises(ConnectionFailedError, match="not the gzip it claims"):
        client.get(httpserver.url_for("/gzip"))
    short = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
    with (
        raw_server(lambda connection, _: connection.sendall(short)) as port,
        pytest.raises(ConnectionFailedError, match="broke off"),
    ):
        client.get(f"http://127.0.0.1:{port}/", robots=False)


def test_refuses_codings_and_media_types_that_are_not_read(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/br").respond_with_data(b"x", headers={"Content-Encoding": "br"})
    httpserver.expect_request("/twice").respond_with_data(b"x", headers={"Content-Encoding": "gzip, gzip"})
    httpserver.expect_request("/image").respond_with_data(b"x", content_type="image/png")
    httpserver.expect_request("/atom").respond_with_data(b"x", content_type="application/atom+xml; charset=utf-8")
    for path in ("/br", "/twice", "/image"):
        with pytest.raises(MediaTypeRefusedError):
            client.get(httpserver.url_for(path))
    assert client.get(httpserver.url_for("/atom")).media_type == "application/atom+xml; charset=utf-8"


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


# robots.txt


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


# turns


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
