"""The data connection: a file's bytes by sendfile, never more than it has, and cut with a reset where they would come short.

FTP has no length in front of a file: the end of the connection is the end of the file. So whatever is not whole must not end in peace.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Any

from pyftpdlib.handlers import DTPHandler
from pyftpdlib.handlers.ftp.dispatchers import PassiveDTP
from pyftpdlib.log import logger

from pxeserve.publish.ftp.filesystem import Lent

STALL_SECONDS = 60
"""How long a client may take nothing of what it asked for."""

CONNECT_SECONDS = 30
"""How long a passive port waits for its client."""

_SLICE = 1 << 20
_RESET = struct.pack("ii", 1, 0)
_GONE = frozenset({errno.ECONNRESET, errno.ENOTCONN, errno.ESHUTDOWN, errno.ECONNABORTED, errno.EPIPE, errno.EBADF})


class NoPortError(Exception):
    """Every port for passive connections is in use."""


class Passive(PassiveDTP):  # type: ignore[misc]
    """Waits for a client on one of the configured ports, and on no other."""

    timeout = CONNECT_SECONDS

    def bind(self, addr: tuple[str, int]) -> None:
        """Bind one of the ports. The library would take any port of the system when all are busy, which no firewall lets through;
        then NoPortError is raised."""
        if not addr[1]:
            self.close()
            raise NoPortError
        super().bind(addr)


class Transfer(DTPHandler):  # type: ignore[misc]
    """One data connection."""

    timeout = STALL_SECONDS
    ac_out_buffer_size = 1 << 16
    file_obj: Lent | None
    began: int = 0

    def push_with_producer(self, producer: Any) -> None:
        """Begin with a file, or with a listing."""
        if isinstance(self.file_obj, Lent):
            self.began = self.file_obj.tell()
        super().push_with_producer(producer)

    def initiate_sendfile(self) -> None:
        """Send the next slice of the file, and end when its last byte was taken."""
        lent = self.file_obj
        assert isinstance(lent, Lent)  # else `use_sendfile` has said no
        left = lent.file.size - self._offset
        try:
            sent = os.sendfile(self._fileno, lent.file.fd, self._offset, min(left, _SLICE)) if left and lent.intact() else 0
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            if error.errno in _GONE:
                self.handle_close()
            else:
                self._cut()
            return
        self._offset += sent
        self.tot_bytes_sent += sent
        if self._offset == lent.file.size:
            self.discard_buffers()
            self.handle_close()
        elif not sent:
            self._cut()

    def handle_error(self) -> None:
        """What went wrong while a listing or a text was sent: as any file that comes short."""
        self._reset()
        super().handle_error()

    def close(self) -> None:
        """Close it; in peace only when all was sent."""
        if not self._closed and self.file_obj is not None and not self.transfer_finished:
            self._reset()
        super().close()

    def _cut(self) -> None:
        self.cmd_channel.server.house.count("file-changed")
        self._resp = ("426 The file is no longer what it was; transfer aborted.", logger.debug)
        self.close()

    def _reset(self) -> None:
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        except OSError:
            return
