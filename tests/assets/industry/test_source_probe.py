import datetime as dt
from pathlib import Path

from assets.industry.catalogue import load_catalogue
from assets.industry.source_probe import Probe, Verdict, probe_sources
from resources.http_client import HttpResource
from tests.assets.industry.loopback_site import LoopbackSite, rss


def test_gives_a_verdict_on_every_source(site: LoopbackSite, tmp_path: Path) -> None:
    site.publish("/fine", rss("Fine", "A headline"))
    site.publish("/2026-11-20", rss("Daily", "A headline"))
    site.replace_by_error_page("/page")
    off = {"enabled": False, "health_note": "It has its reasons."}
    catalogue = load_catalogue(
        site.catalogue(
            tmp_path / "catalogue.yaml",
            {
                "fine": {"url": "/fine"},
                "daily": {"url": site.url("/") + "{day}"},
                "page": {"url": "/page"},
                "missing": {"url": "/missing", **off},
                "revived": {"url": "/fine", "health": "dead", **off},
                "restricted": {"url": "/fine", "health": "restricted", **off},
                "per-artist": {"url": site.url("/") + "{artist}", **off},
                "file": {"cadence": "drop", **off},
            },
        )
    )
    client = HttpResource(allow_private_addresses=True, state_folder=str(tmp_path), host_interval_seconds=0).client()
    probes = list(probe_sources(client, catalogue, dt.date(2026, 11, 20)))
    assert [probe.source for probe in probes] == list(catalogue.sources)
    by_slug: dict[str, Probe] = {probe.source.slug: probe for probe in probes}
    assert {slug: probe.verdict for slug, probe in by_slug.items()} == {
        "fine": Verdict.WORKS,
        "daily": Verdict.WORKS,
        "page": Verdict.FAILS,
        "missing": Verdict.FAILS,
        "revived": Verdict.WORKS,
        "restricted": Verdict.NOT_ASKED,
        "per-artist": Verdict.NOT_ASKED,
        "file": Verdict.NOT_ASKED,
    }
    assert [slug for slug, probe in by_slug.items() if probe.is_problem] == ["page"]
    assert "web page titled 'Access denied'" in by_slug["page"].note
    assert by_slug["restricted"].note == "It has its reasons."
    assert "answers again" in by_slug["revived"].note
    assert (by_slug["fine"].status, by_slug["fine"].bytes) == (200, len(rss("Fine", "A headline")))
    assert {request.path for request in site.requests} == {"/robots.txt", "/fine", "/2026-11-20", "/page", "/missing"}
