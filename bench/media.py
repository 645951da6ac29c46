"""Lays a medium of random bytes and makes it visible, as an import would have; the files' own format does not matter to who sends them.

Sums and stamps are true: a service that finds others reads the whole medium anew in its first seconds, beside what is measured.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

from pxeserve.domain.medium import Medium
from pxeserve.repo.stamps import stamp
from pxeserve.store import media, open_store

NAME = "bench"


def lay(data: Path, sizes: Mapping[str, int]) -> Path:
    """Write a file for each path with so many bytes, each of them a package of the medium; gives the medium's folder."""
    folder = data / "media" / NAME
    rows = [_written(folder, path, position, size) for position, (path, size) in enumerate(sizes.items())]
    store = open_store(data, migrate=True)
    medium = Medium(NAME, NAME, "yum", "XCP-ng", "8.3.0", "", "xcp-8.3", "1", None)
    with store.site.write() as connection:
        media.add(connection, medium, rows, "bench", time.time())
    store.close()
    return folder


def _written(folder: Path, path: str, position: int, size: int) -> media.FileRow:
    file, sum_ = folder / path, hashlib.sha256()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        for start in range(0, size, 1 << 24):
            piece = os.urandom(min(1 << 24, size - start))
            sum_.update(piece)
            out.write(piece)
    return media.FileRow(path, position, "rpm", size, "", sum_.hexdigest(), stamp=stamp(file.stat()))
