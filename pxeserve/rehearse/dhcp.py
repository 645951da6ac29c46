"""The rehearsal's DHCP client: says what a card's ROM says. How its messages travel is the channel's business.

Builds and reads packets with scapy, a second opinion on the server's own codec. scapy is GPL-2.0-only and slow to import: it is
imported here alone, when a rehearsal begins, and never where machines are served.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pxeserve.domain.client import Firmware
from pxeserve.errors import PxeserveError
from pxeserve.rehearse.channel import NOBODY, Channel
from pxeserve.rehearse.firmware import INSTALLER, SPEECH, Options
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.step import StepFailedError
from pxeserve.timeline.steps import Step as Stage

WAITS = (1.0, 2.0, 4.0)
"""Seconds for which each try waits for an answer."""

_SILENT = (1.0, 1.0)
"""The same where silence is what is hoped for: an idle machine beside another server is answered at once or not at all."""

_PAUSE = 0.5
"""Seconds before a machine beside another server goes on: iPXE takes one, OVMF four. The server stores meanwhile what it overheard."""

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


OpenPxe = Callable[[IPv4Address, int], Channel]
"""Opens the way to port 4011 for a machine with this address that asks from this port."""


class DhcpClient:
    """One simulated card. Use as a context manager, which closes the channel; `release` gives the address back. `pxe` is the way to port
    4011, for a machine beside another server."""

    def __init__(self, plan: Plan, channel: Channel, waits: Sequence[float] = WAITS, pxe: OpenPxe | None = None) -> None:
        self._plan = plan
        self._channel = channel
        self._pxe = pxe
        self._address = _nobodys(plan)
        self._asking: Channel | None = None
        self._asked_before = False
        self.others: set[IPv4Address] = set()
        """Other servers that made an offer too."""
        self._waits = waits
        self._scapy = _load()
        self._chaddr = bytes.fromhex(plan.mac.replace(":", ""))
        self._uuid = secrets.token_bytes(16)

    def __enter__(self) -> DhcpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        if self._asking is not None:
            self._asking.close()

    def boot(self, firmware: Firmware | None = None) -> Lease:
        """DISCOVER to ACK, as the plan's firmware or as a loader that asks again. Raises StepFailedError."""
        chosen = firmware or Firmware(self._plan.firmware)
        return self._beside(chosen, self._pxe) if self._pxe is not None else self._obtain(chosen)

    def _beside(self, firmware: Firmware, pxe: OpenPxe) -> Lease:
        """The course beside another server: the proxy's offer, the other's address (as if it had been given), and port 4011."""
        speech, xid = SPEECH[firmware], secrets.randbits(32)
        asks = speech.discover(self._uuid, self._chaddr)
        waits = _SILENT if self._asked_before and firmware == self._plan.firmware else self._waits
        try:
            offer = self._ask("discover", "offer", xid, asks, waits=waits, broadcast=speech.broadcast)
        except StepFailedError as failed:
            if self._asked_before:
                return Lease(self._address, NOBODY, 0, "", NOBODY)  # silence, which leads to its own disk
            fix = f"pxeserve explain {self._plan.mac} names the reason; {_SILENCE_FIX}"
            raise StepFailedError(failed.why, fix, stage=Stage.OFFERED, source=failed.source) from None
        self._asked_before = True
        server = self._server(offer)
        taken = speech.request(self._uuid, self._chaddr, _OTHER.packed, self._address.packed)
        self._send(self._packet("request", xid, taken, broadcast=speech.broadcast))
        offer = self._ask("discover", "offer", xid, asks, broadcast=speech.broadcast)  # asked behind it: its answer says that it was heard
        time.sleep(_PAUSE)
        name = self._name(offer)
        if not name:
            if self._asking is None:
                self._asking = pxe(self._address, speech.pxe_port)
            relayed, self._channel = self._channel, self._asking
            try:
                asks = speech.ask_pxe(self._uuid, self._chaddr, server.packed)
                name = self._name(self._ask("request", "ack", xid, asks, ciaddr=str(self._address)))
            finally:
                self._channel = relayed
        return Lease(self._address, server, 0, name, server)

    def _name(self, answer: Any) -> str:
        name = self._options(answer).get(67, b"").rstrip(b"\0") or bytes(answer.file).rstrip(b"\0")
        return name.decode("utf-8", "replace")

    def configure(self) -> Lease:
        """DISCOVER to ACK, as the installer does once it runs; beside another server that one would answer, and is not asked."""
        if self._pxe is not None:
            return Lease(self._address, NOBODY, 0, "", NOBODY)
        own = (*INSTALLER, (61, b"\x01" + self._chaddr))
        return self._take(own, lambda server, address: (*own, (54, server), (50, address)), broadcast=False)

    def release(self, lease: Lease) -> None:
        """Give the address back; nobody answers that (RFC 2131 section 4.4.6)."""
        if self._pxe is not None:
            return
        who = ((54, lease.server.packed), (61, b"\x01" + self._chaddr))
        self._send(self._packet("release", secrets.randbits(32), who, ciaddr=str(lease.address)))

    def _obtain(self, firmware: Firmware) -> Lease:
        speech = SPEECH[firmware]

        def chosen(server: bytes, address: bytes) -> Options:
            return speech.request(self._uuid, self._chaddr, server, address)

        return self._take(speech.discover(self._uuid, self._chaddr), chosen, broadcast=speech.broadcast)

    def _take(self, asks: Options, chosen: Callable[[bytes, bytes], Options], *, broadcast: bool) -> Lease:
        xid = secrets.randbits(32)
        offer = self._ask("discover", "offer", xid, asks, broadcast=broadcast)
        address, server = IPv4Address(offer.yiaddr), self._server(offer)
        if int(address) == 0:
            fix = "in proxy mode another DHCP server gives the addresses"
            raise StepFailedError("the offer holds no address", fix, stage=Stage.OFFERED)
        ack = self._ask("request", "ack", xid, chosen(server.packed, address.packed), broadcast=broadcast)
        if IPv4Address(ack.yiaddr) != address:
            raise StepFailedError(f"{address} was offered and {ack.yiaddr} was acknowledged")
        options = self._options(ack)
        return Lease(address, server, int.from_bytes(options.get(51, b"")), self._name(ack), IPv4Address(ack.siaddr))

    def _ask(
        self, kind: str, wanted: str, xid: int, options: Options, ciaddr: str = str(NOBODY), *,
        waits: Sequence[float] | None = None, broadcast: bool = False,
    ) -> Any:  # fmt: skip
        """Send a message until its answer comes. Raises StepFailedError when none does, or a NAK."""
        packet = self._packet(kind, xid, options, ciaddr, broadcast=broadcast)
        where, stage = f"UDP port {self._channel.to[1]} of {self._channel.to[0]}", _COMES[wanted]
        waits = self._waits if waits is None else waits
        for wait in waits:
            self._channel.sock.settimeout(wait)
            try:
                self._send(packet)
                answer = self._answer(xid)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                fix = "start the service, or look at [dhcp] port and mode"
                raise StepFailedError(f"nothing listens on {where}", fix, stage=stage, source="ICMP port unreachable") from None
            except OSError as error:
                raise StepFailedError(f"{where} cannot be reached: {error.strerror}", stage=stage) from None
            said = self._options(answer).get(53, b"\0")[0]
            if said == _CODES[wanted]:
                return answer
            if said == _CODES["nak"]:
                text = self._options(answer).get(56, b"").decode("utf-8", "replace")
                raise StepFailedError(f"the server refused the address: {text}", "pxeserve dhcp leases shows who holds it")
            raise StepFailedError(f"the server answered {kind} with message type {said}", stage=stage)
        who = f"{', '.join(str(one) for one in sorted(self.others))} answered, and " if self.others else ""
        silent = f"{who}{where} answered none of {len(waits)} {kind.upper()}s in {sum(waits):.0f} s"
        raise StepFailedError(silent, _SILENCE_FIX, stage=stage, source="RFC 2131 section 4.1")

    def _send(self, packet: Any) -> None:
        self._channel.sock.sendto(bytes(packet), self._channel.to)

    def _answer(self, xid: int) -> Any:
        while True:
            answer = self._scapy.BOOTP(self._channel.sock.recv(4096))
            if answer.op != 2 or answer.xid != xid or bytes(answer.chaddr)[:6] != self._chaddr:
                continue
            server = self._options(answer).get(54, b"")
            if self._channel.broadcast and len(server) == 4 and server != self._plan.server.packed:
                self.others.add(IPv4Address(server))  # heard, and left waiting: whose offer a machine takes is chance
                continue
            return answer

    def _packet(self, kind: str, xid: int, options: Options, ciaddr: str = str(NOBODY), *, broadcast: bool = False) -> Any:
        through = self._channel if kind != "release" else None
        head = self._scapy.BOOTP(
            op=1, htype=1, hlen=6, hops=int(bool(through and through.agent)), xid=xid,
            flags=0x8000 if (self._channel.broadcast or broadcast) and ciaddr == str(NOBODY) else 0,
            ciaddr=ciaddr, chaddr=self._chaddr.ljust(16, b"\0"), giaddr=str(through.relay if through else NOBODY),
        )  # fmt: skip
        agent = ((82, through.agent),) if through and through.agent else ()
        return head / self._scapy.DHCP(options=[(53, bytes((_CODES[kind],))), *options, *agent, "end"])

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


_COMES = {"offer": Stage.OFFERED, "ack": Stage.ADDRESS}
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
