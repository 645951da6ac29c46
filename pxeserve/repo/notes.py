"""What installers stumble over in a medium without failing: read from its indexes again whenever somebody asks, and kept nowhere.

The packages themselves are not read: their sums are those of the import.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pxeserve.domain.medium import Lies, Medium
from pxeserve.errors import PxeserveError
from pxeserve.paths import PathRefused, Root
from pxeserve.repo import manifest
from pxeserve.repo.manifest import FileSums
from pxeserve.store.media import FileRow


def notes_of(data: Path, medium: Medium, files: Iterable[FileRow]) -> tuple[str, ...]:
    """The notes on a medium, a sentence each; one that says so when its indexes cannot be read any more."""
    rows = {row.path: row for row in files}
    sums = {row.path: FileSums(row.path, row.size, row.md5, row.sha256) for row in rows.values()}
    try:
        return manifest.build(sums, lambda path: _content(data, medium, rows[path])).notes
    except PathRefused as refused:
        return (f"its indexes cannot be read any more: {refused.reason}",)
    except OSError as error:
        return (f"its indexes cannot be read any more: {error.strerror}",)
    except PxeserveError as error:
        return (f"its indexes are not what was imported: {error.message.splitlines()[0]}",)


def _content(data: Path, medium: Medium, row: FileRow) -> bytes:
    if medium.lies is Lies.IMAGE:
        with Path(medium.place).open("rb") as image:
            return os.pread(image.fileno(), row.size, row.offset)
    root = Root(Path(medium.place) if medium.lies is Lies.IN_PLACE else data / "media" / medium.folder)
    try:
        opened = root.open(row.path)
        try:
            return os.pread(opened.fd, row.size, 0)
        finally:
            opened.close()
    finally:
        root.close()
