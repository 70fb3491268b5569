"""Scan a folder of many files: first scan, second scan with nothing new, third after a hundredth was retagged, timed.

    python -m bench.scan [--files 3000] [--set DIR] [--json]

Without ``--set`` short FLAC files of noise are made first (one second each, not timed); with it a folder of one's own
is scanned, and nothing in it is changed. A server of the benchmark's own is started and removed.
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from mutagen.flac import FLAC

from assets.library.definitions.scan import ScanResult, scan
from resources import postgres_server
from resources.database_url import warehouse_url
from resources.migrate import migrate
from resources.warehouse import Warehouse

RETAGGED_EVERY = 100


def make_files(folder: Path, count: int) -> list[Path]:
    """Write ``count`` different FLAC files, tagged, a hundred to a folder."""
    noise = np.random.default_rng(1).normal(0, 0.1, 44100 + count)
    paths = []
    for i in range(count):
        path = folder / f"{i // 100:04d}" / f"{i:06d}.flac"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, noise[i : i + 44100], 44100)
        file = FLAC(path)
        file["title"], file["artist"], file["bpm"] = f"Title {i}", f"Artist {i % 97}", "126"
        file.save()
        paths.append(path)
    return paths


def timed(folder: Path, warehouse: Warehouse) -> tuple[ScanResult, float]:
    """Scan and time it."""
    started = time.perf_counter()
    result = scan(str(folder), warehouse)
    return result, time.perf_counter() - started


def measure(folder: Path, own: list[Path], warehouse: Warehouse) -> dict[str, float]:
    """Scan three times and return the figures; only files of our ``own`` making are retagged."""
    first, first_seconds = timed(folder, warehouse)
    _, second_seconds = timed(folder, warehouse)
    figures = {
        "files.ours": first.found,
        "tracks.ours": warehouse.scalar("SELECT count(*) FROM library.tracks"),
        "dead_letters.ours": first.dead_letters,
        "first_scan_seconds.ours": round(first_seconds, 2),
        "first_scan_files_per_second.ours": round(first.found / first_seconds),
        "unchanged_scan_seconds.ours": round(second_seconds, 3),
        "unchanged_scan_files_per_second.ours": round(first.found / second_seconds),
    }
    if own:
        for path in own[::RETAGGED_EVERY]:
            file = FLAC(path)
            file["title"] = "Another title"
            file.save()
        third, third_seconds = timed(folder, warehouse)
        figures["retagged_files.ours"] = third.changed
        figures["retagged_scan_seconds.ours"] = round(third_seconds, 3)
    return figures


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--set", type=Path, dest="folder")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="backbeat-bench-"))
    home.chmod(0o755)
    music = home / "music"
    music.mkdir()
    try:
        own = [] if options.folder else make_files(music, options.files)
        postgres_server.start(home)
        url = warehouse_url(postgres_server.url(home))
        migrate(url)
        figures = measure(options.folder or music, own, Warehouse(url))
    finally:
        postgres_server.stop(home)
        shutil.rmtree(home, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:45} {value:>12}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
