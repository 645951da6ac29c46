"""A real `pxeserve serve` on the test network, with a 4.1 medium whose RAM disk is the small installer."""

from __future__ import annotations

import bz2
import hashlib
import io
import json
import os
import pwd
import selectors
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pxeserve.repo.sample import make_modern_sample

MAC = "52:54:00:77:00:01"
USER = "nobody"
PATIENCE = 90.0
PXESERVE = Path(sys.executable).parent / "pxeserve"
CONFIG = """
[server]
data = "{data}"
interface = "br0"
address = "10.77.0.1"
user = "{user}"
{dhcp}
[answerfile]
allow_plaintext = true
"""
DHCP = {
    "server": """
[dhcp]
mode = "server"
[[dhcp.subnet]]
network = "10.77.0.0/24"
range = ["10.77.0.100", "10.77.0.149"]
router = "10.77.0.1"
""",
    "proxy": "",
    "off": '[dhcp]\nmode = "off"\n',
}


WITH_RPCBIND = (
    "sh", "-c",
    "mount -t tmpfs none /run && mkdir /run/rpcbind || exit 1; rpcbind -f -w >/dev/null 2>&1 & portmapper=$!; "
    "until rpcinfo -p 127.0.0.1 >/dev/null 2>&1; do :; done; "
    'trap "kill \\$served" TERM; "$@" & served=$!; wait $served; wait $served; kill $portmapper', "sh",
)  # fmt: skip
"""Before a command: a portmapper of this namespace's own, and a /run where nobody finds the machine's."""


