"""Hands a file of one's own to the service by a named pipe in its folder, so that the service reads what root alone may read, and no
copy of it
ever lies in the clear."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pxeserve.errors import PxeserveError

_PIECE = 1 << 20


@contextmanager
def poured(file: Path, folder: Path) -> Iterator[tuple[str, int]]:
    """The name of the pipe in `folder` into which `file` goes as soon as somebody reads, and how many bytes there are. Raises OSError for a
    file that cannot be read, PxeserveError for a folder in which no pipe can be made."""
    with file.open("rb") as source:
        name = f"backup-{secrets.token_hex(16)}.pipe"
        path = folder / name
        try:
            os.mkfifo(path, 0o600)
            owner = folder.stat()
            if os.geteuid() == 0:
                os.chown(path, owner.st_uid, owner.st_gid)
            # open for both: neither side waits for the other, and the service sees an end when both are closed here
            writer = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise PxeserveError(f"{path}: cannot be made: {error.strerror}", fix="ask as root or as the service's user") from None
        length = os.fstat(source.fileno()).st_size
        thread = threading.Thread(target=_pour, args=(source.fileno(), writer), daemon=True)
        thread.start()
        try:
            yield name, length
        finally:
            path.unlink(missing_ok=True)
            os.close(writer)  # not before: what nobody has read yet would be lost


def _pour(source: int, writer: int) -> None:
    with suppress(OSError):
        while piece := os.read(source, _PIECE):
            view = memoryview(piece)
            while view:
                view = view[os.write(writer, view) :]
