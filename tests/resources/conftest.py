"""Fixtures of the HTTP tests: clients with short limits, and a site that answers 404 where it has nothing."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from resources.http_client import HttpClient, Limits
from resources.http_connection import Dialler

FAST = {
    "connect_seconds": 1.0,
    "read_seconds": 1.0,
    "total_seconds": 3.0,
    "backoff_seconds": 0.01,
    "host_interval_seconds": 0.0,
}

MakeClient = Callable[..., HttpClient]


@pytest.fixture
def make_client(tmp_path: Path, httpserver: HTTPServer) -> MakeClient:
    """Makes clients that may reach loopback; limits and the dialler can be replaced."""
    # what a site answers to a page it does not have; the default 500 would count as a robots.txt that fails
    httpserver.no_handler_status_code = 404

    def make(dialler: Dialler | None = None, **limits: Any) -> HttpClient:
        return HttpClient(
            tmp_path, "Backbeat/test", Limits(**{**FAST, **limits}), dialler or Dialler(allow_private_addresses=True)
        )

    return make


@pytest.fixture
def client(make_client: MakeClient) -> HttpClient:
    """A client that may reach loopback."""
    return make_client()


def paths(server: HTTPServer) -> list[str]:
    """Paths that a server was asked for, in order."""
    return [request.path for request, _ in server.log]


def no_connection(address: tuple[str, int], timeout: float) -> socket.socket:
    """A connector for what must be refused before anything is connected to."""
    raise AssertionError(f"connected to {address}")
