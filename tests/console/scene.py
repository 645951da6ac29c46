"""A site in the midst of its day, laid into a store as the service itself leaves it: three racks, some hosts well, some on their way, some
not. For tests of what pages show, and for looking at them."""

from __future__ import annotations

import time
from typing import Any

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import InstallState
from pxeserve.domain.medium import BootFiles, Medium
from pxeserve.store import Store, discovered, installs, inventory, media, times
from pxeserve.store import events as record
from pxeserve.store import tables as t
from pxeserve.store.discovered import Machine
from pxeserve.store.media import FileRow
from pxeserve.store.times import TimeRow

HOUR = 3600.0
HOSTILE = "<script>alert(1)</script>"
"""What a machine may say of itself; it must never be markup."""
UUID = "4c4c4544-0042-3510-8058-b4c04f4e4b32"
WHY = {"weight": "chose", "code": "armed", "text": "it is armed", "source": "install"}


class Player:
    """One host, and what it does; `at` moves on."""

    def __init__(self, store: Store, name: str, mac: str, ago: float) -> None:
        self.store, self.name, self.mac = store, name, mac
        self.at = time.time() - ago
        self.install = f"i-{name}"
        self._rows: list[dict[str, Any]] = []

    def does(self, after: float, kind: str, session: str | None = None, text: str = "", **data: Any) -> Player:
        """One thing that the record is told of, `after` seconds."""
        self.at += after
        mac = None if kind.startswith("install.") else self.mac
        self._rows.append({
            "at": self.at, "kind": kind, "host": self.name, "mac": mac, "address": "10.77.0.9", "install": self.install, "session": session,
            "text": text, "data": data, "outbox_id": None, "steady": self.at,
        })  # fmt: skip
        return self

    def armed(self, **more: Any) -> Player:
        """Armed at `at`."""
        with self.store.site.write() as connection:
            host = inventory.host(connection, self.name)
            assert host is not None
            values: dict[str, Any] = {
                "id": self.install, "host_id": host.id, "rehearsal_mac": None, "mode": "fresh", "interactive": False,
                "wants_answerfile": True, "state": "armed", "version": 0, "armed_by": "anna", "armed_at": self.at, "armed_boot_id": "x",
                "armed_boottime": 0.0, "expires": self.at + HOUR, "medium": "xcp83", "medium_revision": "r", **more,
            }  # fmt: skip
            connection.execute(t.install.insert().values(**values))
        return self.does(0, "install.armed", mode="fresh", medium="xcp83", by="anna")

    def becomes(self, state: InstallState, **more: Any) -> Player:
        """A transition."""
        with self.store.site.write() as connection:
            row = installs.by_id(connection, self.install)
            assert row is not None
            installs.advance(connection, row, {"state": state, **more})
        return self.does(0, f"install.{state}", because=more.get("ended_because", ""))

    def boots(self) -> Player:
        """From its DISCOVER to the RAM disk."""
        self.does(40, "dhcp.discover", vendor_class="PXEClient:Arch:00000", arch=0).does(0.1, "dhcp.offer", "s", file="b/s/d/pxelinux.0")
        self.does(0.9, "dhcp.ack", "s", file="b/s/d/pxelinux.0")
        self.tftp(1, "pxelinux.0", 42_000, 0.4).does(1, "boot.menu", "s", target="installer", because=[WHY])
        self.tftp(0.2, "pxelinux.cfg/01-52-54-00-77-00-01", 500, 0.05)
        self.tftp(1, "m/xcp83/boot/xen.gz", 1_200_000, 1.0).tftp(21, "m/xcp83/install.img", 41_000_000, 20.0)
        return self.becomes(InstallState.BOOTING)

    def tftp(self, after: float, name: str, size: int, seconds: float) -> Player:
        """One file."""
        return self.does(after, "tftp.transfer", "s", file=f"b/s/d/{name}", outcome="done", bytes=size, seconds=seconds)

    def answers(self) -> Player:
        """The installer asks for its address and gets its answerfile."""
        self.does(31, "dhcp.discover").does(0.5, "dhcp.ack").does(2, "http.answerfile", outcome="delivered", bytes=1900)
        self.becomes(InstallState.ANSWERED, delivered_at=self.at)
        return self.does(4, "http.script", name="hook", bytes=90).does(0.1, "http.progress", stage="installation-start")

    def fetches(self, packages: int, of: int = 60) -> Player:
        """Packages."""
        self.becomes(InstallState.INSTALLING)
        self.does(1, "http.file", medium="xcp83", path="repodata/repomd.xml", outcome="done", bytes=3000, seconds=0.0)
        self.at += 18
        for number in range(1, packages + 1):
            package = {"path": f"Packages/package-{number}.rpm", "package": number, "packages": of, "bytes": 9_000_000}
            self.does(1.5, "http.file", medium="xcp83", outcome="done", seconds=0.4, **package)
        return self

    def ends(self) -> Player:
        """Done, and back from its own disk."""
        self.does(55, "http.progress", stage="filesystem-populated").does(5, "http.progress", stage="installation-complete")
        self.becomes(InstallState.DONE, ended_at=self.at, ended_because="the installer reported done")
        self.does(0, "http.progress", stage="done")
        self.does(80, "dhcp.discover", vendor_class="PXEClient:Arch:00000", arch=0).does(0.1, "dhcp.offer", "t", file="b/t/d/pxelinux.0")
        return self.does(1, "boot.menu", "t", target="own-disk", because=[WHY]).does(42, "dhcp.discover").does(0.1, "dhcp.ack")

    def told(self) -> Player:
        """Write the record."""
        with self.store.events.write() as connection:
            record.add(connection, self._rows)
        self._rows = []
        return self


