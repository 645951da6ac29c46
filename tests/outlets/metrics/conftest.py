"""A real `promtool`, for an opinion that is not ours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.once import one_at_a_time

CACHE = Path(__file__).parents[3] / ".cache" / "prometheus"


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Debian's, unpacked and not installed: installing would start a server."""
    if found := shutil.which("promtool"):
        return Path(found)
    binary = CACHE / "root" / "usr" / "bin" / "promtool"
    with one_at_a_time(CACHE):
        if not binary.exists():
            shutil.rmtree(CACHE, ignore_errors=True)
            CACHE.mkdir(parents=True)
            got = subprocess.run(["apt-get", "download", "prometheus"], cwd=CACHE, capture_output=True, text=True, check=False)
            if got.returncode:
                pytest.skip(f"prometheus cannot be had: {got.stderr.strip().splitlines()[-1:]}")
            (package,) = CACHE.glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", package, CACHE / "root"], check=True)
            package.unlink()
    return binary
