"""Synthesise the demo crate and the hard cases in memory, timed, and measure how loud they come out.

python -m bench.synthesis [--tracks 6] [--json]
"""

import argparse
import json
import statistics
import time

import numpy as np
import pyloudnorm

from assets.library.synthesis import demo_crate, hard_cases, synthesise


def measure(count: int) -> dict[str, float]:
    """Synthesise ``count`` tracks of the demo crate and all hard cases, and return the figures."""
    seconds, audio, lufs, peaks = 0.0, 0.0, [], []
    for recipe in demo_crate(count):
        started = time.perf_counter()
        track = synthesise(recipe)
        seconds += time.perf_counter() - started
        audio += track.truth.seconds
        meter = pyloudnorm.Meter(track.truth.sample_rate)
        # The gain of the recipe is there to make levels differ: judged is the level without it.
        lufs.append(meter.integrated_loudness(track.samples) - recipe.gain_db)
        peaks.append(float(np.abs(track.samples).max()))
    started = time.perf_counter()
    hard = [synthesise(recipe).truth.seconds for recipe in hard_cases()]
    hard_seconds = time.perf_counter() - started
    return {
        "demo_tracks.ours": count,
        "seconds_per_track.ours": round(seconds / count, 2),
        "times_real_time.ours": round(audio / seconds, 1),
        "lufs_median.ours": round(statistics.median(lufs), 1),
        "lufs_range.ours": round(max(lufs) - min(lufs), 1),
        "sample_peak.ours": round(max(peaks), 3),
        "hard_cases.ours": len(hard),
        "hard_cases_seconds.ours": round(hard_seconds, 2),
    }


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.tracks)
    for name, value in figures.items():
        print(f"{name:45} {value:>12}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
