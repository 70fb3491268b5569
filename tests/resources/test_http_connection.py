"""Connections go to the address that was checked, over TLS too, and end at the deadline."""

import datetime as dt
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from resources import http_connection
from resources.http_connection import Dialler
from resources.http_errors import (
    AddressRefusedError,
    ConnectionFailedError,
    DeadlineExceededError,
    FetchError,
    UrlRefusedError,
)
from tests.resources.conftest import MakeClient, no_connection
from tests.resources.raw_http import raw_server

PUBLIC = "93.184.216.34"


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
    client = make_client(Dialler(connector=no_connection))
    with pytest.raises(FetchError) as caught:
        client.get(f"http://{host}/latest/meta-data")
    # a spelling that no resolver accepts is refused just as well
    assert isinstance(caught.value, AddressRefusedError | UrlRefusedError) or "does not resolve" in str(caught.value)


def test_refuses_a_host_of_which_any_address_is_private(make_client: MakeClient) -> None:
    dialler = Dialler(resolver=lambda host, port: [PUBLIC, "10.1.2.3"], connector=no_connection)
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
