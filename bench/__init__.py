"""Measures pxeserve beside the servers that people use today, each pinned to the same core, in the same run. `bench/run --help`."""
