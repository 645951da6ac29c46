"""Whether a medium still is what was imported. Damage is named: the file, what is there, and what should be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.paths import PathRefused
from pxeserve.shelf import Shelf
from pxeserve.store import Store, media
from pxeserve.store.media import FileRow

Report = Callable[[int, int, str], None]
_CHUNK = 1 << 18


def quick(store: Store, data: Path, medium: Medium) -> list[str]:
    """What a look at names and sizes shows: a sentence for each missing, extra-long or short file. Reads no content."""
    return _check(store, data, medium, None)


def full(store: Store, data: Path, medium: Medium, report: Report) -> list[str]:
    """What reading every byte shows; the medium is marked good or damaged by it."""
    faults = _check(store, data, medium, report)
    state = MediumState.DAMAGED if faults else MediumState.GOOD
    reason = faults[0] if faults else ""
    if state is not medium.state or reason != medium.state_reason:
        with store.site.write() as connection:
            media.set_state(connection, medium.name, state, reason)
    return faults


def _check(store: Store, data: Path, medium: Medium, report: Report | None) -> list[str]:
    with store.site.read() as connection:
        files = media.files(connection, medium.name)
    total = sum(file.size for file in files)
    done = 0
    faults: list[str] = []
    shelf = Shelf(store, data)
    try:
        for number, file in enumerate(files, 1):
            fault = _size_fault(shelf, medium, file) if report is None else _content_fault(shelf, medium, file)
            if fault:
                faults.append(fault)
            done += file.size
            if report is not None:
                report(done, total, f"{file.path} ({number} of {len(files)})")
    finally:
        shelf.close()
    return faults


def _size_fault(shelf: Shelf, medium: Medium, file: FileRow) -> str | None:
    try:
        opened = shelf.open(medium, file.path)
    except PathRefused as refused:
        return f"{file.path}: {'missing' if refused.reason == 'not-found' else refused.reason}; it was there when the medium was imported"
    opened.close()
    return None if opened.size == file.size else f"{file.path}: {opened.size} bytes, and it had {file.size} when it was imported"


def _content_fault(shelf: Shelf, medium: Medium, file: FileRow) -> str | None:
    fault = _size_fault(shelf, medium, file)
    if fault:
        return fault
    sha256 = hashlib.sha256()
    opened = shelf.open(medium, file.path)
    try:
        offset = 0
        while piece := opened.read(_CHUNK, offset):
            sha256.update(piece)
            offset += len(piece)
    finally:
        opened.close()
    found = sha256.hexdigest()
    return None if found == file.sha256 else f"{file.path}: SHA-256 is {found}, and it was {file.sha256} when it was imported"
