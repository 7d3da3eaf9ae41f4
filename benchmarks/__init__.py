"""Benchmarks, run by hand: `python -m benchmarks` for all, `python -m benchmarks.NAME` for one."""
