"""Debian packages as plain files: installing a server would start it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

LIBRARIES = "usr/lib/x86_64-linux-gnu"


class NotToBeHad(Exception):
    """The packages could not be downloaded; says why."""


def unpacked(packages: Sequence[str], folder: Path) -> Path:
    """The root beneath `folder` in which `packages` lie. Downloads them unless they are there already. Raises NotToBeHad."""
    root, complete = folder / "root", folder / "complete"
    if complete.exists() and complete.read_text().split() == list(packages):
        return root
    shutil.rmtree(folder, ignore_errors=True)
    root.mkdir(parents=True)
    got = subprocess.run(["apt-get", "download", *packages], cwd=folder, capture_output=True, text=True, check=False)
    if got.returncode:
        raise NotToBeHad(f"{' and '.join(packages)} cannot be had: {' '.join(got.stderr.strip().splitlines()[-1:])}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        package.unlink()
    complete.write_text(" ".join(packages))
    return root
