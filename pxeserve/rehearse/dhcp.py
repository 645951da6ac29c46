"""The rehearsal's DHCP client: says what a card's ROM says. How its messages travel is the channel's business.

Builds and reads packets with scapy, a second opinion on the server's own codec. scapy is GPL-2.0-only and slow to import: it is
imported here alone, when a rehearsal begins, and never where machines are served.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pxeserve.errors import PxeserveError
from pxeserve.rehearse.channel import NOBODY, Channel
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.step import StepFailedError

WAITS = (1.0, 2.0, 4.0)
"""Seconds for which each try waits for an answer."""

_ASKED = bytes((1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203))
_IPXE = bytes.fromhex("b10501808610 0eeb03010000 170101 220101 130101 110101 270101 190101 290101 210101 150101 180101")
"""Option 175: built with HTTP, multiboot and the rest, as Debian's is."""

_FIRMWARE: dict[str, tuple[int, bytes, bool]] = {
    "bios": (0, b"PXEClient:Arch:00000:UNDI:002001", False),
    "uefi-ia32": (6, b"PXEClient:Arch:00006:UNDI:003000", False),
    "uefi-x64": (7, b"PXEClient:Arch:00007:UNDI:003000", False),
    "uefi-arm64": (11, b"PXEClient:Arch:00011:UNDI:003000", False),
    "uefi-http": (16, b"HTTPClient:Arch:00016:UNDI:003000", False),
    "uefi-http-arm64": (19, b"HTTPClient:Arch:00019:UNDI:003000", False),
    "ipxe": (0, b"PXEClient:Arch:00000:UNDI:002001", True),
    "ipxe-uefi": (7, b"PXEClient:Arch:00007:UNDI:003010", True),
}
"""Architecture, vendor class, and whether it says that it is iPXE: as captured from iPXE 1.0.0 (2019) and OVMF 2022.11."""


def _rom(firmware: str) -> tuple[tuple[int, bytes], ...]:
    """What a machine's firmware sends besides its UUID."""
    arch, vendor, ipxe = _FIRMWARE[firmware]
    undi = b"\x01\x02\x01" if arch == 0 else b"\x01\x03\x00"
    own = ((77, b"iPXE"), (175, _IPXE)) if ipxe else ()
    return ((57, (1472).to_bytes(2)), (93, arch.to_bytes(2)), (94, undi), (60, vendor), *own, (55, _ASKED))


_INSTALLER: tuple[tuple[int, bytes], ...] = ((57, (576).to_bytes(2)), (55, bytes((1, 3, 6, 12, 15, 28, 42))), (60, b"udhcp 1.2.2"))
"""What the DHCP client of an installer's RAM disk sends (busybox)."""

_OTHER = IPv4Address("192.0.2.67")
"""The server that is said to have given the address; nobody's (RFC 5737)."""

_SILENCE_FIX = "pxeserve events --ignored names the reason why a packet was ignored; look at [[dhcp.subnet]] too"


@dataclass(frozen=True, slots=True)
class Lease:
    """An ACK: the address, who gave it, and the boot file's name, or "" when it names none."""

    address: IPv4Address
    server: IPv4Address
    seconds: int
    boot_file: str
    next_server: IPv4Address


