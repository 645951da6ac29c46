"""A newly installed system that starts for the first time: a chroot with a recording toolstack, and a real listener that hears it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from pxeserve.answerfile.answers import Mode
from pxeserve.config import Config
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.pool import Licence, Member, Pool, Storage
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.installs import first_boot, seal
from pxeserve.installs.arming import Arming, Order
from pxeserve.installs.first_boot import Kept
from pxeserve.installs.seal import Frozen
from pxeserve.keys import load_keys
from pxeserve.provision.app import Acts
from pxeserve.provision.loop import Loop
from pxeserve.provision.machines import build
from pxeserve.recovery.firstboot.script import Pace, script
from pxeserve.recovery.firstboot.steps import role_of, steps
from pxeserve.recovery.firstboot.taking import FirstBoots
from pxeserve.store import Store, inventory, open_store, pools
from pxeserve.store import tables as t

APPLETS = (
    "sh", "cat", "sed", "tail", "head", "grep", "sleep", "mkdir", "rm", "mv", "cp", "ln", "tr", "readlink", "wget", "sync", "chmod", "wc",
    "printf",
)  # fmt: skip
XE = Path(__file__).with_name("xe.sh")
PRINT = "AB:" * 31 + "AB"
QUICK = Pace(pause=0, turns=3, patience=20, most=3, mending=3)
INVENTORY = "INSTALLATION_UUID='11111111-2222-3333-4444-555555555555'\nPRODUCT_BRAND='XCP-ng'\nPRODUCT_VERSION='8.2.1'\n"


@dataclass
class Site:
    """pxeserve as the host meets it."""

    store: Store
    arming: Arming
    keys: Any
    base: str
    data: Path
    hosts: dict[str, Host] = field(default_factory=dict)

    def arm(
        self, pool: Pool, name: str, dialect: str, kept: dict[str, str], mode: Mode = Mode.FRESH, pace: Pace = QUICK
    ) -> tuple[str, bytes]:
        """Arm `name`, let its installation be done, and give the id of the install and the script of its first boot."""
        with self.store.site.write() as connection:
            found = pools.pool(connection, pool.name)
            pool_id = pools.save(connection, pool, found.id if found else None)
        role = role_of(pool, name, mode)
        todo = steps(pool, name, role, dialect)
        key = seal.new_key()
        keep = Kept("once-1", kept, {one.name: one.called for one in todo}, (), pool_id if role == "member" else None)
        order = Order(self.hosts[name], None, str(mode), False, True, Frozen(key, b"<a/>"), "tester", first_boot=keep)
        install = self.arming.arm(order, time.time())
        with self.store.site.write() as connection:
            connection.execute(update(t.install).where(t.install.c.id == install.id).values(state="done", bound_address="127.0.0.1"))
        return install.id, script(todo, f"{self.base}/fb/{first_boot.token(key)}", install.id, pace)

    def told(self, kind: str = "") -> list[tuple[str, dict[str, Any]]]:
        """What stands in the record of first boots."""
        with self.store.site.read() as connection:
            rows = connection.execute(select(t.install_event).order_by(t.install_event.c.id)).fetchall()
        return [(row.kind, row.data) for row in rows if row.kind.startswith(kind or "firstboot.")]

    def row(self, install_id: str) -> Any:
        with self.store.site.read() as connection:
            return connection.execute(select(t.first_boot).where(t.first_boot.c.install_id == install_id)).one()


@dataclass
class System:
    """The new system's root. `form` is how it starts jobs: `firstboot.d` or `systemd`."""

    root: Path
    form: str

    def place(self, body: bytes) -> int:
        file = self.root / "tmp" / "place"
        file.write_bytes(body)
        return subprocess.run(["sh", str(file), str(self.root)], capture_output=True, timeout=60, check=False).returncode

    def run(self, job: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Start the job; a start without one does nothing."""
        inside = job or Path("/etc/pxeserve/first-boot")
        words = ["chroot", str(self.root), "/bin/sh", str(inside)]
        return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    @property
    def acts(self) -> list[str]:
        return (self.root / "xe" / "acts").read_text().splitlines()

    @property
    def calls(self) -> str:
        """All that the toolstack was asked, a line a call, each word in brackets."""
        return (self.root / "xe" / "calls").read_text()

    def kill(self, number: int, when: str) -> None:
        (self.root / "xe" / "kill").write_text(f"{number} {when}\n")

    @property
    def left(self) -> list[str]:
        """What of the job is still there."""
        places = ("etc/pxeserve", "etc/firstboot.d", "etc/systemd/system", "etc/systemd/system/multi-user.target.wants")
        return sorted(str(one.relative_to(self.root)) for place in places for one in (self.root / place).glob("*") if not one.is_dir())


@pytest.fixture
def system(tmp_path: Path) -> Any:
    """Makes systems: `system("systemd")`."""
    busybox = shutil.which("busybox")
    if busybox is None or os.geteuid() != 0:
        pytest.skip("chroot needs root, and a busybox")

    numbers = count(1)

    def make(form: str, disk: bool = True) -> System:
        root = tmp_path / f"root-{form}-{next(numbers)}"
        for folder in ("bin", "usr/bin", "opt/xensource/bin", "etc/xensource", "xe", "dev", "tmp", "proc"):
            (root / folder).mkdir(parents=True)
        shutil.copy(busybox, root / "bin" / "busybox")
        for applet in APPLETS:
            (root / "bin" / applet).symlink_to("busybox")
        if form == "systemd":
            (root / "usr/lib/systemd/system").mkdir(parents=True)
            (root / "usr/lib/systemd/system/xapi-init-complete.target").write_text("")
            (root / "xe/new").write_text("")
        else:
            (root / "etc/firstboot.d").mkdir()
        shutil.copy(XE, root / "opt/xensource/bin/xe")
        (root / "usr/bin/openssl").write_text(f"#!/bin/sh\necho 'SHA256 Fingerprint={PRINT}'\n")
        for program in ("opt/xensource/bin/xe", "usr/bin/openssl"):
            (root / program).chmod(0o755)
        for name in ("acts", "srs", "pbds", "iqn", "edition", "probe.lvmoiscsi"):
            (root / "xe" / name).write_text("")
        (root / "etc/xensource-inventory").write_text(INVENTORY)
        (root / "etc/xensource/xapi-ssl.pem").write_text("a certificate\n")
        (root / "etc/shadow").write_text("root:$1$old$old:1:0:9:7:::\nbin:*:1:0:9:7:::\n")
        (root / "dev/null").write_text("")
        if disk:
            try:
                os.mknod(root / "dev/sdb", 0o60600, os.makedev(7, 250))
            except PermissionError:
                pytest.skip("no device node can be made here")
        return System(root, form)

    return make


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    data = tmp_path / "data"
    (data / "run").mkdir(parents=True)
    store, keys = open_store(data, migrate=True), load_keys(data)
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(str(data / "run" / SOCKET_NAME))
    door = socket.create_server(("127.0.0.1", 0))
    door.setblocking(False)
    port = door.getsockname()[1]
    recorder = Recorder(data / "run" / SOCKET_NAME, "provision")
    acts = Acts(lambda *_: None, lambda *_: None, lambda *_: False, first_boots=FirstBoots(store, keys))
    machines = build(data, store, recorder, acts, frozenset({f"127.0.0.1:{port}"}))
    loop = Loop([door], machines, time.monotonic, machines.files.close)
    machines.give_back = loop.give_back
    ending, end = socket.socketpair()
    loop.watch(ending.fileno(), loop.stop)

    def turn() -> None:
        while not loop.finished:
            loop.step(0.02)

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    config = Config.model_validate({"server": {"data": str(data)}})
    made = Site(store, Arming(store, keys, config), keys, f"http://127.0.0.1:{port}", data)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        for number, name in enumerate(("xen01", "xen02"), 1):
            inventory.put_host(connection, Host(0, name, (f"52:54:00:77:00:0{number}",), "rack", address=IPv4Address(f"10.9.0.{number}")))
        made.hosts = {host.name: host for host in inventory.hosts(connection)}
    yield made
    end.close()
    thread.join(60)
    loop.close()
    machines.close()
    recorder.close()
    store.close()
    for one in (door, ear, ending):
        one.close()


def pool(*storage: Storage, members: tuple[str, ...] = ("xen01", "xen02")) -> Pool:
    """A pool whose master is xen01."""
    said = tuple(Member(name, f"iqn.2008-03.org.example:{name}") for name in members)
    return Pool("lab", "xen01", said, storage=storage, licence=Licence("enterprise", "10.9.0.9"))
