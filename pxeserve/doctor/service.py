"""The service's own processes and its unit: whether every child is there and stays, and what a sandbox takes from them.

Sources: docs/architecture.md, "Processes"; systemd.exec(5).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pxeserve.config import Config
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.proc import Process, processes

_YOUNG, _OLD = 60.0, 600.0
"""Seconds: a child as young as the first under a parent as old as the second was started again."""

_GONE = Fault(
    "child-gone",
    Grade.STOPS,
    "the child {child} is not running",
    "{what} is not answered until it is back; the parent starts it again by itself, at longer and longer intervals",
    "the service's log says why it ended: journalctl -u pxeserve | grep {child}",
)
_AGAIN = Fault(
    "child-restarted",
    Grade.HARMS,
    "the child {child} was started {seconds} s ago, the service {hours} h ago",
    "it ended by itself or was killed as stuck: what it was at was cut off",
    "the service's log says why: journalctl -u pxeserve | grep {child}; a reload does that as well, and then nothing is wrong",
)
_PRIVATE_NETWORK = Fault(
    "private-network",
    Grade.STOPS,
    "the unit {unit} has PrivateNetwork=yes",
    "the service sees loopback alone",
    "systemctl edit {unit}: [Service] PrivateNetwork=no",
)
_FAMILIES = Fault(
    "address-families",
    Grade.HARMS,
    "the unit {unit} allows address families {families}, without {missing}",
    "without AF_PACKET machines are answered by broadcast alone; without AF_UNIX or AF_INET nothing works",
    "systemctl edit {unit}: [Service] RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_PACKET AF_NETLINK",
)
_PROTECTED = Fault(
    "read-only-system",
    Grade.STOPS,
    "the unit {unit} makes the system read-only (ProtectSystem={protect}), and {data} is not among its ReadWritePaths",
    "the service cannot write its state",
    "systemctl edit {unit}: [Service] ReadWritePaths={data}",
)
_BOUND = Fault(
    "capabilities",
    Grade.HARMS,
    "the unit {unit} bounds capabilities without {missing}",
    "ports below 1024 cannot be bound, or machines without an address are answered by broadcast alone, or root cannot be given up",
    "systemctl edit {unit}: [Service] CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW CAP_SETUID CAP_SETGID CAP_CHOWN",
)

_ASKED = ("User", "PrivateNetwork", "RestrictAddressFamilies", "ProtectSystem", "ReadWritePaths", "StateDirectory", "CapabilityBoundingSet")
"""The properties of a unit that matter here."""

_WORK = {
    "worker": "the record",
    "dhcp": "DHCP",
    "tftp": "TFTP",
    "provision": "HTTP for machines",
    "console": "pages, API and the command line",
    "ftp": "FTP",
    "nfs": "NFS",
}


def children(config: Config) -> list[str]:
    """Those that this configuration has."""
    wanted = {"dhcp": config.dhcp.mode != "off", "ftp": config.ftp.enabled, "nfs": config.nfs.keeps_ganesha}
    return [name for name in _WORK if wanted.get(name, True)]


@dataclass(frozen=True, slots=True)
class Member:
    """One process of the service: `pid` is None for a child that should be there and is not. `seconds` since it began; `memory` in
    bytes."""

    name: str
    work: str
    pid: int | None
    seconds: float | None = None
    memory: int | None = None


def family(root: Path, config: Config) -> list[Member]:
    """The parent and the children that this configuration has, as they run now; empty when no service runs with this data folder."""
    parent = _parent(config.server.data)
    if parent is None or not _stat(root, parent):
        return []
    mine = {one.name: one.pid for one in processes(root) if _parent_of(root, one.pid) == parent}
    wanted = [("parent", "all others", parent), *((name, _WORK[name], mine.get(f"pxe-{name}")) for name in children(config))]
    return [Member(name, work, pid, *_figures(root, pid)) for name, work, pid in wanted]


def _figures(root: Path, pid: int | None) -> tuple[float | None, int | None]:
    """How long a process has run, and what it holds in memory (field 22 and 24 of proc(5))."""
    fields = _stat(root, pid) if pid is not None else []
    if len(fields) < 22:
        return None, None
    up = float((root / "proc/uptime").read_text().split()[0])
    return up - int(fields[19]) / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def look(around: Around) -> Seen:
    """The children of the process that holds the data folder, then its unit."""
    if not around.serving:
        yield Blind("no service runs with this data folder, so it has no processes to look at", "pxeserve serve")
        return
    parent = _parent(around.data)
    if parent is None:
        yield Blind("the service's parent process cannot be told from outside", "sudo pxeserve doctor")
        return
    mine = {one.name: one for one in processes(around.root) if _parent_of(around.root, one.pid) == parent}
    for name in children(around.config):
        child = mine.get(f"pxe-{name}")
        if child is None:
            yield _GONE.found(name, child=name, what=_WORK[name])
        else:
            yield from _age(around.root, name, child, parent)
    yield from _unit(around, parent)


def _parent(data: Path) -> int | None:
    """The pid that lies in the lock."""
    with suppress(OSError, ValueError):
        return int((data / "run" / "pxeserve.lock").read_text()[:20])
    return None


def _stat(root: Path, pid: int) -> list[str]:
    """Fields of proc(5) from the third on."""
    with suppress(OSError):
        return (root / f"proc/{pid}/stat").read_text(errors="replace").rsplit(")", 1)[-1].split()
    return []


def _parent_of(root: Path, pid: int) -> int | None:
    fields = _stat(root, pid)
    return int(fields[1]) if len(fields) > 1 else None


def _age(root: Path, name: str, child: Process, parent: int) -> Iterator[Finding]:
    up = (root / "proc/uptime").read_text().split()[0]
    ticks = os.sysconf("SC_CLK_TCK")
    began = [_stat(root, pid) for pid in (child.pid, parent)]
    if any(len(fields) < 20 for fields in began):
        return
    young, old = (float(up) - int(fields[19]) / ticks for fields in began)
    if young < _YOUNG and old > _OLD:
        yield _AGAIN.found(name, child=name, seconds=f"{young:.0f}", hours=f"{old / 3600:.1f}")


def _unit(around: Around, parent: int) -> Iterator[Finding]:
    """What systemd takes from the unit that the parent runs in."""
    unit = next((one.unit for one in processes(around.root) if one.pid == parent), "")
    if not unit.endswith(".service"):
        return
    told = around.run(["systemctl", "show", unit, "--property", ",".join(_ASKED)])
    if told.status != 0:
        return
    yield from judge_unit(unit, dict(line.partition("=")[::2] for line in told.out.splitlines()), around.data)


def judge_unit(unit: str, said: dict[str, str], data: Path) -> Iterator[Finding]:
    """What `systemctl show` says of a unit, and what that means here."""
    if said.get("PrivateNetwork") == "yes":
        yield _PRIVATE_NETWORK.found(unit, unit=unit)
    families = said.get("RestrictAddressFamilies", "").split()
    if families and not families[0].startswith("~"):
        missing = [name for name in ("AF_INET", "AF_UNIX", "AF_PACKET") if name not in families]
        if missing:
            yield _FAMILIES.found(unit, unit=unit, families=" ".join(families), missing=", ".join(missing))
    allowed = [Path(path.lstrip("-+")) for path in said.get("ReadWritePaths", "").split()]
    allowed += [Path("/var/lib", name) for name in said.get("StateDirectory", "").split()]
    if said.get("ProtectSystem") == "strict" and not any(data.is_relative_to(path) for path in allowed):
        yield _PROTECTED.found(unit, unit=unit, protect="strict", data=data)
    capabilities = said.get("CapabilityBoundingSet", "").split()
    given_up = () if said.get("User", "root") not in ("", "root") else ("cap_setuid", "cap_setgid")
    lacking = [name for name in ("cap_net_bind_service", "cap_net_raw", *given_up) if name not in capabilities]
    if capabilities and lacking:
        yield _BOUND.found(unit, unit=unit, missing=", ".join(lacking))


CHECK = Check(
    "service",
    "the service's children, those that were started again, and what systemd's sandbox takes from its unit",
    "docs/architecture.md; systemd.exec(5)",
    (_GONE, _AGAIN, _PRIVATE_NETWORK, _FAMILIES, _PROTECTED, _BOUND),
    look,
)
