"""Faults of the machine: clock, disk, rights, containers, the service and its unit."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pxeserve.doctor import clock, disk, service
from pxeserve.doctor.check import Seen
from pxeserve.store import Store
from tests.doctor.conftest import NOW, Make, eth0
from tests.doctor.shown import Shown, looked, told

shows = Shown()


@shows("clock/year", "clock/not-synchronised")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return clock.judge(1_000_000.0, False)


@shows("clock-record/set-back")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, {"kind": "dhcp.ack", "at": NOW + 4000})
    return looked("clock-record", make(store=store))


def room(**more: int) -> os.statvfs_result:
    size = {"bsize": 4096, "frsize": 4096, "blocks": 1 << 22, "bfree": 1 << 21, "bavail": 1 << 21, "files": 0, "ffree": 0, "favail": 0}
    return os.statvfs_result((*{**size, "flag": 0, "namemax": 255, **more}.values(),))


@shows("disk/full")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return disk.judge_room(folder, room(bavail=100))


@shows("disk/scarce")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return disk.judge_room(folder, room(bavail=1 << 17))


@shows("disk/slow-sync")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return disk.judge_sync(folder, 0.2)


def mounted(make: Make, kind: str) -> Seen:
    around = make()
    around.data.mkdir(exist_ok=True)
    (around.root / "proc/self").mkdir()
    (around.root / "proc/self/mountinfo").write_text(f"21 1 8:1 / / rw - ext4 /dev/sda1 rw\n22 21 0:9 / {around.data} rw - {kind} far rw\n")
    return looked("disk", around)


@shows("disk/network-disk")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return mounted(make, "nfs4")


@shows("disk/fleeting-disk")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return mounted(make, "tmpfs")


@shows("permissions/no-user")
def _(make: Make, store: Store, folder: Path) -> Seen:
    if os.geteuid() != 0:
        pytest.skip("only root has somebody to become")
    return looked("permissions", make(config={"server": {"user": "nobody-of-that-name"}}))


@shows("permissions/owner", "permissions/out-of-reach", "permissions/secret-open", "permissions/unreadable", "permissions/denied")
def _(make: Make, store: Store, folder: Path) -> Seen:
    if os.geteuid() != 0:
        pytest.skip("files of another user are made by root alone")
    around = make(config={"server": {"user": "nobody"}})
    (folder / "data").chmod(0o700)
    folder.chmod(0o700)
    for name in ("keys", "media"):
        (around.data / name).mkdir(mode=0o755)
    (around.data / "keys/seal.key").write_bytes(bytes(32))
    (around.data / "keys/seal.key").chmod(0o644)
    (around.data / "media/closed").touch(0o600)
    (around.root / "sys/fs/selinux").mkdir(parents=True)
    (around.root / "sys/fs/selinux/enforce").write_text("1")
    (around.root / "var/log/audit").mkdir(parents=True)
    denied = 'type=AVC msg=audit(1): avc:  denied  { read } for  pid=7 comm="pxe-tftp" name="body"\n'
    (around.root / "var/log/audit/audit.log").write_text(denied)
    return looked("permissions", around)


@shows("container/desktop", "container/bridge", "container/capability")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(eth0("172.18.0.2/16"), privileged=True)
    (around.root / ".dockerenv").touch()
    (around.root / "proc/sys/kernel").mkdir(parents=True)
    (around.root / "proc/sys/kernel/osrelease").write_text("6.6.31-linuxkit\n")
    (around.root / "proc/self").mkdir()
    (around.root / "proc/self/status").write_text("CapBnd:\t0000000000000400\n")
    return looked("container", around)


@shows("container/bridge-ports")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(eth0("172.18.0.2/16"), address="10.77.0.1")
    (around.root / ".dockerenv").touch()
    return looked("container", around)


def process(root: Path, pid: int, name: str, parent: int, began: int) -> None:
    (root / f"proc/{pid}").mkdir(parents=True)
    (root / f"proc/{pid}/comm").write_text(name)
    (root / f"proc/{pid}/stat").write_text(f"{pid} ({name}) S {parent} " + "0 " * 17 + f"{began} 0\n")


@shows("service/child-gone", "service/child-restarted")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(serving=True)
    (around.data / "run").mkdir(parents=True)
    (around.data / "run/pxeserve.lock").write_text("10\n")
    ticks = os.sysconf("SC_CLK_TCK")
    (around.root / "proc/uptime").write_text("10000.0 1.0\n")
    process(around.root, 10, "pxeserve", 1, 100 * ticks)
    for number, name in enumerate(("worker", "dhcp", "tftp", "provision")):
        process(around.root, 11 + number, f"pxe-{name}", 10, (9990 if name == "tftp" else 101) * ticks)
    return looked("service", around)


@shows("service/private-network", "service/address-families", "service/read-only-system", "service/capabilities")
def _(make: Make, store: Store, folder: Path) -> Seen:
    said = {
        "PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_INET AF_UNIX", "ProtectSystem": "strict", "ReadWritePaths": "/srv",
        "CapabilityBoundingSet": "cap_net_bind_service",
    }  # fmt: skip
    return service.judge_unit("pxeserve.service", said, folder)