def furnish(store: Store) -> None:
    """Lay it all down."""
    with store.site.write() as connection:
        boot = BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")
        medium = Medium("xcp83", "xcp83@r", "xcp", "XCP-ng", "8.3.0", "", "xcp-8.3", "r", boot)
        media.add(connection, medium, [FileRow("boot/xen.gz", -1, "boot", 1000, "", "0" * 64)], "sample", time.time())
        inventory.put_profile(connection, Profile("pool", "xcp83", None, {"primary-disk": "sda", "timezone": "Europe/London"}))
        for rack, count in (("R1", 16), ("R2", 12), ("R3", 20)):
            for number in range(1, count + 1):
                mac = f"52:54:00:77:{rack[1:].zfill(2)}:{number:02x}"
                tags = ("prod",) if number % 3 else ("prod", "gpu")
                inventory.put_host(connection, Host(0, f"xen-{rack.lower()}-{number:02}", (mac,), "pool", rack=rack, tags=tags))
        inventory.put_host(connection, Host(0, "spare-01", ("52:54:00:77:99:01",), "pool"))
    for number in range(1, 13):
        player(store, "R1", number, 5000 + 40 * number).armed().boots().answers().fetches(60).ends().told()
    _measured(store)
    player(store, "R1", 13, 250).armed().boots().answers().fetches(34).told()
    player(store, "R1", 14, 200).armed().boots().answers().fetches(12).told()
    player(store, "R1", 15, 75).armed().boots().told()
    player(store, "R1", 16, 20).armed().told()
    player(store, "R2", 1, 3000).armed().boots().told()  # its RAM disk came, then silence
    failed = player(store, "R2", 2, 2500).armed().boots().answers().fetches(41)
    failed.does(2, "http.progress", stage="failed")
    failed.becomes(InstallState.FAILED, ended_at=failed.at, ended_because="the installer ended with 1").told()
    player(store, "R2", 3, 3 * HOUR).armed().told()
    player(store, "R2", 4, 1500).armed().told()  # armed, and nothing was heard
    strange = player(store, "R2", 5, 900).armed().does(5, "install.alarm", because=f"10.77.0.66 asked for it, {HOSTILE}")
    strange.becomes(InstallState.FROZEN).told()
    with store.events.write() as connection:
        now = time.time()
        discovered.put(connection, [
            Machine("02:00:00:00:00:07", now - 600, now - 60, 3, "PXEClient:Arch:00007:UNDI:003016", 7, UUID),
            Machine("02:00:00:00:00:08", now - 900, now - 90, 1, HOSTILE, 0, None, hostname="<b>bold</b>", circuit="ge-0/0/7"),
        ], 1000)  # fmt: skip


def player(store: Store, rack: str, number: int, ago: float) -> Player:
    """The host of that number in the rack, `ago` seconds before now."""
    return Player(store, f"xen-{rack.lower()}-{number:02}", f"52:54:00:77:{rack[1:].zfill(2)}:{number:02x}", ago)


def _measured(store: Store) -> None:
    """The durations of earlier installations, as the worker keeps them."""
    stages = {
        "address": 1.2, "loader": 2.5, "kernel": 20.0, "installer boots": 28.0, "installer's address": 3.0, "answerfile": 4.0,
        "installation-start": 2.0, "repository": 1.0, "disks": 15.0, "packages": 82.0, "configuration": 50.0, "filesystem-populated": 5.0,
        "installation-complete": 1.0, "restart": 75.0, "own disk": 40.0,
    }  # fmt: skip
    with store.events.write() as connection:
        for number in range(1, 13):
            host = f"xen-r1-{number:02}"
            times.put(connection, TimeRow(f"i-{host}", host, "pool", time.time() - 4000 + number, True, stages))
