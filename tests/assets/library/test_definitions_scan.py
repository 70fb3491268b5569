"""A scan on real files and a real database: what it registers, what it leaves alone, and what a kill cannot undo."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import fsspec
import numpy as np
import pytest
import soundfile
from mutagen.wave import WAVE

from assets.library.definitions import scan as scan_module
from assets.library.definitions.scan import ScanProgress, scan
from assets.library.definitions.tracks import KEY, tracks
from assets.library.file_access import NoSuchFolder
from resources.failures import PermanentFailure
from resources.warehouse import Warehouse, WarehouseResource


def write(path: Path, seed: int) -> Path:
    """A tiny WAV of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, 200), 8000)
    return path


def retag(path: Path, title: str) -> None:
    file = WAVE(path)
    if file.tags is None:
        file.add_tags()
    from mutagen.id3 import TIT2

    file.tags.add(TIT2(encoding=3, text=title))
    file.save()


def counts(warehouse: Warehouse) -> tuple[int, int, int, int]:
    """Batches, tracks, locations, dead letters."""
    return warehouse.rows(
        "SELECT (SELECT count(*) FROM library.intake_batches), (SELECT count(*) FROM library.tracks),"
        " (SELECT count(*) FROM library.track_locations), (SELECT count(*) FROM ops.dead_letters)"
    )[0]  # type: ignore[return-value]


def row_versions(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """What changes when a row is written, even with the same values."""
    return warehouse.rows(
        "SELECT 'track', track_id, xmin::text FROM library.tracks"
        " UNION ALL SELECT 'location', uri, xmin::text FROM library.track_locations ORDER BY 1, 2"
    )


def test_new_files_come_in_batches_of_fifty(warehouse: Warehouse, tmp_path: Path) -> None:
    for i in range(120):
        write(tmp_path / f"disc {i // 40}" / f"{i:03d}.wav", i)
    seen: list[ScanProgress] = []
    result = scan(str(tmp_path), warehouse, seen.append)
    assert (result.found, result.new, result.dead_letters) == (120, 120, 0)
    assert result.batches == ("b000001", "b000002", "b000003")
    assert warehouse.rows("SELECT batch_key, track_count FROM library.intake_batches ORDER BY 1") == [
        ("b000001", 50),
        ("b000002", 50),
        ("b000003", 20),
    ]
    assert [(p.done, p.total) for p in seen] == [(i, 120) for i in range(1, 121)]
    ((uri, title),) = warehouse.rows(
        "SELECT uri, title FROM library.track_locations JOIN library.tracks USING (track_id) WHERE title = '000'"
    )
    assert (uri, title) == (f"file://{tmp_path}/disc 0/000.wav", "000")


def test_a_second_scan_writes_nothing(warehouse: Warehouse, tmp_path: Path) -> None:
    for i in range(5):
        write(tmp_path / f"{i}.wav", i)
    (tmp_path / "empty.mp3").touch()
    scan(str(tmp_path), warehouse)
    before = row_versions(warehouse), counts(warehouse)
    again = scan(str(tmp_path), warehouse)
    assert (again.unchanged, again.new, again.changed, again.dead_letters, again.batches) == (6, 0, 0, 0, ())
    assert (row_versions(warehouse), counts(warehouse)) == before


def test_retagging_renaming_and_copying_keep_the_track(warehouse: Warehouse, tmp_path: Path) -> None:
    scan(str(write(tmp_path / "music" / "a.wav", 1).parent), warehouse)
    ((track_id,),) = warehouse.rows("SELECT track_id FROM library.tracks")
    retag(tmp_path / "music" / "a.wav", "Proper title")
    (tmp_path / "music" / "a.wav").rename(tmp_path / "music" / "b.wav")
    shutil.copy(tmp_path / "music" / "b.wav", tmp_path / "music" / "c.wav")
    result = scan(str(tmp_path / "music"), warehouse)
    assert (result.new, result.gone, result.batches) == (2, 1, ())
    assert warehouse.rows("SELECT track_id, title, tags->'title'->>'source' FROM library.tracks") == [
        (track_id, "Proper title", "TIT2")
    ]
    places = warehouse.rows("SELECT right(uri, 5), present, track_id FROM library.track_locations ORDER BY uri")
    assert places == [("a.wav", False, track_id), ("b.wav", True, track_id), ("c.wav", True, track_id)]


def test_what_is_no_audio_is_a_dead_letter_until_it_is_replaced(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "good.wav", 1)
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "page.flac").write_text("<html>not found</html>")
    result = scan(str(tmp_path), warehouse)
    assert (result.new, result.dead_letters) == (3, 2)
    letters = warehouse.rows("SELECT asset_key, right(reference, 9), reason FROM ops.dead_letters ORDER BY reference")
    assert [letter[:2] for letter in letters] == [("library.tracks", "empty.mp3"), ("library.tracks", "page.flac")]
    assert "no bytes" in letters[0][2]
    assert counts(warehouse)[:3] == (1, 1, 3)

    write(tmp_path / "page.flac", 2)
    (tmp_path / "empty.mp3").unlink()
    scan(str(tmp_path), warehouse)
    assert counts(warehouse) == (2, 2, 3, 0)


def test_a_folder_that_looks_empty_takes_nothing_away(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "music" / "a.wav", 1)
    scan(str(tmp_path / "music"), warehouse)
    (tmp_path / "music").rename(tmp_path / "unplugged")
    with pytest.raises(NoSuchFolder, match="BACKBEAT_MUSIC"):
        scan(str(tmp_path / "music"), warehouse)
    (tmp_path / "music").mkdir()
    assert scan(str(tmp_path / "music"), warehouse).gone == 0
    assert warehouse.rows("SELECT present FROM library.track_locations") == [(True,)]


