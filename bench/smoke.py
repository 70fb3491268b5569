"""Every thread of the platform once, on the demo's own input: seconds of each, tracks per minute, peak memory.

    python -m bench.smoke [--json]

Runs ``backbeat demo`` in a home of its own, which is removed. Pattern of the benchmarks here: ``measure`` returns flat
figures named ``<measure>.<system>``, ``main`` prints them as a table and, with ``--json``, as its last line.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def measure(home: Path) -> dict[str, float]:
    """Run the demo in ``home`` as its user would and return the figures of its report.

    Raises:
        subprocess.CalledProcessError: the demo failed.
    """
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "demo"]
    subprocess.run(command, env={**os.environ, "BACKBEAT_HOME": str(home)}, check=True, stdout=sys.stderr)
    report = json.loads((home / "demo.json").read_text(encoding="utf-8"))
    # of the largest process in the demo's tree, in KiB on Linux
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    seconds = {f"{thread}_seconds.ours": value for thread, value in report["thread_seconds"].items()}
    tracks = report["tables"]["library.track_analyses"]
    return {
        **seconds,
        "total_seconds.ours": report["seconds"],
        "tracks.ours": tracks,
        "tracks_per_minute.ours": round(60 * tracks / report["thread_seconds"]["library"], 1),
        "mix_times_realtime.ours": round(report["mix"]["seconds"] / report["thread_seconds"]["mix"], 1),
        "gates_failed.ours": report["mix"]["gates_failed"],
        "peak_mb.ours": round(peak),
    }


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="backbeat-bench-"))
    home.chmod(0o755)  # the database server runs as an unprivileged user when we are root
    try:
        figures = measure(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:45} {value:>12}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
