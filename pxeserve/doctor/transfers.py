"""TFTP transfers of the last day that began and never went on: blocks too large for the way, or a firewall between.

Sources: RFC 2348; xcat-core issue 4830 and cobbler issue 3369 (timeouts with nothing in the log); PXE-E32, PXE-E35.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any, NamedTuple

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.store import events as stored

_DAY, _MOST, _LEAST = 86_400.0, 5000, 2
_LARGE = 1024
"""Bytes of a block that a way with a small MTU may not carry in one piece; GRUB's fit everywhere."""

_BLOCKS = Fault(
    "large-blocks",
    Grade.HARMS,
    "{count} transfers to {network} in blocks of up to {blksize} bytes stopped at their first block, and none in blocks of more than "
    "{small} bytes came whole",
    "something on the way carries no packets of that size and says so to nobody; firmware shows PXE-E35 or hangs",
    "give cards, switches and tunnels on the way one MTU, or lower this server's card: ip link set dev {interface} mtu 1400",
)
_NEVER = Fault(
    "never-answered",
    Grade.HARMS,
    "{count} transfers to {network} were answered, and nothing ever came back",
    "answers leave from a port of their own ({ports}): a firewall on the way lets port 69 in and nothing else",
    "let UDP {ports} through both ways, or set [tftp] single_port = true",
)


class Transfer(NamedTuple):
    """What the record says of one transfer: how it ended, the code that firmware shows then, and its blocks, of so many bytes."""

    outcome: str
    screen: str
    blksize: int
    blocks: int


_KEYS = Transfer._fields


def look(around: Around) -> Seen:
    """Transfers by the network of their machine."""
    if around.store is None:
        yield Blind("the record is not at hand")
        return
    wanted = stored.Wanted(kind="tftp.transfer", from_time=around.now - _DAY)
    networks: dict[IPv4Network, list[Transfer]] = {}
    with around.store.events.read() as connection:
        for _, _, address, (outcome, screen, blksize, blocks) in stored.facts(connection, wanted, _KEYS, _MOST):
            network = _network(address)
            if network is not None:
                one = Transfer(str(outcome), str(screen), _number(blksize), _number(blocks))
                networks.setdefault(network, []).append(one)
    for network, those in sorted(networks.items()):
        yield from judge(around, network, those)


def judge(around: Around, network: IPv4Network, rows: list[Transfer]) -> Iterator[Finding]:
    """What the transfers of one network show together."""
    silent = [row for row in rows if row.outcome in ("timeout", "evicted")]
    done = [row for row in rows if row.outcome == "done"]
    never = [row for row in silent if row.screen == "PXE-E32"]
    if len(never) >= _LEAST and not done:
        yield _NEVER.found(str(network), count=len(never), network=network, ports=around.config.tftp.ports)
    large = [row for row in silent if row.screen == "PXE-E35" and row.blksize > _LARGE and row.blocks <= 1]
    if len(large) >= _LEAST and not any(row.blksize > _LARGE for row in done):
        interface = around.networks[0].name if around.networks else "eth0"
        most = max(row.blksize for row in large)
        yield _BLOCKS.found(str(network), count=len(large), network=network, blksize=most, small=_LARGE, interface=interface)


def _number(value: Any) -> int:
    """A whole number, which some databases give as text; 0 for anything else."""
    said = str(value)
    return int(said) if said.isascii() and said.isdigit() else 0


def _network(address: str | None) -> IPv4Network | None:
    try:
        found = IPv4Address(address or "")
    except ValueError:
        return None
    return None if found.is_loopback else IPv4Network(f"{found}/24", strict=False)


CHECK = Check(
    "transfers",
    "TFTP transfers of the last day that stopped at their first block, or were never acknowledged",
    "RFC 2348; PXE 2.1, PXE-E32 and PXE-E35",
    (_BLOCKS, _NEVER),
    look,
    needs_state=True,
)
