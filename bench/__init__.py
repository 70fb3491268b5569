"""Benchmarks: ``python -m bench.<name> [--json]``; figures are printed, never asserted."""
