"""Addresses on loopback for machines that have to listen at a port of their own, such as a toolstack at 443."""

from __future__ import annotations

import os


def own(network: int, host: int) -> str:
    """An address of 127/8 that no other worker of this run listens at."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"127.{85 + worker}.{network}.{host}"
