"""The way out and in for datagrams: segmentation offload for windows, and the address a request was sent to.

Opens nothing; it is handed sockets. A datagram that cannot be sent now is a lost one, and lost ones are what TFTP's timers are for.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Sequence
from functools import partial

from pxeserve.tftp.packet import Address

_SOL_UDP, _UDP_SEGMENT = 17, 103
_MOST_SEGMENTS = 64
_MOST_BYTES = 65507
"""What the kernel takes in one call with UDP_SEGMENT: 64 segments, and one IPv4 datagram's payload."""

_IP_PKTINFO = 8
"""Linux; Python names it from 3.12 on."""

_PKTINFO = struct.Struct("=I4s4s")
"""struct in_pktinfo: interface, our address as a source, the address in the datagram's header (ip(7))."""

_NO_OFFLOAD = frozenset({errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT})
"""A segment larger than the MTU allows gives EINVAL, a device without checksum offload EIO."""

LARGEST = 2048
"""More than any request."""

ANSWER = 400
"""More than any datagram that a reading client has reason to send; Python makes room for less than 512 bytes at a quarter of the cost."""

Control = Sequence[tuple[int, int, bytes]]


class Channel:
    """One client's way out: a connected socket, or the listening one with `to` and the source address in `control`."""

    __slots__ = ("_control", "_offload", "_segment", "_socket", "_to", "post", "receive")

    def __init__(self, sock: socket.socket, to: Address | None = None, control: Control = ()) -> None:
        self._socket = sock
        self._to = to
        self._control = control
        self._offload = True
        self._segment = 0
        self.receive: Callable[[int], bytes] = sock.recv
        """The next datagram of a connected socket, at most so many bytes of it. Raises BlockingIOError when there is none, and OSError
        for what the network says."""
        self.post: Callable[[bytes | memoryview], object] = sock.send
        """Of a connected socket: send packets like those that `send` sent last, as many or fewer. Raises OSError."""

    def reset(self) -> None:
        """Forget the former client of a connected socket."""
        if self._segment:
            self._socket.setsockopt(_SOL_UDP, _UDP_SEGMENT, 0)
            self._segment = 0
        self._offload = True
        self.post = self._socket.send

    def send(self, data: bytes | memoryview, segment: int) -> bool:
        """Send `data` cut every `segment` bytes; False when some of it could not be sent. Raises ConnectionRefusedError when the
        client's host has said that its port is closed."""
        try:
            if len(data) <= segment:
                self._one(data)
            else:
                self._many(data, segment)
        except ConnectionRefusedError:
            raise
        except OSError:
            return False
        return True

    def _one(self, data: bytes | memoryview) -> None:
        if self._to is None:
            self._socket.send(data)
        else:
            self._socket.sendmsg([data], self._control, 0, self._to)

    def _many(self, data: bytes | memoryview, segment: int) -> None:
        at = 0
        if self._offload:
            step = min(_MOST_SEGMENTS, _MOST_BYTES // segment) * segment
            self.post = self._socket.send if len(data) <= step else partial(self._many, segment=segment)
            try:
                while at < len(data):
                    self._segmented(data[at : at + step], segment)
                    at += step
            except OSError as error:
                if error.errno not in _NO_OFFLOAD:
                    raise
                self._unsegmented()
                self.post = partial(self._many, segment=segment)
        for start in range(at, len(data), segment):
            self._one(data[start : start + segment])

    def _segmented(self, data: bytes | memoryview, segment: int) -> None:
        """One call, many datagrams. A connected socket is told the segment's size once and for all."""
        if self._to is not None:
            self._socket.sendmsg([data], [*self._control, (_SOL_UDP, _UDP_SEGMENT, struct.pack("=H", segment))], 0, self._to)
            return
        if self._segment != segment:
            self._socket.setsockopt(_SOL_UDP, _UDP_SEGMENT, segment)
            self._segment = segment
        self._socket.send(data)

    def _unsegmented(self) -> None:
        self._offload = False
        if self._segment:
            self._socket.setsockopt(_SOL_UDP, _UDP_SEGMENT, 0)
            self._segment = 0


def want_destination(sock: socket.socket) -> None:
    """Have each datagram's destination reported, so that it can be answered from there."""
    sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def receive_with_destination(sock: socket.socket) -> tuple[bytes, Address, str | None]:
    """The next datagram, where it came from, and the address of ours it was sent to: None for a broadcast or multicast.

    Raises BlockingIOError when there is none.
    """
    data, control, _, peer = sock.recvmsg(LARGEST, socket.CMSG_SPACE(_PKTINFO.size))
    for level, kind, value in control:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
            _, ours, header = _PKTINFO.unpack_from(value)
            return data, Address(*peer), socket.inet_ntoa(ours) if ours == header else None
    return data, Address(*peer), None


def from_address(local: str) -> Control:
    """Ancillary data that sends a datagram from `local`, one of our addresses."""
    return [(socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, socket.inet_aton(local), bytes(4)))]
