"""The files of a digest: what a PDF reader and a CSV reader find in them."""

import csv
import datetime as dt
import io

import dagster as dg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from assets.industry.definitions.digest_exports import exports_asset
from assets.industry.digest_body import DigestBody
from assets.industry.digest_csv import COLUMNS, digest_csv
from assets.industry.digest_pdf import digest_pdf
from resources.object_store import ObjectStore
from resources.warehouse import Warehouse
from tests.assets.industry import test_daily_digest as daily
from tests.assets.industry.warehouse_site import WarehouseSite, chart_source, feed_source, red

LONG = "https://outlet.example/" + "deep/" * 60
HOSTILE = '=HYPERLINK("https://evil.example","x")'


def body(**changes: object) -> DigestBody:
    told = {
        "title": "Sony buys “Müller” for €90m",
        "url": LONG,
        "source": "Alpha",
        "summary": "It did. More follows.",
        "category": "deals",
        "impact": 80,
    }
    moves = [
        {
            "platform": "apple",
            "chart": "songs",
            "country": "us",
            "chart_date": "2025-06-02",
            "title": f"Song {rank}",
            "artist": HOSTILE if rank == 1 else "Nina",
            "movement": "new_entry" if rank == 2 else "up",
            "position": rank,
            "previous_position": None if rank == 2 else rank + 4,
            "velocity": 1.5,
            "breakout_reason": "Nina is new." if rank == 2 else None,
            "url": "https://charts.example/us",
            "attribution": "Charts by Example.",
        }
        for rank in (1, 2)
    ]
    whole = {
        "digest_date": "2025-06-02",
        "method": "extractive",
        "note": None,
        "movers": moves,
        "leads": {"monetizer": {"text": "A label changes hands.", "urls": [LONG]}},
        "highlights": {"creator": [], "developer": [], "monetizer": [told]},
        "later": "a part of another version",
    }
    return DigestBody.model_validate({**whole, **changes})


def read_pdf(data: bytes) -> tuple[str, set[str]]:
    """Text without white space, and the addresses of the links."""
    pages = PdfReader(io.BytesIO(data)).pages
    links = {note.get_object()["/A"]["/URI"] for page in pages for note in page.get("/Annots", ())}
    return "".join("".join(page.extract_text().split()) for page in pages), links


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_the_pdf_tells_the_digest_and_cites_every_source() -> None:
    text, links = read_pdf(digest_pdf(body()))
    for told in (
        "Industry digest 2025-06-02",
        "For monetizers",
        "A label changes hands.",
        "Sony buys “Müller” for €90m",
        "Alpha, deals",
        "It did. More follows.",
        LONG,
        "1 (5)",
        "2 (new entry)  Nina – Song 2",
        "Nina is new.",
        "Charts by Example.",
        "extractive",
    ):
        assert "".join(told.split()) in text
    assert "Forcreators" not in text
    assert links == {LONG, "https://charts.example/us"}


def test_the_same_digest_is_the_same_file() -> None:
    assert digest_pdf(body()) == digest_pdf(body())


def test_a_long_digest_runs_over_pages() -> None:
    told = [
        {"title": f"Story {n}", "url": f"https://a.example/{n}", "source": "A", "category": "deals", "impact": 1}
        for n in range(60)
    ]
    data = digest_pdf(body(highlights={"creator": told}))
    assert len(PdfReader(io.BytesIO(data)).pages) > 2
    assert read_pdf(data)[1] >= {f"https://a.example/{n}" for n in range(60)}


def test_an_empty_day_says_so() -> None:
    empty = body(highlights={}, leads={}, movers=[], note="No significant items.")
    assert "Nosignificantitems." in read_pdf(digest_pdf(empty))[0]
    assert read_csv(digest_csv(empty)) == []


@given(st.text(max_size=80))
@settings(max_examples=25, deadline=None)
def test_any_headline_becomes_a_pdf_and_comes_back_from_the_csv(title: str) -> None:
    told = {"title": title, "url": "https://a.example/", "source": "A", "category": "deals", "impact": 1}
    whole = body(highlights={"creator": [told]}, movers=[], leads={})
    assert read_pdf(digest_pdf(whole))[1] == {"https://a.example/"}
    (row,) = read_csv(digest_csv(whole))
    assert row["title"].removeprefix("'") == title.removeprefix("'")


def test_the_csv_has_a_row_for_each_part_and_runs_no_formula() -> None:
    rows = read_csv(digest_csv(body()))
    assert [(row["section"], row["tier"], row["rank"]) for row in rows] == [
        ("lead", "monetizer", ""),
        ("highlight", "monetizer", "1"),
        ("mover", "", "1"),
        ("mover", "", "2"),
    ]
    assert all(tuple(row) == COLUMNS for row in rows)
    assert {row["digest_date"] for row in rows} == {"2025-06-02"}
    assert rows[1]["url"] == LONG
    assert (rows[2]["artist"], rows[2]["previous_position"]) == (f"'{HOSTILE}", "5")
    assert (rows[3]["text"], rows[3]["chart"], rows[3]["previous_position"]) == ("Nina is new.", "apple songs us", "")


@pytest.fixture
def house(warehouse: Warehouse, store: ObjectStore) -> WarehouseSite:
    chart = chart_source("deezer-global", "deezer", "deezer_chart", country="global")
    return WarehouseSite(warehouse, store, [feed_source("alpha"), chart])


def run(house: WarehouseSite, day: dt.date = daily.DAY) -> dg.ExecuteInProcessResult:
    return house.materialise(exports_asset(), day.isoformat())


def test_a_digest_gets_its_files_and_a_second_run_the_same(house: WarehouseSite) -> None:
    daily.fill(house)
    assert daily.run(house).success
    result = run(house)
    assert result.success
    assert red(result) == {}
    query = "SELECT xmin::text, * FROM industry.digest_exports ORDER BY format"
    files = house.warehouse.frame(query)
    assert list(files["format"]) == ["csv", "pdf"]
    assert list(files["media_type"]) == ["text/csv; charset=utf-8", "application/pdf"]
    data = {row["format"]: house.store.read_bytes(row["uri"]) for row in files.to_dict("records")}
    assert [len(data[form]) for form in files["format"]] == list(files["bytes"])
    urls = set(house.warehouse.scalar("SELECT source_urls FROM industry.daily_digest"))
    assert read_pdf(data["pdf"])[1] == urls
    cited = {url for row in read_csv(data["csv"]) for url in row["url"].split()}
    assert cited == urls
    (event,) = result.get_asset_materialization_events()
    assert {str(event.materialization.metadata[form].value) for form in ("pdf", "csv")} == set(files["uri"])
    assert run(house).success
    assert house.warehouse.frame(query).equals(files)


def test_a_day_without_a_digest_cannot_be_exported(house: WarehouseSite) -> None:
    result = run(house)
    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "There is no digest of 2025-06-02" in str(failure.step_failure_data.user_failure_data)
