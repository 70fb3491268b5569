"""Names in texts: which are linked, and which are left alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.industry.gazetteer import ArtistName, Credit, Gazetteer, artist_names, curated, name_key, words
from assets.industry.mention_linking import MentionLinker
from bench.recorded_news import recorded_artists, recorded_items
from bench.story_grouping import TRUTH, measure_mentions

ARTISTS = (
    "Future", "Yes", "Drake", "Madonna", "Tyler, The Creator", "Earth, Wind & Fire", "Queen", "The Band", "Pink",
    "Beyoncé", "AC/DC", "U2", "Prince", "Live", "Europe", "Big Thief", "The La's",
)  # fmt: skip
LINKER = MentionLinker(Gazetteer([ArtistName(name_key(name), name, 200, 1, 0) for name in ARTISTS]))


def found(title: str, summary: str = "", *tags: str) -> set[tuple[str, str]]:
    return {(one.kind, one.name) for one in LINKER.mentions(title, summary, tags)}


@pytest.mark.parametrize(
    ("title", "summary", "names"),
    [
        ("Watch Madonna sing at the Grammys", "", {"Madonna"}),
        ("Rapper Future shares new album", "", {"Future"}),
        ("New song by Queen honours Prince", "", {"Queen"}),  # nothing here speaks for the other
        ("A new song", "The prog band Yes announced a tour.", {"Yes"}),
        ("Tyler, The Creator’s new album", "", {"Tyler, The Creator"}),
        ("EARTH, WIND AND FIRE to tour", "", {"Earth, Wind & Fire"}),
        ("Beyonce drops country album", "", {"Beyoncé"}),
        ("Big Thief’s new record", "", {"Big Thief"}),
    ],
)
def test_artists_that_are_meant(title: str, summary: str, names: set[str]) -> None:
    assert {name for kind, name in found(title, summary) if kind == "artist"} == names


@pytest.mark.parametrize(
    ("title", "summary"),
    [
        ("The future of music", "Yes, the queen will live in Europe."),
        ("Future Islands announce tour", "The group Future Islands said yes."),
        ("Drake University opens studio", "Students at Drake University can record there."),
        ("A prince and a big thief", "The band will play. The LA crowd went home."),
        ("“Madonna”", "A song of that name."),
        ("Festivals from Europe to Brazil", ""),
    ],
)
def test_names_that_mean_something_else_are_left_alone(title: str, summary: str) -> None:
    assert {name for kind, name in found(title, summary) if kind == "artist" and name in ARTISTS} == set()


def test_labels_platforms_and_scenes() -> None:
    assert found("Warp Records signs shoegaze band") >= {("label", "Warp Records"), ("scene", "Shoegaze")}
    assert found("Spotify sued") == {("platform", "Spotify")}
    assert ("label", "Domino Recording Company") not in found("The domino effect of streaming")
    domino = ("label", "Domino Recording Company")
    assert domino in found("A debut", "The album is out via Domino on Friday, the label says.")


def test_an_item_attests_artists_that_no_chart_knows() -> None:
    assert ("artist", "Glazyhaze") in found("Glazyhaze – “Do You?”", "", "Glazyhaze")
    assert ("artist", "Truck Violence") in found(
        "Truck Violence explore identity", "Montréal hardcore band Truck Violence have shared a song."
    )
    assert found("Line-up", "Donato Dozzy, Ben UFO and more join.") == {
        ("artist", "Donato Dozzy"),
        ("artist", "Ben UFO"),
    }
    assert found("Semibreve announces first wave", "The festival returns to Braga.", "Semibreve") == set()


def test_an_editors_tag_is_a_reason() -> None:
    assert ("artist", "Future") not in found("Future Arrives In Town")
    assert ("artist", "Future") in found("Future Arrives In Town", "", "Future")


@given(st.text(max_size=200), st.text(max_size=300), st.lists(st.text(max_size=12), max_size=4))
def test_any_text_gives_mentions_that_lie_where_they_say(title: str, summary: str, tags: list[str]) -> None:
    mentions = LINKER.mentions(title, summary, tags)
    ends = {"title": 0, "summary_raw": 0}
    for one in mentions:
        text = title if one.field == "title" else summary
        assert text[one.start_offset : one.end_offset] == one.surface
        assert one.start_offset >= ends[one.field]  # in order, not overlapping
        ends[one.field] = one.end_offset
        assert 0.5 <= one.confidence < 1
        assert one.evidence


def test_credits_are_taken_apart_only_where_the_parts_are_known() -> None:
    credits = ["Drake Featuring Rihanna", "Rihanna", "Drake & Future", "Future", "Earth, Wind & Fire", "Soundtrack"]
    rows = {row.name: row.chart_entries for row in artist_names(Credit(one, 10, 3) for one in credits)}
    assert rows == {"Drake": 20, "Rihanna": 20, "Future": 20, "Earth, Wind & Fire": 10}


def test_the_commonest_spelling_names_an_artist() -> None:
    (row,) = artist_names([Credit("BEYONCE", 2, 9), Credit("Beyoncé", 30, 1), Credit("beyonce", 1, None, 4)])
    assert (row.name, row.chart_entries, row.best_position, row.releases) == ("Beyoncé", 33, 1, 4)


def test_the_curated_lists_are_sound() -> None:
    names = curated()
    assert {entity.kind for _, entity in names} == {"label", "platform", "scene"}
    keys = [(entity.kind, name_key(name)) for name, entity in names]
    assert sorted(keys) == sorted(set(keys))
    assert all(words(name) for name, _ in names)


def test_labelled_items_of_recorded_feeds(shared: Path) -> None:
    items = recorded_items(shared / "data")
    artists = recorded_artists(shared / "data")
    labels = json.loads((TRUTH / "mentions.json").read_text(encoding="utf-8"))
    assert len(labels) == 190
    known = frozenset(artist.artist_key for artist in artists)
    figures = measure_mentions(items, MentionLinker(Gazetteer(artists)), known)
    assert figures["entity_precision.ours"] >= 0.95
    assert figures["entity_precision_held_out.ours"] >= 0.9
    assert figures["entity_recall_known.ours"] >= 0.75