def archive(name: str, size: int) -> bytes:
    """A .tar.bz2 with one file of `size` bytes that do not compress away."""
    content = b"".join(hashlib.sha256(f"{name}{i}".encode()).digest() for i in range(size // 32))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(f"etc/{name}")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return bz2.compress(out.getvalue())


def lay_repository(folder: Path, label: str, packages: list[tuple[str, str, str, bytes]]) -> None:
    """A repository in 4.1's text format; each package is name, kind with its words before the file, words after it, content."""
    folder.mkdir()
    folder.joinpath("XS-REPOSITORY").write_text(f"{label}\n{label} pack\nXenServer\n4.1.0-7843\n")
    lines = []
    for name, kind, rest, content in packages:
        file = {"tbz2 required": f"{name}.tar.bz2", "driver": f"{name}.ko", "firmware": f"{name}.bin"}[kind]
        folder.joinpath(file).write_bytes(content)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        lines.append(f"{name} {len(content)} {digest} {kind} {file} {rest}".rstrip())
    folder.joinpath("XS-PACKAGES").write_text("\n".join(lines) + "\n")


def open_folder() -> Path:
    """A new folder that the service's user can reach; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="pxeserve-boot-", dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def medium(kernels, install_img: bytes) -> Iterator[Path]:
    """A 4.1 tree as two CDs copied into one folder make it."""
    folder = open_folder()
    tree = folder / "xs41"
    (tree / "boot").mkdir(parents=True)
    shutil.copy(kernels.xen, tree / "boot/xen.gz")
    shutil.copy(kernels.vmlinuz, tree / "boot/vmlinuz")
    (tree / "install.img").write_bytes(install_img)
    driver = "/lib/modules/${KERNEL_VERSION}/extra/nic.ko"
    main = [
        ("base", "tbz2 required", "/", archive("base", 1 << 20)),
        ("docs", "tbz2 required", "/usr", archive("docs", 1 << 16)),
        ("nic", "driver", driver, b"a driver of more than a hundred bytes " * 10),
        ("fw", "firmware", "", b"firmware of more than a hundred bytes " * 10),
    ]
    lay_repository(tree / "packages.main", "xs:main", main)
    lay_repository(tree / "packages.linux", "xs:linux", [("guest", "tbz2 required", "/", archive("guest", 1 << 16))])
    lay_modern(folder / "xcp83", tree)
    yield tree
    shutil.rmtree(folder)


def lay_modern(folder: Path, tree: Path) -> None:
    """An XCP-ng 8.3 tree with the same boot files; what it calls packages is no RPM but named as such."""
    make_modern_sample(folder, "xcp-8.3")
    for name in ("boot/xen.gz", "boot/vmlinuz", "install.img"):
        shutil.copy(tree / name, folder / name)


class Stranger:
    """Another machine on the network, with an address that nobody lent it."""

    def __init__(self, lan: Any) -> None:
        self._lan = lan
        lan.run("ip", "addr", "add", "10.77.0.200/24", "dev", "eth0", other=True)

    def tftp(self, name: str) -> str | None:
        """The file's text, or None when the server refuses."""
        got = self._lan.run("curl", "--silent", "--max-time", "20", f"tftp://10.77.0.1/{name}", other=True, check=False)
        return got.stdout if got.returncode == 0 else None

    def http(self, path: str) -> int:
        """The status of a GET."""
        form = ("--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
        return int(self._lan.run("curl", *form, f"http://10.77.0.1{path}", other=True).stdout)


class Service:
    """A running service and its command line."""

    packages: tuple[str, ...] = ("base.tar.bz2", "docs.tar.bz2", "nic.ko", "fw.bin", "guest.tar.bz2")
    """What the installer fetches, in its order."""

    def __init__(self, lan: Any, folder: Path, medium: Path, mode: str = "server", more: str = "", before: tuple[str, ...] = ()) -> None:
        self._lan = lan
        self._data = folder / "data"
        self._medium = medium
        self._config = folder / "pxeserve.toml"
        self._process: subprocess.Popen[bytes] | None = None
        user = pwd.getpwnam(USER)
        self._data.mkdir()
        os.chown(self._data, user.pw_uid, user.pw_gid)
        self._config.write_text(CONFIG.format(data=self._data, user=USER, dhcp=DHCP[mode]) + more)
        self._before: tuple[str, ...] = WITH_RPCBIND if "[nfs]" in more else before

    def cli(self, *words: str | Path) -> str:
        """`pxeserve WORDS`; its output."""
        done = self._lan.run(PXESERVE, *words, "--config", self._config, check=False)
        assert done.returncode == 0, f"pxeserve {words}: {done.stdout}{done.stderr}"
        return str(done.stdout)

    def start(self) -> None:
        """Serve, and wait for its `ready`."""
        log = self._config.with_suffix(".log").open("wb")
        command = (*self._before, PXESERVE, "serve", "--config", self._config)
        self._process = self._lan.start(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self._process.stdout is not None
        said = b""
        with selectors.DefaultSelector() as selector, log:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"] ready " not in said:  # each child says "NAME ready" before
                assert selector.select(PATIENCE), f"no ready within {PATIENCE} s: {said.decode()}"
                block = os.read(self._process.stdout.fileno(), 65536)
                assert block, f"serve ended: {said.decode()}"
                said += block

    def lay(self, place: str, text: str) -> Path:
        """A file beneath the data folder, as an administrator puts one there."""
        file = self._data / place
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    def modern(self) -> None:
        """The host installs XCP-ng 8.3 instead, which UEFI can start."""
        self.cli("host", "set", "xen01", "--profile", "rack-b")
        self.packages = tuple(f"{name}-1.0-1.x86_64.rpm" for name in ("xapi-core", "kernel", "xen-hypervisor", "host-installer-startup"))

    def stop(self) -> None:
        """Ask the service to end, and wait for it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.communicate(timeout=60)

    def wait_for(self, host: str, kind: str, because: str = "") -> dict[str, Any]:
        """The first event of `kind` that the record has, or will have, of `host`, with `because` as its last reason if one is named."""
        command = (PXESERVE, "events", "--host", host, "--follow", "--json", "--config", self._config)
        follower = self._lan.start(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert follower.stdout is not None
        said = b""
        deadline = time.monotonic() + PATIENCE
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(follower.stdout, selectors.EVENT_READ)
                while True:
                    for line in said.splitlines():
                        event = json.loads(line) if line.startswith(b"{") and line.endswith(b"}") else {"kind": ""}
                        if event["kind"] == kind and (not because or event["data"]["because"][-1]["code"] == because):
                            return dict(event)
                    assert selector.select(max(0.0, deadline - time.monotonic())), f"no {kind} within {PATIENCE} s: {said.decode()}"
                    block = os.read(follower.stdout.fileno(), 65536)
                    assert block, f"events --follow ended: {said.decode()}"
                    said += block
        finally:
            follower.kill()
            follower.communicate()

    def installed(self, disk: Path) -> list[str]:
        """Arm xen01 and power it on; what its installer said, once it is done. Its next boot is its own disk's."""
        self.cli("host", "install", "xen01", "--yes")
        machine = self._lan.power_on(MAC, disk, "bios-plain")
        machine.until("@@ DONE", "@@ FAILED", "OWN DISK")
        machine.end()
        assert machine.markers[-1] == "DONE", machine.text[-2000:]
        fetched = [line.split()[1] for line in machine.markers if line.startswith("PACKAGE")]
        assert fetched == list(self.packages)
        self.wait_for("xen01", "install.done")
        again = self._lan.power_on(MAC, disk, "bios-plain")
        assert again.until("OWN DISK", "@@ STARTED") == "OWN DISK"
        return list(machine.markers)

    def wait_for_nfs(self) -> None:
        """Until status says that NFS is served in both versions."""
        deadline = time.monotonic() + PATIENCE
        while "NFS: v3 and v4" not in (said := self.cli("status")):
            assert time.monotonic() < deadline, said

    def stranger(self) -> Stranger:
        """Another machine."""
        return Stranger(self._lan)

    def use_plain_files(self) -> None:
        """The host's profile boots the kernel and RAM disk themselves."""
        files = self._data / "files"
        files.mkdir(exist_ok=True)
        shutil.copy(self._medium / "boot/vmlinuz", files / "vmlinuz")
        shutil.copy(self._medium / "install.img", files / "install.img")
        declared = {"profiles": [{"name": "rack-a", "boot": {"kernel": "vmlinuz", "initrd": "install.img", "args": "console=ttyS0"}}]}
        sheet = self._config.with_name("plain.yaml")
        sheet.write_text(json.dumps(declared))  # JSON is YAML
        self.cli("apply", sheet)


@contextmanager
def serving(lan: Any, medium: Path, mode: str, more: str = "", before: tuple[str, ...] = ()) -> Iterator[Service]:
    """Served on `br0`, with one medium, one profile and one host, xen01. `more` is added to the configuration, `before` to the command."""
    folder = open_folder()
    made = Service(lan, folder, medium, mode, more, before)
    try:
        made.cli("loaders", "import")
        made.cli("media", "import", medium, "--name", "xs41")
        made.cli("media", "import", medium.with_name("xcp83"), "--name", "xcp83")
        sheet = folder / "site.yaml"
        sheet.write_text(json.dumps(SITE))
        made.cli("apply", sheet)
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)


@pytest.fixture
def service(lan, medium: Path) -> Iterator[Service]:
    """As this network's DHCP server."""
    with serving(lan, medium, "server") as made:
        yield made


@pytest.fixture
def published(lan, medium: Path) -> Iterator[Service]:
    """As this network's DHCP server, with the media over NFS and FTP too."""
    for program in ("ganesha.nfsd", "rpcbind"):
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"):
            pytest.skip(f"{program} is not installed")
    with serving(lan, medium, "server", "[nfs]\nenabled = true\n[ftp]\nenabled = true\n") as made:
        made.wait_for_nfs()
        yield made


@pytest.fixture
def beside(lan, medium: Path) -> Iterator[Service]:
    """In proxy mode, beside a dnsmasq that only gives addresses."""
    with dnsmasq(lan), serving(lan, medium, "proxy") as made:
        yield made


@pytest.fixture
def off(lan, medium: Path) -> Iterator[Service]:
    """Without DHCP: another server names the loaders."""
    with serving(lan, medium, "off") as made:
        yield made


@contextmanager
def dnsmasq(lan: Any, *more: str) -> Iterator[None]:
    """An ordinary DHCP server, in the namespace of the other client, at 10.77.0.2."""
    lan.run("ip", "addr", "add", "10.77.0.2/24", "dev", "eth0", other=True)
    process = lan.start(
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces", "--leasefile-ro",
        "--dhcp-authoritative", "--no-ping", "--user=root", "--pid-file=", "--dhcp-range=10.77.0.200,10.77.0.249,1h", *more, other=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


SITE = {
    "profiles": [
        {
            "name": "rack-a",
            "medium": "xs41",
            "answerfile": {
                "primary-disk": "sda",
                "root-password": "s3cretword",
                "timezone": "Europe/London",
                "keymap": "us",
                "admin-interface": {"name": "eth0", "proto": "dhcp"},
            },
            "boot": {"serial": "ttyS0,115200", "dom0_mem": "512M", "kernel_args": "console=hvc0"},
        },
        {"name": "rack-b", "parent": "rack-a", "medium": "xcp83"},
    ],
    "hosts": [{"name": "xen01", "mac": MAC, "profile": "rack-a"}],
}
