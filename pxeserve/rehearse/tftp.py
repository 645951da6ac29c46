"""The rehearsal's TFTP client: tftpy's packets, a second opinion on the server's own core, asked for as each loader asks.

The course of a transfer is written here, since UEFI's client breaks its first request off and asks for windows (RFC 7440), and tftpy's does
neither.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pxeserve.rehearse.firmware import TFTP, Tongue
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_TRIES = 3
_DATAGRAM = 65536
_HEADERS = 20 + 8 + 4
"""IPv4, UDP, TFTP."""
_NO_SUCH_FILE, _ABORTED = 1, b"\0\x05\0\x08User aborted the transfer\0"
_ERRORS = {1: "no such file", 2: "access violation", 3: "disk full", 4: "illegal operation", 8: "options refused"}

Options = tuple[tuple[str, int], ...]


class NotThereError(StepFailedError):
    """The server says that it has no such file: no failure where a loader tries one name after another."""


@dataclass(frozen=True, slots=True)
class TftpClient:
    """Fetches from `server`, with `local` as its own address. `wait` is seconds for which each try waits; `mtu` is the largest packet that
    reaches a machine in one piece, 0 where it is not known."""

    server: IPv4Address
    port: int
    local: IPv4Address
    wait: float = 2.0
    mtu: int = 0

    def fetch(self, name: str, tongue: Tongue, keep: int = 0) -> Sink:
        """Fetch `name` as `tongue` does. Raises NotThereError for error 1, StepFailedError for anything else that leaves the file
        incomplete."""
        manner = TFTP[tongue]
        if manner.probe:
            with _Transfer(self, name, manner.probe, Sink()) as transfer:
                transfer.break_off()
        sink = Sink(keep)
        with _Transfer(self, name, manner.options, sink) as transfer:
            transfer.run()
        return sink


class _Transfer:
    """One transfer, from a port of its own. `acked` is the last block that came in order."""

    def __init__(self, client: TftpClient, name: str, asked: Options, sink: Sink) -> None:
        self._client, self._name, self._asked, self._sink = client, name, asked, sink
        self._where = f"UDP port {client.port} of {client.server}"
        self._blksize, self._window, self._size = 512, 1, -1
        self._peer: tuple[str, int] | None = None
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._packets = _packets()

    def __enter__(self) -> _Transfer:
        try:
            self._sock.bind((str(self._client.local), 0))
        except OSError as error:
            self._sock.close()
            raise StepFailedError(f"{self._name}: {self._where} cannot be asked from {self._client.local}: {error.strerror}") from None
        self._sock.settimeout(self._client.wait)
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def break_off(self) -> None:
        """Ask, and end it behind the OACK, as UEFI's client does to learn the size."""
        self._negotiated(self._first())
        self._to_peer(_ABORTED)

    def run(self) -> None:
        """Take the whole file in."""
        packet = self._first()
        acked = 0
        if packet.opcode == 6:
            self._negotiated(packet)
            self._ack(0)
            packet = self._next(0)
        in_window = 0
        while True:
            if packet.blocknumber == (acked + 1) % 65536:
                acked, in_window = (acked + 1) % 65536, in_window + 1
                self._sink.write(packet.data)
                last = len(packet.data) < self._blksize
                if last or in_window == self._window:
                    self._ack(acked)
                    in_window = 0
                if last:
                    break
            elif in_window:  # a gap: what came in order counts, and the rest is asked for again (RFC 7440 section 4)
                self._ack(acked)
                in_window = 0
            packet = self._next(acked)
        if self._size not in (-1, self._sink.size):
            raise StepFailedError(f"{self._name}: {self._size} bytes were announced and {self._sink.size} came", source="RFC 2349")

    def _first(self) -> Any:
        """The answer to the RRQ: an OACK, or the first block of a server that knows no options."""
        request = self._packets.types.TftpPacketRRQ()
        request.filename, request.mode, request.options = self._name, "octet", dict(self._asked)
        data = request.encode().buffer
        for _ in range(_TRIES):
            self._send(data, (str(self._client.server), self._client.port))
            packet = self._receive()
            if packet is not None:
                return packet
        raise self._silent()

    def _next(self, acked: int) -> Any:
        for attempt in range(_TRIES):
            if attempt:
                self._ack(acked)
            packet = self._receive()
            if packet is not None and packet.opcode == 3:
                return packet
        raise self._silent()

    def _receive(self) -> Any | None:
        """One packet of this transfer, or None when nothing came in time. Raises what an ERROR says."""
        try:
            data, peer = self._sock.recvfrom(_DATAGRAM)
        except TimeoutError:
            return None
        except OSError as error:
            raise StepFailedError(f"{self._name}: {self._where}: {error.strerror}") from None
        if self._peer is None:
            self._peer = peer
        try:
            packet = self._packets.factory.parse(data)
        except (self._packets.error, ValueError, AssertionError) as error:
            raise StepFailedError(f"{self._name}: {error}") from None
        if packet.opcode == 5:
            raise self._refused(packet)
        return packet

    def _refused(self, packet: Any) -> StepFailedError:
        code = packet.errorcode
        if code == _NO_SUCH_FILE:
            return NotThereError(f"{self._name}: the server has no such file (TFTP error 1)", source="RFC 1350 section 5")
        said = bytes(packet.errmsg or b"").rstrip(b"\0").decode("utf-8", "replace") or _ERRORS.get(code, "")
        return StepFailedError(f"{self._name}: TFTP error {code}: {said}", source="RFC 1350 section 5")

    def _negotiated(self, packet: Any) -> None:
        """Take the OACK up. Raises StepFailedError for what no client takes, and for a block that no network carries in one piece."""
        if packet.opcode != 6:
            return
        try:
            said = {name.lower(): int(value) for name, value in packet.options.items()}
        except ValueError:
            raise StepFailedError(f"{self._name}: the server's option acknowledgement holds no numbers", source="RFC 2347") from None
        asked = dict(self._asked)
        for name, value in said.items():
            if name not in asked or (name in ("blksize", "windowsize") and not 1 <= value <= asked[name]):
                text = f"{self._name}: the server granted {name}={value}, which was not asked for"
                raise StepFailedError(f"{text} (a machine shows PXE-E36)", source="RFC 2347, RFC 2348")
        self._blksize, self._window = said.get("blksize", 512), said.get("windowsize", 1)
        self._size = said.get("tsize", -1)
        packet_size = self._blksize + _HEADERS
        if self._client.mtu and packet_size > self._client.mtu and min(self._size, self._blksize) != self._size:
            mtu = f"the interface's MTU is {self._client.mtu}"
            text = f"{self._name}: blocks of {self._blksize} bytes make packets of {packet_size}, and {mtu}"
            fix = "restart the service, which looks at the MTU when it starts; or give the interface the MTU that the network carries"
            raise StepFailedError(f"{text}: firmware puts no fragments together (PXE-E32)", fix, source="RFC 2348; MTU of the interface")

    def _ack(self, block: int) -> None:
        packet = self._packets.types.TftpPacketACK()
        packet.blocknumber = block
        self._to_peer(packet.encode().buffer)

    def _to_peer(self, data: bytes) -> None:
        assert self._peer is not None
        self._send(data, self._peer)

    def _send(self, data: bytes, to: tuple[str, int]) -> None:
        try:
            self._sock.sendto(data, to)
        except OSError as error:
            raise StepFailedError(f"{self._name}: {self._where} cannot be asked from {self._client.local}: {error.strerror}") from None

    def _silent(self) -> StepFailedError:
        seconds = self._client.wait * _TRIES
        if self._sink.size:
            return StepFailedError(f"{self._name}: the server fell silent for {seconds:.0f} s after {self._sink.size} bytes")
        if self._peer is not None:
            fix = "let the ports of [tftp] ports through the firewall; or [tftp] single_port = true"
            return StepFailedError(f"{self._name}: {self._where} answered once and sent no data in {seconds:.0f} s (PXE-E32)", fix)
        fix = "is the service running, and does [tftp] port name this port? a firewall must also let the ports of [tftp] ports through"
        text = f"{self._name}: no answer from {self._where} in {seconds:.0f} s (a machine shows PXE-E32)"
        return StepFailedError(text, fix, source="RFC 1350; PXE-E32 is a TFTP open timeout")


@dataclass(frozen=True, slots=True)
class _Packets:
    types: Any
    factory: Any
    error: type[Exception]


def _packets() -> _Packets:
    import tftpy
    from tftpy import TftpPacketTypes
    from tftpy.TftpPacketFactory import TftpPacketFactory

    logging.getLogger("tftpy").setLevel(logging.CRITICAL + 1)
    return _Packets(TftpPacketTypes, TftpPacketFactory(), tftpy.TftpException)
