"""Digests as language models word them, beside the extractive one: over loopback, through the real assets."""

import datetime as dt
import json
from collections.abc import Callable

import dagster as dg
import pytest

from assets.industry.definitions.daily_digest import digest_asset
from assets.industry.definitions.industry_news import NewsReader
from assets.industry.digest import TIERS, Digest, DigestItem, Lead, extractive_digest, uncited
from assets.industry.digest_page import digest_page
from assets.industry.llm_digest import DigestWording, LeadWording, digest_question, worded
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry.loopback_site import rss
from tests.assets.industry.test_news_summaries import ParserInProcess, plug_in
from tests.assets.industry.warehouse_site import WarehouseSite, feed_source, red
from tests.resources.llm.wire import MODELS, PROVIDERS, Reply, Wire, fenced_data

DAY = dt.date(2025, 6, 2)
HEADLINES = ("Sony Music acquires label for $90m", "Lawsuit over royalties settled", "Suno opens API to developers")


def leads(body: dict[str, object], text: Callable[[str], str]) -> str:
    """A lead for each reader from the first item that was chosen for it."""
    items = fenced_data(body)
    told = {}
    for item in items:
        for reader in item["readers"]:
            told.setdefault(reader, {"tier": reader, "text": text(item["title"]), "cites": [item["number"]]})
    return json.dumps({"leads": list(told.values())})


def faithful(body: dict[str, object]) -> str:
    return leads(body, lambda title: f"It matters today that this is so: {title}.")


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    house = WarehouseSite(warehouse, store, [feed_source("alpha")])
    feed = rss("Alpha", *HEADLINES, published=dt.datetime(2025, 6, 2, 6, tzinfo=dt.UTC))
    house.keep_feed("alpha", "2025-06-02-08:00", feed)
    NewsReader(warehouse, store, ParserInProcess(), "2025-06-02-08:00").read(house.catalogue.sources[0])
    return house


def run(house: WarehouseSite) -> dg.ExecuteInProcessResult:
    return house.materialise(digest_asset(), DAY.isoformat())


@pytest.mark.parametrize("method", ["extractive", *PROVIDERS])
def test_every_method_gives_the_same_digest_but_for_its_leads(
    house: WarehouseSite, wire: Wire, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    if method != "extractive":
        plug_in(monkeypatch, wire, method)
        wire.set(method, Reply(faithful))

    result = run(house)

    assert result.success
    assert red(result) == {}
    (row,) = house.table("daily_digest").to_dict("records")
    assert row["method"] == (method if method == "extractive" else f"llm:{method}:{MODELS[method]}")
    body = row["body"]
    assert set(body["leads"]) == {tier for tier in TIERS if body["highlights"][tier]} != set()
    page = house.store.read_bytes(row["html_uri"]).decode()
    for tier, lead in body["leads"].items():
        assert set(lead["urls"]) <= {item["url"] for item in body["highlights"][tier]}
        assert lead["text"] in page
        assert any(headline in lead["text"] for headline in HEADLINES)
    assert f"Method: {row['method']}." in page
    rows = house.warehouse.frame("SELECT xmin::text, * FROM industry.daily_digest")
    monkeypatch.delenv(f"{method.upper()}_API_KEY", raising=False)
    assert run(house).success
    assert house.warehouse.frame("SELECT xmin::text, * FROM industry.daily_digest").equals(rows)
    assert len(wire.asked) == (method != "extractive")


INVENTED = [
    pytest.param(lambda body: leads(body, lambda title: f"{title}. Warner follows."), id="name"),
    pytest.param(lambda body: leads(body, lambda title: f"{title}, up 12%."), id="number"),
    pytest.param(lambda body: leads(body, lambda title: f"{title} on 3 March."), id="date"),
    pytest.param(lambda body: faithful(body).replace('"cites": [', '"cites": [99, '), id="source"),
    pytest.param(lambda body: json.dumps({"leads": json.loads(faithful(body))["leads"][:1]}), id="lead-missing"),
    pytest.param(lambda body: leads(body, lambda title: f"{title}: see https://evil.example."), id="link"),
]


@pytest.mark.parametrize("invented", INVENTED)
def test_a_provider_that_invents_is_passed_over(
    house: WarehouseSite, wire: Wire, monkeypatch: pytest.MonkeyPatch, invented: Callable[[dict[str, object]], str]
) -> None:
    plug_in(monkeypatch, wire, "anthropic", "openai")
    wire.set("anthropic", Reply(invented))
    wire.set("openai", Reply(faithful))

    assert red(run(house)) == {}

    assert house.table("daily_digest")["method"].tolist() == [f"llm:openai:{MODELS['openai']}"]
    outcomes = house.warehouse.rows("SELECT provider, outcome FROM ops.llm_calls ORDER BY call_id")
    assert outcomes == [("anthropic", "invalid_output")] * 2 + [("openai", "ok")]


@pytest.mark.parametrize(
    "reply", [Reply(status=401), Reply("{}"), Reply(stop="declined")], ids=["down", "invalid", "declined"]
)
def test_with_all_providers_down_the_digest_still_appears_and_says_how(
    house: WarehouseSite, wire: Wire, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    plug_in(monkeypatch, wire, *PROVIDERS)
    for name in PROVIDERS:
        wire.set(name, reply)

    result = run(house)

    assert result.success
    assert red(result) == {}
    assert house.table("daily_digest")["method"].tolist() == ["extractive"]
    assert {asked.provider for asked in wire.asked} == set(PROVIDERS)


def test_an_exhausted_budget_gives_the_extractive_digest_without_a_call(
    house: WarehouseSite, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in(monkeypatch, wire, *PROVIDERS)
    monkeypatch.setenv("BACKBEAT_LLM_USD_PER_DIGEST", "0.0001")
    assert run(house).success
    assert house.table("daily_digest")["method"].tolist() == ["extractive"]
    assert wire.asked == []
    assert house.warehouse.scalar("SELECT count(*) FROM ops.llm_calls WHERE outcome = 'refused'") == len(PROVIDERS)


def test_a_day_without_news_asks_nobody() -> None:
    assert digest_question(extractive_digest(DAY, [], [])) is None


def digest() -> tuple[Digest, list[DigestItem]]:
    items = [
        DigestItem("Sony buys <Ultra> for $90m", "https://o.example/1", "Alpha", "It is done.", "deals", 80, 0, 0),
        DigestItem("Suno opens an API", "https://o.example/2", "Beta", None, "technology", 40, 90, 0),
    ]
    return extractive_digest(DAY, items, []), items


def test_the_proof_finds_what_a_lead_adds() -> None:
    made, items = digest()
    assert uncited(made, items, []) == []
    urls = ("https://o.example/2",)
    wording = DigestWording(leads=[LeadWording(tier="developer", text="Sony opens 2 things.", cites=[2])])
    assert uncited(worded(made, wording, "llm:x:y"), items, []) == [
        f"2 ({urls[0]})", f"sony ({urls[0]})",
    ]  # fmt: skip
    elsewhere = Digest(DAY, "extractive", {"creator": Lead("", ("https://x.example",))}, made.highlights, (), None)
    assert uncited(elsewhere, items, []) == ["https://x.example"]


def test_markup_in_a_lead_stays_text() -> None:
    made, _ = digest()
    assert "<Ultra>" not in digest_page(made)
    assert "Sony buys &lt;Ultra&gt; for $90m." in digest_page(made)
