"""What a scan has to do follows from two listings alone."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from assets.library.intake import FileStat, KnownFile, listing_diff

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE, OTHER = FileStat(100, NOON), FileStat(101, NOON)


def test_each_file_falls_into_one_class() -> None:
    listing = {"new": ONE, "grown": OTHER, "same": ONE, "back": ONE, "touched": FileStat(100, NOON.replace(hour=13))}
    known = {
        "grown": KnownFile(ONE, True),
        "same": KnownFile(ONE, True),
        "back": KnownFile(ONE, False),
        "touched": KnownFile(ONE, True),
        "lost": KnownFile(ONE, True),
        "long lost": KnownFile(ONE, False),
    }
    diff = listing_diff(listing, known, complete=True)
    assert (diff.new, diff.changed, diff.returned, diff.unchanged, diff.gone) == (
        ("new",),
        ("grown", "touched"),
        ("back",),
        ("same",),
        ("lost",),
    )
    assert diff.to_read == ("grown", "new", "touched")


def test_an_empty_or_partial_listing_proves_nothing_gone() -> None:
    known = {"a": KnownFile(ONE, True), "b": KnownFile(ONE, True)}
    assert listing_diff({}, known, complete=True).gone == ()
    assert listing_diff({"a": ONE}, known, complete=False).gone == ()
    assert listing_diff({"a": ONE}, known, complete=True).gone == ("b",)


stats = st.sampled_from([ONE, OTHER, FileStat(100, None)])
uris = st.sampled_from("abcdefgh")


@given(st.dictionaries(uris, stats), st.dictionaries(uris, st.builds(KnownFile, stats, st.booleans())), st.booleans())
def test_every_listed_file_is_in_exactly_one_class(
    listing: dict[str, FileStat], known: dict[str, KnownFile], complete: bool
) -> None:
    diff = listing_diff(listing, known, complete=complete)
    classes = [*diff.new, *diff.changed, *diff.returned, *diff.unchanged]
    assert sorted(classes) == sorted(listing)
    assert not set(diff.gone) & set(listing)
    settled = {uri: KnownFile(stat, True) for uri, stat in listing.items()}
    again = listing_diff(listing, settled, complete=complete)
    assert (again.to_read, again.returned, again.gone) == ((), (), ())
