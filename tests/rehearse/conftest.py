"""A real service on the loopback interface with high ports, the sample medium and one host; and walks against it."""

from __future__ import annotations

import getpass
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pxeserve.boot import gather
from pxeserve.cli.terminal.session import ask
from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.rehearse.channel import relayed
from pxeserve.rehearse.dhcp import DhcpClient
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.step import Step
from pxeserve.rehearse.walk import Walk
from pxeserve.repo.imports import import_medium
from pxeserve.repo.sample import make_modern_sample, make_sample
from pxeserve.store import Store, inventory, open_store
from pxeserve.store import loaders as stored
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare
from tests.ports import free_port, free_ports

MAC, MODERN = "52:54:00:77:00:01", "52:54:00:77:00:83"
GRUB = b"MZ" + bytes(2000) + b"\nset pxeserve=" + b"." * (512 - 14) + b"\n" + bytes(100)
PXESERVE = Path(sys.executable).parent / "pxeserve"
ELF = b"\x7fELF" + bytes(2000)
SET = {"pxelinux.0": b"PXELINUX 6.04 PXE" + bytes(2000), "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}
CONFIG = """
[server]
data = "{data}"
interface = "{interface}"
address = "{address}"
user = "{user}"
[dhcp]
mode = "server"
port = {dhcp}
[[dhcp.subnet]]
network = "{net}.0/24"
range = ["{net}.100", "{net}.199"]
[tftp]
port = {tftp}
ports = "{transfers}"
[http]
port = {http}
[console]
port = {console}
[answerfile]
allow_plaintext = true
"""


_PROXY = re.sub(r"\[\[dhcp.subnet\]\]\n.*\n.*\n", "", CONFIG).replace('mode = "server"', 'mode = "proxy"')


@dataclass
class House:
    """One service with its data folder; `config` is its file. `inside` is what commands begin with to run where the service runs."""

    config: Path
    data: Path
    store: Store
    inside: tuple[str, ...] = ()
    log: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [*self.inside, PXESERVE, "serve", "--config", self.config]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log.append(line)
            if " ready " in f"{line.strip()} " and "dhcp=" in line:
                return
        raise AssertionError("the service did not start:\n" + "".join(self.log))

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            out, _ = self.process.communicate(timeout=60)
            self.log += [out]
            self.process = None

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PXESERVE_CONFIG": str(self.config)}
        command = [*self.inside, PXESERVE, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)

    def recorded(self, kind: str, mac: str) -> None:
        """Wait until the worker has written down an event of this kind about `mac`, and with it all that was told before."""
        command = [*self.inside, PXESERVE, "events", "--config", self.config, "--json", "--follow", "--kind", kind, "--mac", mac]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
            assert following.stdout is not None
            assert following.stdout.readline()
            following.terminate()

    def ask(self, verb: str, **arguments: Any) -> Any:
        return ask(self.config, verb, arguments)

    def walk(self, between: Callable[[Plan], Plan | None] = lambda plan: plan, then: Callable[[Step], None] = lambda _: None) -> list[Step]:
        """A rehearsal with something happening between its beginning and its first step, or then, after each of its steps."""
        begun = Plan.from_plain(self.ask("rehearse.begin", mac=MAC))
        try:
            plan = between(begun) or begun
            with DhcpClient(plan, relayed(plan), waits=(0.3, 0.3)) as client:
                steps = []
                for step in Walk(plan, client, wait=0.3).steps():
                    steps.append(step)
                    then(step)
                return steps
        finally:
            if self.process is not None:
                self.ask("rehearse.end", mac=begun.mac, host=begun.host, verdict="a test's")

    def medium_folder(self, name: str = "sample") -> Path:
        with self.store.site.read() as connection:
            return self.data / "media" / next(one.folder for one in inventory.media(connection) if one.name == name)


def furnish(folder: Path, inside: tuple[str, ...] = (), **network: Any) -> House:
    """A house with all that an installation needs, not yet running."""
    data = folder / "data"
    ports: dict[str, Any] = {name: free_port() for name in ("dhcp", "tftp", "http", "console")}
    config = folder / "pxeserve.toml"
    transfers = free_ports(100)
    ports["transfers"] = f"{transfers[0]}-{transfers[-1]}"
    loopback = {"interface": "lo", "address": "127.0.0.1", "net": "127.78.0"}
    template = (CONFIG if network.pop("mode", "server") == "server" else _PROXY) + network.pop("extra", "")
    config.write_text(template.format(data=data, user=getpass.getuser(), **(ports | loopback | network)))
    data_folder.own_folder(data, None)
    prepare.fill(data)
    store = open_store(data, migrate=True)
    with gather.laid(data / "loaders", "debian", SET) as rows, store.site.write() as connection:
        stored.put(connection, "debian", "a set made for this test", time.time(), rows)
    with gather.laid(data / "loaders", "grub-debian", {"grubx64.efi": GRUB}) as rows, store.site.write() as connection:
        stored.put(connection, "grub-debian", "an image made for this test", time.time() - 1, rows)
    make_modern_sample(folder / "xcp83", "xcp-8.3")
    import_medium(store, data, folder / "xcp83", "xcp83", lambda *_: None, "test", time.time())
    make_sample(folder / "sample")
    import_medium(store, data, folder / "sample", "sample", lambda *_: None, "test", time.time())
    answers = {
        "primary-disk": "sda", "root-password": "a-planted-secret", "timezone": "Europe/London", "keymap": "us",
        "admin-interface": {"name": "eth0", "proto": "dhcp"},
    }  # fmt: skip
    words = BootWords(serial="ttyS0,115200", dom0_mem="752M")
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("demo", medium="sample", answers=answers, words=words))
        inventory.put_host(connection, Host(0, "demo01", (MAC,), "demo"))
        inventory.put_profile(connection, Profile("modern", medium="xcp83", answers=answers, words=words))
        inventory.put_host(connection, Host(0, "demo83", (MODERN,), "modern"))
    return House(config, data, store, inside)


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = furnish(tmp_path_factory.mktemp("house"))
    house.start()
    yield house
    house.stop()
    house.store.close()



@pytest.fixture(scope="package")
def furnished() -> Callable[..., House]:
    """Makes further houses: a folder, what commands begin with to run inside, and the network's own words."""
    return furnish


@pytest.fixture(scope="package")
def serving() -> Callable[..., AbstractContextManager[House]]:
    """Makes a house in a network namespace of its own, on a new interface of this name and kind (ip-link's words), or on `lo`."""

    @contextmanager
    def served(folder: Path, interface: str, kind: tuple[str, ...], **network: Any) -> Iterator[House]:
        if os.geteuid() != 0:
            pytest.skip("network namespaces need root")
        name = f"rehearse-{network.pop('space', interface)}-{os.getpid()}"
        _ip("netns", "add", name)
        try:
            _ip("-n", name, "link", "set", "lo", "up")
            if interface != "lo":
                _ip("-n", name, "link", "add", interface, "type", *kind)
                _ip("-n", name, "address", "add", "10.78.0.1/24", "dev", interface)
                _ip("-n", name, "link", "set", interface, "up")
                network = {"interface": interface, "address": "10.78.0.1", "net": "10.78.0", **network}
            house = furnish(folder, ("ip", "netns", "exec", name), dhcp=67, tftp=69, http=80, **network)
            house.start()
            try:
                yield house
            finally:
                house.stop()
                house.store.close()
        finally:
            _ip("netns", "delete", name)

    return served


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