def test_a_file_that_comes_back_is_present_again_without_being_read(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "music" / "a.wav", 1)
    write(tmp_path / "music" / "b.wav", 2)
    scan(str(tmp_path / "music"), warehouse)
    (tmp_path / "music" / "a.wav").rename(tmp_path / "a.wav")
    assert scan(str(tmp_path / "music"), warehouse).gone == 1
    (tmp_path / "a.wav").rename(tmp_path / "music" / "a.wav")
    result = scan(str(tmp_path / "music"), warehouse)
    assert (result.new, result.changed, result.unchanged) == (0, 0, 2)
    assert warehouse.rows("SELECT DISTINCT present FROM library.track_locations") == [(True,)]


def test_a_scan_of_one_folder_says_nothing_of_its_neighbour(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "music" / "a.wav", 1)
    write(tmp_path / "music 2" / "b.wav", 2)
    scan(str(tmp_path / "music 2"), warehouse)
    scan(str(tmp_path / "music"), warehouse)
    assert warehouse.rows("SELECT DISTINCT present FROM library.track_locations") == [(True,)]


def test_what_was_registered_survives_a_scan_that_is_stopped(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_module, "REGISTER_FILES", 10)
    for i in range(25):
        write(tmp_path / f"{i:02d}.wav", i)

    def stop(progress: ScanProgress) -> None:
        if progress.done == 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(str(tmp_path), warehouse, stop)
    assert counts(warehouse) == (1, 10, 10, 0)
    assert scan(str(tmp_path), warehouse).new == 15
    assert counts(warehouse)[1:] == (25, 25, 0)


def test_scans_at_once_register_each_track_once(warehouse: Warehouse, tmp_path: Path) -> None:
    for i in range(130):
        write(tmp_path / f"{i:03d}.wav", i)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: scan(str(tmp_path), warehouse), range(4)))
    assert counts(warehouse) == (3, 130, 130, 0)
    assert sorted(key for result in results for key in result.batches) == ["b000001", "b000002", "b000003"]


def test_names_that_are_awkward(warehouse: Warehouse, tmp_path: Path) -> None:
    names = ["Ünïcødé 名前 – трек #1 %41.wav", "quote ' \" back\\slash.wav", "percent %s %(x)s.wav"]
    for i, name in enumerate(names):
        write(tmp_path / name, i)
    write(tmp_path / ".hidden" / "x.wav", 7)
    write(tmp_path / "._x.wav", 8)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "nowhere.wav")
    odd = bytes(tmp_path) + b"/latin \xe9.wav"
    Path(odd.decode("utf-8", "surrogateescape")).write_bytes((tmp_path / names[0]).read_bytes())
    result = scan(str(tmp_path), warehouse)
    assert result.found == 3
    assert {uri for (uri,) in warehouse.rows("SELECT uri FROM library.track_locations")} == {
        f"file://{tmp_path}/{name}" for name in names
    }
    ((reason,),) = warehouse.rows("SELECT reason FROM ops.dead_letters")
    assert "not UTF-8" in reason


def test_a_store_behind_a_url(warehouse: Warehouse, tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    local = write(tmp_path / "a.wav", 1)
    memory.pipe("/crate/one/a.wav", local.read_bytes())
    memory.pipe("/crate/notes.txt", b"no audio by name")
    scan(str(tmp_path), warehouse)
    result = scan("memory://crate", warehouse)
    assert (result.found, result.batches) == (1, ())
    assert [uri for (uri,) in warehouse.rows("SELECT uri FROM library.track_locations ORDER BY 1")] == [
        f"file://{local}",
        "memory:///crate/one/a.wav",
    ]
    assert scan("memory://crate", warehouse).unchanged == 1
    memory.rm("/crate", recursive=True)


def test_the_asset_scans_the_configured_folder(warehouse: Warehouse, tmp_path: Path) -> None:
    write(tmp_path / "a.wav", 1)
    (tmp_path / "b.wav").touch()
    resources = {"warehouse": WarehouseResource(url=warehouse.url)}
    run = dg.materialize(
        [tracks], resources=resources, run_config={"ops": {"library__tracks": {"config": {"source": str(tmp_path)}}}}
    )
    (event,) = run.asset_materializations_for_node("library__tracks")
    assert event.metadata["dagster/row_count"].value == 1
    assert event.metadata["dead_letters"].value == 1
    assert all(check.passed for check in run.get_asset_check_evaluations())
    assert event.asset_key == dg.AssetKey(KEY)


def test_the_asset_fails_for_good_where_there_is_no_folder(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = {"warehouse": WarehouseResource(url=warehouse.url)}
    monkeypatch.delenv("BACKBEAT_MUSIC", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PermanentFailure, match="BACKBEAT_MUSIC"):
        dg.materialize([tracks], resources=resources)
    monkeypatch.setenv("BACKBEAT_MUSIC", str(tmp_path / "nowhere"))
    with pytest.raises(PermanentFailure, match="nowhere"):
        dg.materialize([tracks], resources=resources)


def test_the_shared_folder_of_real_and_broken_files(warehouse: Warehouse, shared: Path) -> None:
    result = scan(str(shared / "audio"), warehouse)
    assert result.found > 100
    ((lost,),) = warehouse.rows(
        "SELECT count(*) FROM library.track_locations"
        " WHERE track_id IS NULL AND uri NOT IN (SELECT reference FROM ops.dead_letters)"
    )
    assert lost == 0
    refused = {uri.rsplit("/", 1)[1] for (uri,) in warehouse.rows("SELECT reference FROM ops.dead_letters")}
    assert {"only_id3.mp3", "random_64k.mp3", "emptyfile.mp3", "empty.wav", "segfault.wav"} <= refused
    assert result.dead_letters == len(refused)
