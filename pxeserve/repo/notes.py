"""What installers stumble over in a medium without failing: read from its indexes again whenever somebody asks, and kept nowhere.

The packages themselves are not read: their sums are those of the import.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pxeserve.domain.medium import Medium
from pxeserve.errors import PxeserveError
from pxeserve.repo import manifest
from pxeserve.repo.manifest import FileSums
from pxeserve.repo.opening import Opening, Unlike, Unreachable, opening
from pxeserve.store.media import FileRow


def notes_of(data: Path, medium: Medium, files: Iterable[FileRow]) -> tuple[str, ...]:
    """The notes on a medium, a sentence each; one that says so when its indexes cannot be read any more."""
    rows = {row.path: row for row in files}
    sums = {row.path: FileSums(row.path, row.size, row.md5, row.sha256) for row in rows.values()}
    try:
        with opening(data, medium) as place:
            return manifest.build(sums, lambda path: _content(place, rows[path])).notes
    except (Unlike, Unreachable) as error:
        return (f"its indexes cannot be read any more: {error}",)
    except OSError as error:
        return (f"its indexes cannot be read any more: {error.strerror}",)
    except PxeserveError as error:
        return (f"its indexes are not what was imported: {error.message.splitlines()[0]}",)


def _content(place: Opening, row: FileRow) -> bytes:
    opened = place.open(row)
    try:
        return os.pread(opened.fd, opened.size, opened.start)
    finally:
        opened.close()
