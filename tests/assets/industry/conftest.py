"""Fixtures of the industry tests."""

import pytest
from pytest_httpserver import HTTPServer

from tests.assets.industry.loopback_site import LoopbackSite


@pytest.fixture
def site(httpserver: HTTPServer) -> LoopbackSite:
    """An empty site on loopback."""
    return LoopbackSite(httpserver)
