"""Reads content for cutting, and notices when a file is not any more what it was when its transfer began.

A client is better off with an error than with a file that looks whole and is half of one and half of another.
"""

from __future__ import annotations

import os

from pxeserve.tftp.blocks import ContentLost, Read
from pxeserve.tftp.content import Content


def reader(content: Content) -> Read:
    """How `content` is read. Raises ContentLost, now or at any read, when the file is shorter, changed or unreadable."""
    if content.data is not None:
        data = content.data
        return lambda offset, length: data[offset : offset + length]
    if content.fd is None:
        raise ContentLost("there is nothing to read")
    fd, base = content.fd, content.base
    size, began = _identity(fd)
    if size != (content.size if content.container is None else content.container):
        raise ContentLost("its size changed while it was opened")

    def read(offset: int, length: int) -> bytes:
        try:
            data = os.pread(fd, length, base + offset)
        except OSError as error:
            raise ContentLost(f"it cannot be read: {error.strerror}") from None
        if len(data) != length or _identity(fd) != (size, began):
            raise ContentLost("it was cut short or rewritten while it was being sent")
        return data

    return read


def close(content: Content) -> None:
    """Give the content's descriptor back."""
    if content.fd is not None:
        os.close(content.fd)


def _identity(fd: int) -> tuple[int, int]:
    """Size and moment of the last change. Not the inode's own change time: a file that is replaced keeps its old bytes, and its readers."""
    try:
        status = os.fstat(fd)
    except OSError as error:
        raise ContentLost(f"it cannot be read: {error.strerror}") from None
    return status.st_size, status.st_mtime_ns
