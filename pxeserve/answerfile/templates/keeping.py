"""Writing a site's templates: one file beneath their folder, whole or not at all, and no link is followed on the way there."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from pxeserve.answerfile.templates.folder import MOST_BYTES, NAME, TemplateError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def named(name: str) -> str:
    """`name`, if a template can be called so. Raises TemplateError."""
    if not NAME.fullmatch(name) or len(name) > 200:
        fix = "letters, digits, dots, hyphens and underscores; folders are parted by a slash, three at most"
        raise TemplateError(name[:80], 0, "no template can be called so", fix)
    return name


def bounded(name: str, text: str) -> bytes:
    """`text` as it is kept. Raises TemplateError for one that is too long, or that no file can hold."""
    try:
        body = text.encode("utf-8")
    except UnicodeEncodeError:
        raise TemplateError(name, 0, "it holds half a character", "write it as UTF-8") from None
    if len(body) > MOST_BYTES:
        raise TemplateError(name, 0, f"{len(body)} bytes; a template has {MOST_BYTES // 1024} KiB at most", "shorten it")
    return body


def put(folder: Path, name: str, body: bytes) -> None:
    """Write the template `name` beneath `folder`, in place of the one that was there. Raises OSError; then the old one still lies there."""
    with _inside(folder, name) as (parent, last):
        coming = f".{secrets.token_hex(8)}"
        descriptor = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            os.rename(coming, last, src_dir_fd=parent, dst_dir_fd=parent)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(coming, dir_fd=parent)
            raise
        os.fsync(parent)


def drop(folder: Path, name: str) -> None:
    """Remove it. Raises OSError."""
    with _inside(folder, name) as (parent, last):
        os.unlink(last, dir_fd=parent)
        os.fsync(parent)


@contextlib.contextmanager
def _inside(folder: Path, name: str) -> Iterator[tuple[int, str]]:
    """The folder in which `name` lies, open, made where it is missing; and the name's last part."""
    *folders, last = name.split("/")
    here = os.open(folder, _FOLDER)
    try:
        for part in folders:
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o750, dir_fd=here)
            inner = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here, last
    finally:
        os.close(here)
