"""feedparser's own test feeds through our parser, in isolation: what crashes it, hangs it, or loses an entry.

    python -m bench.feed_corpus [--set DIR] [--json]

``--set`` names a folder laid out like ../shared/data (``feeds/robustness``). ``entries.feedparser`` is what feedparser
itself finds in the same bytes and ``entries.ours`` what we account for: ``kept.ours``, and ``dead_letters.ours`` for
entries that hold neither a headline nor a text, as most do that test one element alone. ``lost.ours`` should be none.
"""

import argparse
import io
import json
import time
from collections import Counter
from pathlib import Path

import feedparser

from assets.industry.parsers import PayloadError
from assets.industry.parsers.isolation import PARSE_SECONDS, IsolatedParser

MEDIA_TYPE = "application/xml"


def measure(folder: Path) -> dict[str, float]:
    """Parse every file of the corpus and return the figures."""
    counts: Counter[str] = Counter()
    slowest = 0.0
    with IsolatedParser() as parser:
        for path in sorted(path for path in (folder / "feeds/robustness").rglob("*") if path.is_file()):
            body = path.read_bytes()
            theirs = len(feedparser.parse(io.BytesIO(body), response_headers={"content-type": MEDIA_TYPE}).entries)
            counts["files"] += 1
            counts["theirs"] += theirs
            started = time.perf_counter()
            try:
                feed = parser.feed(body, MEDIA_TYPE, None)
            except PayloadError as error:
                seconds = time.perf_counter() - started
                counts[outcome(error, seconds)] += 1
                counts["lost"] += theirs
            else:
                seconds = time.perf_counter() - started
                counts["entries"] += len(feed.entries)
                counts["faults"] += len(feed.faults)
                counts["lost"] += max(0, theirs - len(feed.entries) - len(feed.faults))
            slowest = max(slowest, seconds)
    return {
        "files.ours": counts["files"],
        "crashed.ours": counts["crashed"],
        "hung.ours": counts["hung"],
        "refused.ours": counts["refused"],
        "entries.ours": counts["entries"] + counts["faults"],
        "entries.feedparser": counts["theirs"],
        "kept.ours": counts["entries"],
        "dead_letters.ours": counts["faults"],
        "lost.ours": counts["lost"],
        "slowest_seconds.ours": round(slowest, 3),
    }


def outcome(error: PayloadError, seconds: float) -> str:
    """Return how a file failed: hung, crashed, or refused with a reason."""
    if "did not survive" not in str(error):
        return "refused"
    return "hung" if seconds >= PARSE_SECONDS else "crashed"


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, default=Path("../shared/data"), dest="folder")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.folder)
    for name, value in figures.items():
        print(f"{name:45} {value:>12}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
