"""What real firmware sent on our own wire, decoded and answered: golden text, so that a change in either is seen.

The captures were made by tests/boot with PXESERVE_CAPTURES=FOLDER. Run with REWRITE=1 to write the golden texts anew, and read them.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.boot import table
from pxeserve.boot.entry import Load
from pxeserve.dhcp.classify import Asker
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Boot, Outcome
from pxeserve.dhcp.packet import BOOTREPLY, NONE, Message, Reject, encode, parse
from pxeserve.dhcp.proxy import Proxy
from pxeserve.dhcp.route import Arrival, Local, Ports
from pxeserve.domain.client import Firmware
from pxeserve.domain.decide import Reason, Weight

FOLDER = Path(__file__).parent / "captures"
SERVER = IPv4Address("10.77.0.1")
MAC = "52:54:00:77:00:01"
NAMES = {number: name.lower() for name, number in vars(Code).items() if name.isupper()}


@dataclass
class ByTable:
    """Everybody boots XCP-ng 8.3, by the loader that the table names."""

    mode: str

    def boot(self, asker: Asker, xid: int, address: IPv4Address, now: float) -> Boot:
        firmware = asker.script or asker.client.firmware or Firmware.BIOS
        row = table.row(firmware, Load.XEN, self.mode)
        assert row is not None
        reason = Reason(Weight.CHOSE, "loader", f"{row.because} ({xid}, {address}, {now})", "table of loaders")
        return Boot(f"b/SESSION/SET/{row.file}", (reason,), session="SESSION", http_port=80 if row.http else None)

    def host_of(self, mac: str) -> str | None:
        return "" if mac == "" else None

    def rehearses(self, mac: str) -> bool:
        return mac == ""


def datagrams(path: Path) -> Iterator[tuple[Arrival, bytes]]:
    """What clients sent, in order."""
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    from scapy.layers.inet import IP, UDP
    from scapy.utils import rdpcap

    for packet in rdpcap(str(path)):
        data = bytes(packet[UDP].payload)
        if data[0] == 1:
            where = IPv4Address(packet[IP].dst)
            yield Arrival("eth0", IPv4Address(packet[IP].src), packet[UDP].sport, where), data


def shown(message: Message) -> list[str]:
    """One message, a field a line."""
    lines = [f"  {name} {value}" for name in ("ciaddr", "yiaddr", "siaddr") if (value := getattr(message, name)) != NONE]
    if message.broadcast:
        lines.append("  broadcast")
    if message.file:
        lines.append(f"  file {message.file.decode()}")
    return lines + [f"  {code} {NAMES.get(code, '?')} = {_value(value)}" for code, value in sorted(message.options.items())]


def _value(value: bytes) -> str:
    text = value.rstrip(b"\0")
    return repr(value.decode()) if len(text) > 3 and text.isascii() and text.decode().isprintable() else value.hex(" ")


def answered(outcome: Outcome) -> list[str]:
    """What went back and where to, or why nothing did."""
    if outcome.reply is None:
        return [f"<- nothing: {outcome.ignored}"]
    to = outcome.reply.destination
    back = parse(encode(outcome.reply.message, outcome.reply.limit), BOOTREPLY)
    assert not isinstance(back, Reject)
    assert back.type is not None
    return [f"<- {back.type.name} {to.way} to {to.address}:{to.port} {to.mac}".rstrip(), *shown(back)]


def story(name: str, world: Any) -> str:
    mode = "proxy" if name.endswith("_proxy") else "server"
    booter = ByTable(mode)
    world.lender._booter = booter
    proxy = Proxy(booter, Local({"eth0": SERVER}, frozenset({"eth0"}), Ports()))
    lines: list[str] = []
    seen: set[bytes] = set()
    heard = [(arrival, message) for arrival, data in datagrams(FOLDER / f"{name}.pcap") if isinstance(message := parse(data), Message)]
    heard = [(arrival, message) for arrival, message in heard if message.mac == MAC]  # the server asks too, when it starts
    taken = next(str(message.address(Code.REQUESTED_ADDRESS)) for _, message in heard if message.address(Code.REQUESTED_ADDRESS))
    world.know({MAC: taken})
    for arrival, message in heard:
        alike = repr(sorted(message.options.items())).encode() + bytes(str(arrival), "ascii")
        if alike in seen:
            continue  # asked again, or the next power-on
        seen.add(alike)
        asked_4011 = mode == "proxy" and str(arrival.destination) == str(SERVER) and message.type.name == "REQUEST"
        core = (proxy.receive_pxe if asked_4011 else proxy.receive) if mode == "proxy" else world.lender.receive
        lines += [f"-> {message.type.name} from {arrival.source}:{arrival.port} to {arrival.destination}", *shown(message)]
        lines += [*answered(core(message, arrival, world.now)), ""]
    return "\n".join(lines)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.pcap")))
@pytest.mark.quirk("uefi-asks-4011")
@pytest.mark.quirk("ipxe-asks-again")
@pytest.mark.quirk("http-echo")
def test_what_firmware_sent_is_understood_and_answered(name: str, world: Any) -> None:
    golden = FOLDER / f"{name}.txt"
    told = story(name, world)
    if os.environ.get("REWRITE"):
        golden.write_text(told)
    assert told == golden.read_text()
