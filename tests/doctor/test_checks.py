"""Every fault that the doctor knows is found where it is, and not where it is not. What needs a wire is in test_wire.py."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import insert

from pxeserve.boot import grubimage
from pxeserve.doctor import clock, disk, ports, service
from pxeserve.doctor import servers as dhcp_servers
from pxeserve.doctor.around import Answer, Around
from pxeserve.doctor.check import MOST, Seen, examine
from pxeserve.doctor.finding import Blind, Finding, Grade, State
from pxeserve.doctor.network import Network
from pxeserve.doctor.probe import Heard
from pxeserve.doctor.registry import CHECKS, named
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import BootFiles, Lies, Medium, MediumState
from pxeserve.repo.exported import State as NfsState
from pxeserve.store import Store, inventory
from pxeserve.store import events as stored
from pxeserve.store import loaders as stored_loaders
from pxeserve.store import tables as t
from tests.doctor.conftest import FAR, NOW, SUBNET, Make, eth0

SERVER_MODE = {"dhcp": {"mode": "server", "subnet": [SUBNET]}}
RELAYED = {"dhcp": {"mode": "server", "subnet": [SUBNET, FAR]}}
MAC = "52:54:00:77:00:01"
Scenario = Callable[[Make, Store, Path], Iterable[Finding | Blind]]
SCENARIOS: dict[str, Scenario] = {}


def shows(*keys: str) -> Callable[[Scenario], Scenario]:
    """Marks a function as one that shows these faults, each `check/code`."""

    def mark(scenario: Scenario) -> Scenario:
        for key in keys:
            assert key not in SCENARIOS, key
            SCENARIOS[key] = scenario
        return scenario

    return mark


def looked(name: str, around: Around) -> Seen:
    """What the check sees, mistakes of its own included."""
    (check,) = named([name])
    return check.look(around)


ON_THE_WIRE = {"address/no-way-back", "mtu/small-path", "relays/relay-unreachable", "disk/read-only", "disk/inodes"}
"""Shown in test_wire.py, with real routes and mounts."""


@shows("address/no-interface")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(networks=(Network("eth9", None, None),)))


@shows("address/no-default")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(networks=()))


@shows("address/no-address", "address/down")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("", up=False)))


@shows("address/not-ours")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(address="192.0.2.1"))


@shows("address/loopback")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("127.0.0.1/8", loopback=True)))


@shows("address/link-local")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("169.254.3.4/16")))


@shows("address/bridge")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("172.17.0.2/16")))


@shows("address/other-interface")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0(), replace(eth0("10.88.0.1/24"), name="eth1"), address="10.88.0.1"))


@shows("address/several")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0(), replace(eth0("10.88.0.1/24"), name="eth1"), config={"server": {"interface": None}}))


@shows("address/wrong-subnet")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("10.88.0.1/24"), config=SERVER_MODE))


def heard(address: str = "10.77.0.2", **more: Any) -> Heard:
    given = {"server_id": IPv4Address(address), "mac": "52:54:00:00:00:02", "lends": True, "pxe": False, "next_server": "", "boot_file": ""}
    return Heard("eth0", IPv4Address(address), **{**given, "asked": True, **more})


def judged(around: Around, *those: Heard) -> Iterator[Finding]:
    return dhcp_servers.judge(around, around.networks[0], list(those))


@shows("dhcp-servers/second-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(config=SERVER_MODE), heard())


@shows("dhcp-servers/allowed-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(config={"dhcp": {**SERVER_MODE["dhcp"], "allow_other_servers": True}}), heard())


@shows("dhcp-servers/two-servers")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(), heard(), heard("10.77.0.3"))


@shows("dhcp-servers/no-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make())


@shows("dhcp-servers/other-boot-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(), heard(), heard("10.77.0.4", lends=False, pxe=True))


@shows("dhcp-servers/other-boot-file")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(), heard(next_server="10.77.0.9", boot_file="pxelinux.0"))


def told(store: Store, *rows: dict[str, Any]) -> None:
    """Rows into the record."""
    whole = [{"at": NOW - 60, "text": "", "data": {}, **row} for row in rows]
    columns = ("kind", "at", "text", "host", "mac", "address", "install", "session", "data", "outbox_id")
    with store.events.write() as connection:
        stored.add(connection, [{name: row.get(name) for name in columns} for row in whole])


@shows("relays/unserved-relay")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with store.events.write() as connection:
        stored.add_counts(connection, {(int(NOW) // 60, "dhcp", "no-subnet"): 3})
    return looked("relays", make(config=SERVER_MODE, store=store))


@shows("relays/relay-outside", "relays/relay-repeats")
def _(make: Make, store: Store, folder: Path) -> Seen:
    relay = {"relay": "127.9.0.1 0a", "arch": "0"}
    told(store, {"kind": "dhcp.discover", "mac": MAC, "data": relay}, {"kind": "dhcp.offer", "mac": MAC})
    return looked("relays", make(config=SERVER_MODE, store=store))


@shows("relays/several-servers-chosen")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, *({"kind": "dhcp.request", "mac": MAC, "data": {"server": f"10.77.0.{n}"}} for n in (2, 3)))
    return looked("relays", make(store=store))


def holds(make: Make, port: int, *, name: str = "in.tftpd", protocol: str = "udp", count: int = 1, **more: Any) -> Around:
    """A machine on which a program holds ports from `port` on."""
    around = make(privileged=True, **more)
    lines = ["head"]
    process = around.root / "proc/77"
    (process / "fd").mkdir(parents=True, exist_ok=True)
    (process / "comm").write_text(name)
    (process / "cgroup").write_text("0::/system.slice/tftpd-hpa.service\n")
    for number in range(count):
        lines.append(f"  {number}: 00000000:{port + number:04X} 00000000:0000 0A 0:0 0:0 0 0 0 {900 + number} 2")
        (process / f"fd/{number}").symlink_to(f"socket:[{900 + number}]")
    (around.root / f"proc/net/{protocol}").write_text("\n".join(lines) + "\n")
    return around


@shows("ports/taken")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("ports", holds(make, 69))


@shows("ports/beside", "ports/not-served")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("ports", holds(make, 69, serving=True))


@shows("ports/elsewhere")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told = 'UNCONN 0 0 0.0.0.0%virbr0:67 0.0.0.0:* users:(("dnsmasq",pid=77,fd=0)) ino:900 sk:1\n'
    return looked("ports", holds(make, 67, name="dnsmasq", run=lambda _: Answer(0, told)))


@shows("ports/range-held")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("ports", holds(make, 40000, count=200))


class _Somebody(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@shows("reach/http-silent", "reach/tftp-silent", "reach/dhcp-silent")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        lends = {"network": "127.0.0.0/8", "range": ["127.77.0.1", "127.77.0.9"]}
        deaf = udp.getsockname()[1]
        dhcp = {"mode": "server", "port": deaf, "subnet": [lends]}
        config = {"http": {"port": tcp.getsockname()[1]}, "tftp": {"port": deaf}, "dhcp": dhcp}
        yield from looked("reach", make(eth0("127.0.0.1/8"), config=config, serving=True, seconds=0.2))


@shows("reach/http-other")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with HTTPServer(("127.0.0.1", 0), _Somebody) as server:
        Thread(target=server.handle_request, daemon=True).start()
        config = {"http": {"port": server.server_address[1]}, "tftp": {"port": server.server_address[1]}}
        yield from looked("reach", make(eth0("127.0.0.1/8"), config=config, serving=True, seconds=0.2))


@shows("firewall/closed", "firewall/answers-only")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(privileged=False)
    zones = around.root / "etc/firewalld/zones"
    zones.mkdir(parents=True)
    (zones / "public.xml").write_text('<zone><service name="tftp"/><port port="67" protocol="udp"/></zone>')
    services = around.root / "usr/lib/firewalld/services"
    services.mkdir(parents=True)
    (services / "tftp.xml").write_text('<service><port port="69" protocol="udp"/></service>')
    (around.root / "proc/5").mkdir()
    (around.root / "proc/5/comm").write_text("firewalld\n")
    return looked("firewall", around)


@shows("firewall/rp-filter")
def _(make: Make, store: Store, folder: Path) -> Seen:
    far = {"network": "127.9.0.0/24", "range": ["127.9.0.10", "127.9.0.20"]}
    around = make(config={"dhcp": {"mode": "server", "subnet": [SUBNET, far]}}, privileged=False)
    (around.root / "proc/sys/net/ipv4/conf/all").mkdir(parents=True)
    (around.root / "proc/sys/net/ipv4/conf/all/rp_filter").write_text("1\n")
    return looked("firewall", around)


@shows("mtu/small-mtu")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("mtu", make(eth0(mtu=1400)))


@shows("mtu/tiny-mtu")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("mtu", make(eth0(mtu=400)))


def transfer(outcome: str, screen: str, blksize: int = 1468) -> dict[str, Any]:
    data = {"outcome": outcome, "screen": screen, "blksize": blksize, "blocks": 1}
    return {"kind": "tftp.transfer", "address": "10.77.0.50", "data": data}


@shows("transfers/large-blocks")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, transfer("timeout", "PXE-E35"), transfer("timeout", "PXE-E35"), transfer("done", "", 1024))
    return looked("transfers", make(store=store))


@shows("transfers/never-answered")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, *[transfer("timeout", "PXE-E32")] * 2)
    return looked("transfers", make(store=store))


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


def imported(make: Make, store: Store, files: dict[str, bytes], **lying: bytes | None) -> Around:
    """A set that was imported as `files`; what lies there is that, but for `lying` (None: nothing)."""
    around = make(store=store)
    folder = around.data / "loaders/debian"
    folder.mkdir(parents=True)
    rows = [stored_loaders.LoaderFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()]
    with store.site.write() as connection:
        stored_loaders.put(connection, "debian", "a test", NOW, rows)
    for name, data in {**files, **{name.replace("_", "."): data for name, data in lying.items()}}.items():
        if data is not None:
            (folder / name).write_bytes(data)
    return around


@shows("loaders/none", "loaders/firmware")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, {"kind": "dhcp.discover", "mac": MAC, "data": {"arch": "7"}})
    return looked("loaders", make(store=store))


@shows("loaders/file-missing", "loaders/file-changed", "loaders/mixed-builds")
def _(make: Make, store: Store, folder: Path) -> Seen:
    elf = b"\x7fELF"
    files = {"pxelinux.0": b"PXELINUX 6.04 ", "mboot.c32": elf, "ldlinux.c32": elf + b" syslinux-6.03/core/", "libcom32.c32": elf}
    return looked("loaders", imported(make, store, files, mboot_c32=b"\x7fELF other", libcom32_c32=None))


@shows("loaders/image")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("loaders", imported(make, store, {grubimage.X64: b"MZ and no gap"}))


def medium(**more: Any) -> Medium:
    given = {
        "name": "xs9", "folder": "xs9@1", "format": "yum", "product": "XenServer", "version": "9", "build": "1", "dialect": "xs9",
        "revision": "r1", "boot": BootFiles("boot/xen.efi", "boot/vmlinuz", "install.img"),
    }  # fmt: skip
    return Medium(**{**given, **more})


def shelved(store: Store, *media: Medium) -> None:
    """Rows of media, as an import leaves them."""
    with store.site.write() as connection:
        for one in media:
            boot = {"xen": one.boot.xen, "kernel": one.boot.kernel, "initrd": one.boot.initrd} if one.boot else None
            names = ("name", "folder", "format", "product", "version", "build", "dialect", "revision")
            plain = {name: getattr(one, name) for name in names}
            connection.execute(
                insert(t.medium).values(
                    **plain, boot=boot, repositories=[], state=one.state.value, state_reason=one.state_reason, origin="a test",
                    imported_at=NOW, lies=one.lies.value, place=one.place,
                )
            )  # fmt: skip
        inventory.raise_revision(connection)


def armed(store: Store, name: str, mac: str, medium_name: str, revision: str) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile(f"p-{name}", medium_name, None, {}))
        number = inventory.put_host(connection, Host(0, name, (mac,), f"p-{name}"))
        connection.execute(
            insert(t.install).values(
                id=f"i-{name}", host_id=number, mode="fresh", interactive=False, wants_answerfile=True, state="armed", version=1,
                armed_by="root", armed_at=NOW, armed_boot_id="b", armed_boottime=1.0, expires=NOW + 3600, medium=medium_name,
                medium_revision=revision,
            )
        )  # fmt: skip


@shows("media/damaged", "media/out-of-reach", "media/armed-unfit", "media/armed-no-loader")
def _(make: Make, store: Store, folder: Path) -> Seen:
    away = medium(name="away", folder="away@1", lies=Lies.IN_PLACE, place=str(folder / "gone"))
    shelved(store, medium(), medium(name="bad", folder="bad@1", state=MediumState.DAMAGED, state_reason="a package is cut short"), away)
    armed(store, "xen01", MAC, "xs9", "r1")
    armed(store, "xen02", "52:54:00:77:00:02", "bad", "r1")
    told(store, {"kind": "dhcp.discover", "mac": MAC, "data": {"arch": "0"}})
    return looked("media", make(store=store))


NFS = {"nfs": {"enabled": True}}


@shows("publishing/ganesha-missing", "publishing/no-rpcbind")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(config=NFS)
    (around.root / "proc/net/tcp").write_text("head\n")
    return looked("publishing", around)


@shows("publishing/not-served", "publishing/left-out", "publishing/nfs-port")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(config={"nfs": {"enabled": True, "port": 2050}}, serving=True)
    (around.root / "proc/net/tcp").write_text("head\n")
    (around.root / "usr/bin").mkdir(parents=True)
    (around.root / "usr/bin/ganesha.nfsd").touch(0o755)
    (around.data / "run/nfs").mkdir(parents=True)
    NfsState("failed", "it ended with 2", refused={"xs9": "it lies in an image"}).write(around.data)
    return looked("publishing", around)


@shows("publishing/kernel-exports")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(config={"nfs": {"enabled": True, "server": "kernel"}})
    (around.root / "proc/net/tcp").write_text("head\n 0: 00000000:0801 00000000:0000 0A 0:0 0:0 0 0 0 9 2\n")
    return looked("publishing", around)


@shows("publishing/ftp-port", "publishing/few-ftp-ports", "publishing/crossed-ports")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("publishing", make(config={"ftp": {"enabled": True, "port": 40021, "passive_ports": "41000-41009"}}))


@shows("container/desktop", "container/bridge", "container/capability")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(eth0("172.18.0.2/16"), privileged=True)
    (around.root / ".dockerenv").touch()
    (around.root / "proc/sys/kernel").mkdir(parents=True)
    (around.root / "proc/sys/kernel/osrelease").write_text("6.6.31-linuxkit\n")
    (around.root / "proc/self").mkdir()
    (around.root / "proc/self/status").write_text("CapBnd:\t0000000000000400\n")
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


@shows("counters/grown")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with store.events.write() as connection:
        stored.add_counts(connection, {(int(NOW) // 60 - 5, "tftp", "lost-event"): 2})
    return looked("counters", make(store=store))


def known_faults() -> set[str]:
    return {f"{check.name}/{fault.code}" for check in CHECKS for fault in check.faults}


def test_every_fault_is_shown_by_some_test() -> None:
    assert known_faults() - ON_THE_WIRE == set(SCENARIOS)


@pytest.mark.parametrize("key", sorted(SCENARIOS))
def test_what_is_wrong_is_found_with_every_word_filled_in(key: str, make: Make, store: Store, tmp_path: Path) -> None:
    found = list(SCENARIOS[key](make, store, tmp_path))
    one = next((seen for seen in found if isinstance(seen, Finding) and seen.code == key.partition("/")[2]), None)
    assert one is not None, found
    for text in (one.text, one.where, one.tell, one.fix):
        assert text and not re.search(r"\{\w+\}", text), one


HEALTHY = {"dhcp": {"mode": "server", "subnet": [SUBNET]}}


@pytest.mark.parametrize("name", [check.name for check in CHECKS if check.name not in ("reach", "dhcp-servers", "clock")])
def test_a_healthy_machine_has_nothing_wrong(name: str, make: Make, store: Store, tmp_path: Path) -> None:
    """In a house where all is well no check finds anything; those that cannot look say so."""
    around = make(config=HEALTHY, store=store, privileged=False)
    (around.root / "proc/net/udp").write_text("head\n")
    (around.root / "proc/self").mkdir(exist_ok=True)
    (around.root / "proc/self/mountinfo").write_text("21 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    if name == "loaders":
        imported(make, store, {"pxelinux.0": b"PXELINUX 4.05 ", "mboot.c32": b"\xb8\xfe\x4c\xcd\x21"})
    if name == "permissions":
        around = replace(around, serving=True) if os.geteuid() else make(config={**HEALTHY, "server": {"user": "root"}})
    (result,) = examine(named([name]), around)
    assert [one for one in result.findings if one.grade is not Grade.NOTE] == []
    assert result.state in (State.FINE, State.BLIND)


def test_a_clock_that_is_kept_is_fine_in_any_time_zone() -> None:
    assert list(clock.judge(time.time(), True)) == []
    assert [type(one) for one in clock.judge(NOW, None)] == [Blind]


def test_ordinary_answers_of_the_one_other_server_are_fine_beside_a_proxy(make: Make) -> None:
    around = make()
    assert list(judged(around, heard())) == []
    assert list(judged(around, heard(next_server="10.77.0.1", boot_file="pxelinux.0"))) == []


def test_a_port_that_this_service_holds_itself_is_fine(make: Make) -> None:
    around = holds(make, 69, name="pxe-tftp")
    assert [one.code for one in looked("ports", around) if isinstance(one, Finding)] == []


def test_who_may_not_see_a_holder_says_so(make: Make) -> None:
    around = replace(holds(make, 69), privileged=False)
    (around.root / "proc/77/fd/0").unlink()
    seen = list(looked("ports", around))
    assert [type(one) for one in seen] == [Blind]
    assert "root alone" in str(seen)


@pytest.mark.parametrize(
    ("name", "command", "advice"),
    [
        ("dnsmasq", "/usr/sbin/dnsmasq\0--conf-file=/var/lib/libvirt/dnsmasq/default.conf", "virsh net-edit default"),
        ("dnsmasq", "/usr/sbin/dnsmasq", "except-interface=eth0"),
        ("dhcpd", "", "isc-dhcp-server"),
        ("systemd-network", "", "DHCPServer=no"),
        ("xinetd", "", "/etc/xinetd.d/tftp"),
        ("in.tftpd", "", "tftpd-hpa"),
    ],
)
def test_each_known_holder_gets_its_own_advice(make: Make, name: str, command: str, advice: str) -> None:
    around = holds(make, 67, name=name)
    (around.root / "proc/77/cmdline").write_text(command)
    (found,) = [one for one in looked("ports", around) if isinstance(one, Finding)]
    assert advice in found.fix
    assert name in found.text and "pid 77" in found.text


def test_the_exact_rule_for_firewalld_is_printed(make: Make, store: Store, tmp_path: Path) -> None:
    found = [one for one in SCENARIOS["firewall/closed"](make, store, tmp_path) if isinstance(one, Finding)]
    fixes = {one.where: one.fix for one in found}
    rule = "firewall-cmd --permanent --zone=public --add-port=40000-40999/udp && firewall-cmd --reload"
    assert fixes["eth0 40000-40999/udp"] == rule
    assert "eth0 69/udp" not in fixes and "eth0 67/udp" not in fixes
    assert "--add-port=80/tcp" in fixes["eth0 80/tcp"]


def test_no_check_passes_in_silence_when_it_fails(make: Make) -> None:
    def broken(_: Around) -> Seen:
        raise RuntimeError("a mistake")
        yield

    (result,) = examine([replace(ports.CHECK, look=broken)], make())
    assert result.state is State.BLIND and "RuntimeError: a mistake" in result.blind[0].text


def test_what_others_say_is_made_harmless(make: Make) -> None:
    (found,) = [one for one in judged(make(), heard(next_server="\x1b[2J", boot_file="a\u202eb")) if one.code == "other-boot-file"]
    assert "\x1b" not in found.text and "\u202e" not in found.text and "\\x1b[2J" in found.text


def test_endless_findings_are_cut(make: Make) -> None:
    many = [heard(f"10.77.1.{n}", boot_file="x", lends=False) for n in range(100)]
    check = replace(dhcp_servers.CHECK, look=lambda around: judged(around, heard(), *many))
    (result,) = examine([check], make())
    assert len(result.findings) == MOST
    assert "60 more" in result.blind[0].text


def test_strangers_without_a_loader_are_one_finding_and_a_host_its_own(make: Make, store: Store) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("p", None, None, {}))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "p"))
    rows = [{"kind": "dhcp.discover", "mac": f"52:54:00:77:00:{n:02x}", "data": {"arch": "7"}} for n in range(1, 60)]
    told(store, *rows)
    found = [one for one in looked("loaders", make(store=store)) if isinstance(one, Finding) and one.code == "firmware"]
    assert [one.where for one in found] == ["xen01", "uefi-x64"]
    assert "58 unknown machines, such as 52:54:00:77:00:3b" in found[1].text


def test_a_firewall_is_not_called_open_by_who_cannot_read_it(make: Make) -> None:
    seen = list(looked("firewall", make(privileged=False)))
    assert [type(one) for one in seen] == [Blind]
