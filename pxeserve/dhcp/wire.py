"""One interface's sockets: datagrams in with how they arrived, answers out on the way that was chosen for them.

Opens nothing and decides nothing: sockets come bound, destinations come from `route`. What cannot be sent is a word to count.
"""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from ipaddress import IPv4Address

from pxeserve.dhcp.outcome import Encoded, Reply
from pxeserve.dhcp.packet import encode
from pxeserve.dhcp.route import EVERYBODY, Arrival, Way, frame

BATCH = 64
"""Most datagrams taken at once: their leases are stored in one transaction (fault I1)."""

_BUFFER = 4096
_RECEIVE_BUFFER = 4 << 20
_IP_PKTINFO = 8
_PKTINFO = struct.Struct("=I4s4s")
_ETH_P_IP = 0x0800
_NOBODYS = 0x88B5
"""An EtherType for local experiments: a packet socket bound to it hears nothing, and costs nothing while others talk."""

_EVERYBODY = str(EVERYBODY)
_text = lru_cache(maxsize=1024)(str)


class Wire:
    """The sockets of one interface. `own` is the interface's own address, which answers come from."""

    def __init__(self, interface: str, own: IPv4Address, udp: socket.socket, raw: socket.socket | None = None) -> None:
        self.interface = interface
        self._udp = udp
        self._raw = raw
        self._from = ((socket.IPPROTO_IP, _IP_PKTINFO, _PKTINFO.pack(0, own.packed, bytes(4))),)
        self._own = own
        udp.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._mac = ""
        self.deafen()

    @property
    def frames(self) -> bool:
        """Whether frames can be sent to a client that has no address yet."""
        return bool(self._mac)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._udp.fileno()

    def receive(self) -> list[tuple[bytes, Arrival]]:
        """All datagrams that wait, up to a batch; never blocks."""
        found: list[tuple[bytes, Arrival]] = []
        while len(found) < BATCH:
            try:
                data, ancillary, _flags, (host, port) = self._udp.recvmsg(_BUFFER, 64, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except OSError:
                # An ICMP answer to something sent before, or an interface that went down; the next datagram will tell.
                break
            found.append((data, _arrival(self.interface, host, port, _destination(ancillary))))
        return found

    def send(self, reply: Reply | Encoded) -> str:
        """Send it; the empty word, or the reason why it could not be sent."""
        if isinstance(reply, Encoded):
            return self._send_udp(*reply)
        data = encode(reply.message, reply.limit)
        to = reply.destination
        if to.way is Way.FRAME and self._raw is not None:
            source = (self._own, self._udp.getsockname()[1])
            try:
                self._raw.sendto(frame(self._mac, to.mac, source, (to.address, to.port), data), (self.interface, _ETH_P_IP))
            except OSError:
                return self._send_udp(data, _EVERYBODY, to.port)
            return ""
        return self._send_udp(data, _text(to.address), to.port)

    def deafen(self) -> None:
        """Bind the packet socket so that it only sends. On an interface without a MAC (loopback) it is not used at all."""
        if self._raw is None:
            return
        try:
            self._raw.bind((self.interface, _NOBODYS))
            mac: bytes = self._raw.getsockname()[4]
        except OSError:
            mac = b""
        self._mac = mac.hex(":") if len(mac) == 6 and any(mac) else ""

    def _send_udp(self, data: bytes, host: str, port: int) -> str:
        # From the interface's own address; from whichever the kernel takes when that one is no longer there.
        for ancillary in (self._from, ()):
            try:
                self._udp.sendmsg((data,), ancillary, socket.MSG_DONTWAIT, (host, port))
            except BlockingIOError:
                return "send-queue-full"
            except OSError:
                continue
            return ""
        return "cannot-send"


def _destination(ancillary: list[tuple[int, int, bytes]]) -> bytes:
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(data) >= _PKTINFO.size:
            return data[8:12]
    return EVERYBODY.packed


@lru_cache(maxsize=1024)
def _arrival(interface: str, host: str, port: int, destination: bytes) -> Arrival:
    """Most come from few relays, or from nowhere to everybody."""
    return Arrival(interface, IPv4Address(host), port, IPv4Address(destination))