class DhcpClient:
    """One simulated card. Use as a context manager, which closes the channel; `release` gives the address back."""

    def __init__(self, plan: Plan, channel: Channel, waits: Sequence[float] = WAITS, pxe: Channel | None = None) -> None:
        self._plan = plan
        self._channel = channel
        self._pxe = pxe
        self._address = _nobodys(plan)
        self._asked_before = False
        self._waits = waits
        self._scapy = _load()
        self._chaddr = bytes.fromhex(plan.mac.replace(":", ""))
        self._uuid = secrets.token_bytes(16)

    def __enter__(self) -> DhcpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        if self._pxe is not None:
            self._pxe.close()

    def boot(self) -> Lease:
        """DISCOVER to ACK, as firmware. Raises StepFailedError."""
        identity = (*_rom(self._plan.firmware), (97, b"\x00" + self._uuid))
        return self._beside(identity) if self._pxe is not None else self._obtain(identity)

    def _beside(self, identity: Sequence[tuple[int, bytes]]) -> Lease:
        """The course beside another server: the proxy's offer, the other's address (as if it had been given), and port 4011."""
        xid = secrets.randbits(32)
        try:
            offer = self._ask("discover", "offer", xid, identity)
        except StepFailedError as failed:
            if self._asked_before:
                return Lease(self._address, NOBODY, 0, "", NOBODY)  # silence, which leads to its own disk
            raise StepFailedError(failed.why, f"pxeserve explain {self._plan.mac} names the reason; {_SILENCE_FIX}") from None
        self._asked_before = True
        server = self._server(offer)
        taken = (*identity, (54, _OTHER.packed), (50, self._address.packed))
        self._channel.sock.sendto(bytes(self._packet("request", xid, taken)), self._channel.to)
        offer = self._ask("discover", "offer", xid, identity)  # asked behind it on the same way: its answer says that it was heard
        name = self._name(offer)
        if not name:
            assert self._pxe is not None
            relayed, self._channel = self._channel, self._pxe
            try:
                ack = self._ask("request", "ack", xid, (*identity, (54, server.packed)), ciaddr=str(self._address))
            finally:
                self._channel = relayed
            name = self._name(ack)
        return Lease(self._address, server, 0, name, server)

    def _name(self, answer: Any) -> str:
        name = self._options(answer).get(67, b"").rstrip(b"\0") or bytes(answer.file).rstrip(b"\0")
        return name.decode("utf-8", "replace")

    def configure(self) -> Lease:
        """DISCOVER to ACK, as the installer does once it runs; beside another server that one would answer, and is not asked."""
        if self._pxe is not None:
            return Lease(self._address, NOBODY, 0, "", NOBODY)
        return self._obtain(_INSTALLER)

    def release(self, lease: Lease) -> None:
        """Give the address back; nobody answers that (RFC 2131 section 4.4.6)."""
        if self._pxe is not None:
            return
        packet = self._packet("release", secrets.randbits(32), ((54, lease.server.packed),), ciaddr=str(lease.address))
        self._channel.sock.sendto(bytes(packet), self._channel.to)

    def _obtain(self, identity: Sequence[tuple[int, bytes]]) -> Lease:
        xid = secrets.randbits(32)
        offer = self._ask("discover", "offer", xid, identity)
        address, server = IPv4Address(offer.yiaddr), self._server(offer)
        if int(address) == 0:
            raise StepFailedError("the offer holds no address", "in proxy mode another DHCP server gives the addresses")
        chosen = (*identity, (54, server.packed), (50, address.packed))
        ack = self._ask("request", "ack", xid, chosen)
        if IPv4Address(ack.yiaddr) != address:
            raise StepFailedError(f"{address} was offered and {ack.yiaddr} was acknowledged")
        options = self._options(ack)
        return Lease(address, server, int.from_bytes(options.get(51, b"")), self._name(ack), IPv4Address(ack.siaddr))

    def _ask(self, kind: str, wanted: str, xid: int, options: Sequence[tuple[int, bytes]], ciaddr: str = str(NOBODY)) -> Any:
        """Send a message until its answer comes. Raises StepFailedError when none does, or a NAK."""
        data = bytes(self._packet(kind, xid, options, ciaddr))
        where = f"UDP port {self._channel.to[1]} of {self._channel.to[0]}"
        for wait in self._waits:
            self._channel.sock.settimeout(wait)
            try:
                self._channel.sock.sendto(data, self._channel.to)
                answer = self._answer(xid)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                raise StepFailedError(f"nothing listens on {where}", "start the service, or look at [dhcp] port and mode") from None
            except OSError as error:
                raise StepFailedError(f"{where} cannot be reached: {error.strerror}") from None
            said = self._options(answer).get(53, b"\0")[0]
            if said == _CODES[wanted]:
                return answer
            if said == _CODES["nak"]:
                text = self._options(answer).get(56, b"").decode("utf-8", "replace")
                raise StepFailedError(f"the server refused the address: {text}", "pxeserve dhcp leases shows who holds it")
            raise StepFailedError(f"the server answered {kind} with message type {said}")
        tries = len(self._waits)
        raise StepFailedError(f"{where} answered none of {tries} {kind.upper()}s in {sum(self._waits):.0f} s", _SILENCE_FIX)

    def _answer(self, xid: int) -> Any:
        while True:
            answer = self._scapy.BOOTP(self._channel.sock.recv(4096))
            if answer.op == 2 and answer.xid == xid and bytes(answer.chaddr)[:6] == self._chaddr:
                return answer

    def _packet(self, kind: str, xid: int, options: Sequence[tuple[int, bytes]], ciaddr: str = str(NOBODY)) -> Any:
        through = self._channel if kind != "release" else None
        head = self._scapy.BOOTP(
            op=1, htype=1, hlen=6, hops=int(bool(through and through.agent)), xid=xid, flags=0x8000 if self._channel.broadcast else 0,
            ciaddr=ciaddr, chaddr=self._chaddr.ljust(16, b"\0"), giaddr=str(through.relay if through else NOBODY),
        )  # fmt: skip
        agent = ((82, through.agent),) if through and through.agent else ()
        listed = ((53, bytes((_CODES[kind],))), *options, (61, b"\x01" + self._chaddr), *agent)
        return head / self._scapy.DHCP(options=[*listed, "end"])

    def _options(self, answer: Any) -> dict[int, bytes]:
        """The options by number, each as its bytes."""
        found: dict[int, bytes] = {}
        for option in answer[self._scapy.DHCP].options if self._scapy.DHCP in answer else ():
            if isinstance(option, tuple):
                code = option[0] if isinstance(option[0], int) else self._scapy.codes.get(option[0], 0)
                found[code] = b"".join(_raw(value, code) for value in option[1:])
        return found

    def _server(self, offer: Any) -> IPv4Address:
        value = self._options(offer).get(54, b"")
        if len(value) != 4:
            raise StepFailedError("the offer names no server (option 54)")
        return IPv4Address(value)


