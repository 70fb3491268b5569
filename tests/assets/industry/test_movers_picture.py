"""The picture and table of a day's moves."""

import struct

from assets.industry.movers_picture import MAX_TRACKS, Move, movers_picture, movers_table, strongest


def move(title: str, velocity: float | None, now: int | None = 1, before: int | None = 2) -> Move:
    return Move("apple songs us", title, "A$AP", "up", now, before, velocity)


def test_the_strongest_moves_either_way_fastest_climbers_first() -> None:
    moves = [move("slow", 0.1), move("fall", -5.0), move("rise", 3.0), move("still", 0.0), move("unknown", None)]
    assert [one.title for one in strongest(moves, 2)] == ["rise", "fall"]
    assert [one.title for one in strongest(moves)] == ["rise", "slow", "fall"]
    assert len(strongest([move(str(number), 1.0 + number) for number in range(50)])) == MAX_TRACKS


def test_the_table_survives_what_titles_hold() -> None:
    table = movers_table([move("a|b <script>", 1.234), move("gone", -1.0, now=None), move("new", 1.0, before=None)])
    assert "| a\\|b &lt;script> | A$AP | 1 | 2 | +1.23 |" in table
    assert "| gone | A$AP | off | 2 | -1.00 |" in table
    assert "| new | A$AP | 1 | up | +1.00 |" in table


def test_the_picture_is_small_and_the_same_every_time() -> None:
    moves = strongest([move(f"Title ${number} – 名前", number - 5.5, now=number or None) for number in range(12)])
    picture = movers_picture(moves, "Moves of $5")
    width, height = struct.unpack(">II", picture[16:24])
    assert picture.startswith(b"\x89PNG")
    assert 400 < width < 1000 > height > 200
    assert len(picture) < 100_000
    assert picture == movers_picture(moves, "Moves of $5")
