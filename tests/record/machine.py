"""A machine that boots from the network, played by real clients: udhcpc for DHCP, curl for TFTP and HTTP, and a shell for the installer's
scripts. It does one step at a time, so that a test can spoil the next one."""

from __future__ import annotations

import gzip
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.dom import minidom

from tests.faults.space import Space, ip
from tests.record.network import SERVER, Cable, Network

BIOS = "PXEClient:Arch:00000:UNDI:002001"
UEFI = "PXEClient:Arch:00007:UNDI:003000"
_TOLD = """#!/bin/sh
[ "$1" = bound ] || exit 0
set >'{folder}/lease'
"""


class Stopped(Exception):
    """The machine got no further, for a reason that its screen would show."""


@dataclass
class Machine:
    """One machine. `folder` is what it remembers; nothing of the service's is read there."""

    space: Space
    cable: Cable
    mac: str
    folder: Path
    vendor: str = BIOS
    uuid: str = ""
    address: str = ""
    server: str = SERVER
    path: str = ""
    words: str = ""
    links: dict[str, str] = field(default_factory=dict)
    source: str = ""

    def asks(self, *more: str, tries: int = 2) -> dict[str, str]:
        """DHCP as firmware does it; what the answer said. Raises Stopped."""
        arch = re.search(r"Arch:(\d{5})", self.vendor)
        assert arch, self.vendor
        options = ["-V", self.vendor, "-x", f"0x5d:{int(arch[1]):04x}", "-x", "0x5e:010201", "-O", "66", "-O", "67", "-C", *more]
        if self.uuid:
            options += ["-x", f"0x61:00{self.uuid}"]
        return self._lease(options, tries)

    def installer_asks(self) -> dict[str, str]:
        """DHCP as the installer's own network stack, or an installed system, does it. Raises Stopped."""
        return self._lease(["-V", "dhcpcd-5", "-x", f"hostname:{self.folder.name}"], 2)

    def _lease(self, options: list[str], tries: int) -> dict[str, str]:
        script, found = self.folder / "told", self.folder / "lease"
        script.write_text(_TOLD.format(folder=self.folder))
        script.chmod(0o700)
        found.unlink(missing_ok=True)
        self.space.run("udhcpc", "-f", "-i", "eth0", "-n", "-q", "-t", str(tries), "-T", "1", "-s", script, *options)
        if not found.exists():
            raise Stopped("no address")
        lease = dict(re.findall(r"^(\w+)='(.*)'$", found.read_text(), re.M))
        self.address = lease["ip"]
        ip("-n", self.space.name, "address", "flush", "dev", "eth0")
        ip("-n", self.space.name, "address", "add", f"{self.address}/10", "dev", "eth0")
        return lease

    def loads(self, name: str, *, patience: int = 60) -> bytes:
        """A file by TFTP. Raises Stopped."""
        return self._curl(f"tftp://{self.server}/{name}", "--tftp-blksize", "1408", patience=patience)

    def gets(self, address: str, *, patience: int = 60) -> bytes:
        """A file by HTTP. Raises Stopped."""
        url = address if "://" in address else f"http://{self.server}/{address.lstrip('/')}"
        return self._curl(url, patience=patience)

    def _curl(self, url: str, *more: str, patience: int) -> bytes:
        out = self.folder / "body"
        out.unlink(missing_ok=True)
        done = self.space.run("curl", "-s", "-S", "-f", "-o", out, "--connect-timeout", "3", "-m", str(patience), *more, url)
        if done.returncode:
            raise Stopped(done.stderr.strip() or f"curl ended with {done.returncode}")
        return out.read_bytes() if out.exists() else b""

    def boots(self) -> str:
        """From power-on to the menu; its text. Raises Stopped."""
        lease = self.asks()
        file = lease.get("boot_file") or lease.get("bootfile") or ""
        if not file:
            raise Stopped("no boot file")
        self.source = file.rsplit("/", 1)[0]
        for name in ("pxelinux.0", "ldlinux.c32"):
            self.loads(f"{self.source}/{name}")
        return self.loads(f"{self.source}/pxelinux.cfg/01-{self.mac.replace(':', '-')}").decode()

    def starts(self, menu: str) -> None:
        """What the menu's entry loads: hypervisor, kernel, RAM disk. Raises Stopped where it leads to the machine's own disk."""
        for part in self.parts(menu):
            self.loads(part, patience=60)

    def parts(self, menu: str) -> list[str]:
        """The files of the menu's entry in their order. Raises Stopped."""
        found = re.search(r"^\s*append\s+(.*)$", menu, re.M | re.I)
        if not found:
            raise Stopped("its own disk")
        self.words = found[1]
        address = re.search(r"answerfile=(\S+)", self.words)
        self.path = address[1] if address else ""
        return [f"{self.source}/{part.split()[0]}" for part in self.words.split("---")]

    def answers(self) -> str:
        """The answerfile. Raises Stopped."""
        text = self.gets(self.path).decode()
        document = minidom.parseString(text)

        def said(node: minidom.Element) -> str:
            return "".join(child.data for child in node.childNodes if isinstance(child, minidom.Text)).strip()

        self.links = {node.getAttribute("stage"): said(node) for node in document.getElementsByTagName("script")}
        sources = document.getElementsByTagName("source")
        self.source = said(sources[0]).rstrip("/") if sources else ""
        return text

    def stage(self, stage: str, *arguments: str) -> None:
        """Fetch the script of a stage and run it as the installer does, in this machine's network."""
        script = self.folder / "script"
        script.unlink(missing_ok=True)
        script.write_bytes(self.gets(self.links[stage]))
        script.chmod(0o500)
        command = [*self.space.prefix, "env", f"XS_STAGE={stage}", str(script), *arguments]
        subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL, capture_output=True)

    def packages(self, many: int | None = None) -> None:
        """The repository's index and its packages in their order, or so many of them. Raises Stopped."""
        self.gets(f"{self.source}/.treeinfo")
        top = self.gets(f"{self.source}/repodata/repomd.xml").decode()
        listed = re.search(r'href="(repodata/[^"]*primary[^"]*)"', top)
        assert listed, top
        primary = gzip.decompress(self.gets(f"{self.source}/{listed[1]}")).decode()
        for name in re.findall(r'<location href="([^"]+)"', primary)[:many]:
            self.gets(f"{self.source}/{name}")

    def installs(self) -> None:
        """All that an installer does, from its first DHCP to its last report. Raises Stopped."""
        self.installer_asks()
        self.answers()
        self.stage("installation-start")
        self.packages()
        root = self.folder / "root"
        (root / "boot").mkdir(parents=True, exist_ok=True)
        self.stage("filesystem-populated", str(root))
        self.stage("installation-complete", "0")


@contextmanager
def machine(network: Network, mac: str, folder: Path, **more: str) -> Iterator[Machine]:
    """One that is plugged in."""
    folder.mkdir(parents=True, exist_ok=True)
    with network.plugged(mac) as (where, cable):
        yield Machine(where, cable, mac, folder, **more)
