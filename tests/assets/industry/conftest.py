"""Fixtures of the industry tests."""

from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.fetch_house import House
from tests.assets.industry.loopback_site import LoopbackSite


@pytest.fixture
def site(httpserver: HTTPServer) -> LoopbackSite:
    """An empty site on loopback."""
    return LoopbackSite(httpserver)


@pytest.fixture
def house(site: LoopbackSite, warehouse: Warehouse, store: ObjectStore, tmp_path: Path) -> House:
    """Everything that fetching from the site needs."""
    return House(site, warehouse, store, tmp_path)