_CODES = {"discover": 1, "offer": 2, "request": 3, "decline": 4, "ack": 5, "nak": 6, "release": 7, "inform": 8}


@dataclass(frozen=True, slots=True)
class _Scapy:
    BOOTP: Any
    DHCP: Any
    codes: dict[str, int]


def _nobodys(plan: Plan) -> IPv4Address:
    """An address for a machine beside another server, which nobody has: loopback's, or of the network for benchmarks (RFC 2544)."""
    base = IPv4Address("127.79.0.0") if plan.server.is_loopback else IPv4Address("198.18.0.0")
    return base + 1 + secrets.randbelow(65_000)


def _load() -> _Scapy:
    try:
        import logging

        logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
        from scapy.layers.dhcp import BOOTP, DHCP, DHCPRevOptions
    except ImportError:
        fix = "pip install 'pxeserve[rehearse]' into the environment that pxeserve runs from"
        raise PxeserveError("a rehearsal needs scapy, which is not installed", code="refused", fix=fix) from None
    return _Scapy(BOOTP, DHCP, {name: value[0] for name, value in DHCPRevOptions.items()})


def _raw(value: Any, code: int) -> bytes:
    """One value of an option, as scapy decoded it, back as bytes."""
    match value:
        case bytes():
            return value
        case int():
            return value.to_bytes(1 if code == 53 else 4)
        case str():
            try:
                return IPv4Address(value).packed
            except ValueError:
                return value.encode()
    return b""
