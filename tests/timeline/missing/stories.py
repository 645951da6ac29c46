"""Short stories as the record keeps them: each rule of the missing step has one that triggers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pxeserve.store.events import EventRow
from pxeserve.timeline.missing import Known, Next
from pxeserve.timeline.reading import Timeline, read

MAC = "52:54:00:77:00:01"
BASE = 1_800_000_000.0
Said = tuple[str, dict[str, Any], Mapping[str, Any]]

SERVER, PROXY = Known(mode="server", http="http://10.77.0.1"), Known(mode="proxy", http="http://10.77.0.1")
PXELINUX, GRUB, VENDOR, SHIM = "pxelinux.0", "grubx64.efi", "EFI/xenserver/grubx64.efi", "shimx64.efi"


@dataclass(frozen=True)
class Tale:
    """Boots of one card, `gap` seconds apart, each event a second after the last; looked at `quiet` seconds after the end."""

    boots: Sequence[Sequence[Said]]
    known: Known = SERVER
    quiet: float = 7200.0
    gap: float = 20.0
    beside: Sequence[Said] = field(default_factory=tuple)

    def rows(self) -> list[EventRow]:
        ids, at, rows = count(1), BASE, []
        for one in self.beside:
            at += 1
            rows.append(_row(next(ids), at, one, None))
        for number, boot in enumerate(self.boots):
            for one in boot:
                at += 1
                rows.append(_row(next(ids), at, one, f"session{number}"))
            at += self.gap
        return rows

    def read(self) -> Timeline:
        rows = self.rows()
        return read("xen01", rows, max(one.at for one in rows) + self.quiet, self.known)

    def next(self, boot: int = -1) -> Next:
        found = self.read().boots[boot].next
        assert found is not None
        return found


def _row(number: int, at: float, said: Said, session: str | None) -> EventRow:
    kind, data, more = said
    own = session if more.get("session", not kind.startswith(("install.", "http.", "ftp."))) else None
    mac = None if kind.startswith("install.") else MAC
    return EventRow(number, at, kind, "xen01", mac, more.get("address"), "k3d9", own, more.get("text", f"text of {kind}"), data)


def discover(arch: int | None = 0, **data: Any) -> Said:
    """Firmware asks."""
    return "dhcp.discover", {"vendor_class": "PXEClient:Arch", "xid": "1", "arch": str(arch)} | data, {"session": False}


def took(server: str, **data: Any) -> Said:
    """Its REQUEST names another server."""
    return "dhcp.request", {"vendor_class": "PXEClient", "arch": "7", "server": server} | data, {"session": False, "address": "10.0.0.9"}


def offer(file: str = PXELINUX, *, address: str | None = "10.77.0.11") -> Said:
    return "dhcp.offer", {"file": f"b/s/debian/{file}"}, {"address": address}


def ack(file: str = PXELINUX) -> Said:
    return "dhcp.ack", {"file": f"b/s/debian/{file}"}, {"address": "10.77.0.11"}


def tftp(name: str, outcome: str = "done", **data: Any) -> Said:
    figures = {"file": f"b/s/debian/{name}", "outcome": outcome, "bytes": 1000, "size": 1000, "blksize": 1408}
    return "tftp.transfer", figures | data, {}


def miss(name: str, rule: str = "menu: not by MAC") -> Said:
    return tftp(name, "refused:1", bytes=0, rule=rule, screen="PXE-E3B")


def http(name: str, outcome: str = "done", **data: Any) -> Said:
    return "http.boot", {"file": name, "outcome": outcome, "bytes": 1000} | data, {"session": True}


def menu(target: str = "installer", *because: Mapping[str, str]) -> Said:
    return "boot.menu", {"target": target, "because": list(because)}, {}


def refused(code: str, text: str = "a reason") -> Said:
    return "dhcp.refused", {"because": [{"weight": "refused", "code": code, "text": text, "source": "x"}]}, {}


def asks_again(**data: Any) -> Said:
    """An operating system asks for an address."""
    return "dhcp.discover", {"vendor_class": "", "xid": "9"} | data, {"session": False}


def address() -> Said:
    """An operating system is lent one."""
    return "dhcp.ack", {}, {"session": False, "address": "10.77.0.12"}


def answer(outcome: str = "delivered") -> Said:
    return "http.answerfile", {"outcome": outcome, "bytes": 500}, {}


def armed(**data: Any) -> Said:
    order = {"mode": "fresh", "medium": "xcp83", "interactive": False, "by": "root"}
    return "install.armed", order | {"dialect": "xcp-8.3", "disks": ["sda"], "cards": ["eth0"]} | data, {}


def own(word: str, because: str = "a reason") -> Said:
    """Something happens to the install."""
    return f"install.{word}", {"because": because}, {}


def hook() -> Said:
    return "http.script", {"name": "hook", "bytes": 90}, {}


def report(stage: str) -> Said:
    return "http.progress", {"stage": stage}, {}


def job(step: str, state: str = "done") -> Said:
    """The job of its first boot tells how a step stands."""
    return "firstboot.step", {"step": step, "state": state, "because": f"{step}: {state}"}, {}


def job_ends(word: str) -> Said:
    return f"firstboot.{word}", {"step": "x", "because": f"all of it: {word}"}, {}


def file(path: str, outcome: str = "done", **data: Any) -> Said:
    return "http.file", {"medium": "xcp83", "path": path, "outcome": outcome, "status": 200, "bytes": 9, "total": 9} | data, {}


def package(number: int, outcome: str = "done", *, of: int = 9, **data: Any) -> Said:
    return file(f"Packages/{number}.rpm", outcome, package=number, packages=of, **data)


FIRST = (discover(0), offer(), ack())
UEFI = (discover(7), offer(GRUB), ack(GRUB))
LOADED = (*FIRST, tftp(PXELINUX), tftp("ldlinux.c32"))
MENU = (*LOADED, menu(), tftp("pxelinux.cfg/01-52-54-00-77-00-01"))
KERNEL = (*MENU, tftp("m/xcp83/boot/xen.gz"), tftp("m/xcp83/boot/vmlinuz"))
RAM_DISK = (*KERNEL, tftp("m/xcp83/install.img"))
ASKED = (*RAM_DISK, asks_again(), address())
ANSWERED = (*ASKED, own("answered"), answer())
STARTED = (*ANSWERED, hook(), report("installation-start"))
FOUND = (*STARTED, file(".treeinfo"), file("repodata/repomd.xml"))
SOME = (*FOUND, package(1), package(2))
ALL = (*SOME, *(package(number) for number in range(3, 10)))
HOOKED = (*ALL, hook(), report("filesystem-populated"))
DONE = (*HOOKED, own("done"), report("done"))
OWN_DISK = (*LOADED, menu("own-disk"))
