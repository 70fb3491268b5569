"""Bodies are read within a cap: endless ones, bombs, and codings well and badly done."""

import gzip
import socket
import tracemalloc
import zlib

import pytest
from pytest_httpserver import HTTPServer

from resources.http_client import HttpClient
from resources.http_errors import (
    ConnectionFailedError,
    MediaTypeRefusedError,
    TooLargeError,
)
from tests.resources.conftest import MakeClient
from tests.resources.raw_http import raw_server


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
    ids=["gzip", "x-gzip", "gzip members", "gzip with padding", "zlib", "bare deflate", "identity"],
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
