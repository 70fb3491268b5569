"""Run benchmarks and keep their figures with machine, versions and date, in ``bench/results/<name>.json``.

    python -m bench.record smoke movers ... [-- --set DIR]

What follows ``--`` is passed to each benchmark.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
LIBRARIES = (
    "backbeat",
    "dagster",
    "essentia",
    "librosa",
    "numpy",
    "psycopg",
    "python-stretch",
    "scipy",
    "soundfile",
    "torch",
)
"""Distributions whose versions decide the figures."""


def processor() -> str:
    """Name of the processor as Linux gives it, else what Python knows."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def record(name: str, options: list[str]) -> Path:
    """Run one benchmark and write its figures.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = [sys.executable, "-m", f"bench.{name}", "--json", *options]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    kept = {
        "benchmark": name,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"processor": processor(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": {"python": platform.python_version(), **{library: version(library) for library in LIBRARIES}},
        "figures": json.loads(output.splitlines()[-1]),
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return path


def main() -> None:
    """Run from the command line."""
    arguments = sys.argv[1:]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    if not arguments[:at]:
        sys.exit("Name the benchmarks to record, e.g. python -m bench.record smoke movers.")
    for name in arguments[:at]:
        print(record(name, arguments[at + 1 :]))


if __name__ == "__main__":
    main()
