"""A network of our own, machines in QEMU on it, and the small installer that they boot. Needs root; touches no other network."""

from __future__ import annotations

import gzip
import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.once import one_at_a_time

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
CACHE = CHECKOUT / ".cache" / "boot"
PATIENCE = 420.0
"""Seconds for one boot: everything is emulated, on machines that have other work."""

MODULES = (
    "e1000", "virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover", "net_failover",
    "virtio_net",
)  # fmt: skip
"""Cards of the machines, in the order in which their modules need one another."""

NFS_MODULES = ("sunrpc", "grace", "lockd", "netfs", "fscache", "nfs_acl", "dns_resolver", "nfs", "nfsv3", "nfsv4")
"""The kernel's NFS client, loaded only where packages come that way."""

SERVER = "10.77.0.1"
NETWORK = "10.77.0.0/24"


@dataclass(frozen=True, slots=True)
class Kernels:
    """Debian's hypervisor and kernel, and the modules for the machine's card and for NFS in the order of loading."""

    xen: Path
    vmlinuz: Path
    modules: tuple[Path, ...]
    nfs: tuple[Path, ...]


def _newest(name: str) -> str:
    """The newest package whose name matches the extended regular expression `name`."""
    found = subprocess.run(["apt-cache", "search", "--names-only", name], capture_output=True, text=True, check=True).stdout
    names = sorted((line.split()[0] for line in found.splitlines()), key=lambda one: [int(x) if x.isdigit() else 0 for x in one.split("-")])
    if not names:
        pytest.skip(f"no package {name}: the package lists are empty (apt-get update)")
    return names[-1]


@pytest.fixture(scope="session")
def kernels() -> Kernels:
    """Unpacked into .cache once, never installed: installing would touch this machine's own boot loader."""
    root = CACHE / "root"
    with one_at_a_time(CACHE):
        if not (CACHE / "complete").exists():
            shutil.rmtree(CACHE, ignore_errors=True)
            root.mkdir(parents=True)
            for name in (r"^linux-image-6\.1\.[0-9.]*-[0-9]*-amd64$", r"^xen-hypervisor-4\.17-amd64$"):
                got = subprocess.run(["apt-get", "download", _newest(name)], cwd=CACHE, capture_output=True, text=True, check=False)
                if got.returncode:
                    pytest.skip(f"Debian's kernels cannot be had: {got.stderr.strip().splitlines()[-1:]}")
            for package in CACHE.glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", package, root], check=True)
                package.unlink()
            (CACHE / "complete").touch()
    modules = root / "lib" / "modules"
    return Kernels(
        next((root / "boot").glob("xen-*.gz")),
        next((root / "boot").glob("vmlinuz-*")),
        tuple(next(modules.rglob(f"{name}.ko")) for name in MODULES),
        tuple(next(modules.rglob(f"{name}.ko")) for name in NFS_MODULES),
    )


def cpio(entries: Sequence[tuple[str, int, bytes]]) -> bytes:
    """An initramfs in "newc" format (kernel: Documentation/driver-api/early-userspace/buffer-format.rst): name, mode, content."""
    out = bytearray()
    for inode, (name, mode, content) in enumerate((*entries, ("TRAILER!!!", 0, b"")), 1):
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % value for value in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


@pytest.fixture(scope="session")
def install_img(kernels: Kernels) -> bytes:
    """The RAM disk with the small installer."""
    folders = [(name, 0o040755, b"") for name in ("bin", "dev", "proc", "sys", "tmp", "modules", "nfs")]
    busybox = Path(shutil.which("busybox") or "/bin/busybox").read_bytes()
    files = [
        ("bin/busybox", 0o100755, busybox),
        ("init", 0o100755, (HERE / "guest_init.sh").read_bytes()),
        ("udhcpc.sh", 0o100755, (HERE / "guest_udhcpc.sh").read_bytes()),
        *((f"modules/{number:02}-{module.name}", 0o100644, module.read_bytes()) for number, module in enumerate(kernels.modules)),
        *((f"nfs/{number:02}-{module.name}", 0o100644, module.read_bytes()) for number, module in enumerate(kernels.nfs)),
    ]
    return gzip.compress(cpio([*folders, *files]), 6)


OWN_DISK = "OWN DISK"
_SECTOR = bytes.fromhex(
    "31c0 8ed8 fc be267c"       # xor ax,ax; mov ds,ax; cld; mov si,text
    "ac 84c0 7412 88c4"         # next: lodsb; test al,al; jz end; mov ah,al
    "bafd03 ec a820 74fb"       # mov dx,0x3fd; wait: in al,dx; test al,0x20; jz wait
    "88e0 baf803 ee ebe9"       # mov al,ah; mov dx,0x3f8; out dx,al; jmp next
    "b010 e6f4 f4 ebfd"         # end: mov al,0x10; out 0xf4,al (QEMU's isa-debug-exit); hlt
)
"""A boot sector that prints the text behind it on COM1 and then ends the machine."""


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A disk that says OWN DISK when a BIOS boots it."""
    image = tmp_path / "disk.img"
    sector = (_SECTOR + f"\r\n{OWN_DISK}\r\n\0".encode()).ljust(510, b"\0") + b"\x55\xaa"
    image.write_bytes(sector.ljust(1 << 20, b"\0"))
    return image


@pytest.fixture
def uefi_disk(tmp_path: Path) -> Path:
    """A folder that QEMU shows as a FAT disk; an installed XenServer's loader on it says OWN DISK when UEFI starts it."""
    folder = tmp_path / "esp"
    for place in ("EFI/xenserver/grubx64.efi", "EFI/BOOT/BOOTX64.EFI"):
        folder.joinpath(place).parent.mkdir(parents=True, exist_ok=True)
    early = tmp_path / "own-disk.cfg"
    early.write_text(f"echo {OWN_DISK}\nhalt\n")
    loader = folder / "EFI/xenserver/grubx64.efi"
    subprocess.run(["grub-mkimage", "-O", "x86_64-efi", "-p", "", "-c", early, "-o", loader, "echo", "halt", "minicmd"], check=True)
    shutil.copy(loader, folder / "EFI/BOOT/BOOTX64.EFI")
    return folder


FIRMWARE = Path("/usr/share/OVMF")
_IDE = ("-boot", "order=nc")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of machine: QEMU's options, and how its disk is given to it."""

    options: tuple[str, ...]
    disk: str


def _bios(card: str) -> Kind:
    return Kind(("-device", card + ",netdev=lan,mac={mac}", *_IDE), "file={disk},format=raw,if=ide")


def _uefi(card: str, *more: str) -> Kind:
    options = (
        "-machine", "q35", "-device", card + ",netdev=lan,mac={mac},bootindex=1", *more,
        "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.fd",
        "-drive", "if=pflash,unit=1,format=raw,file={vars}",
        "-device", "ide-hd,drive=own,bootindex=2",
    )  # fmt: skip
    return Kind(options, "file=fat:rw:{disk},format=raw,if=none,id=own")


KINDS = {
    "bios-ipxe": _bios("e1000"),             # the card's ROM is iPXE's
    "bios-plain": Kind(                      # the same iPXE, telling nobody: as near as Debian comes to a plain PXE ROM
        ("-kernel", "/usr/lib/ipxe/ipxe.lkrn", "-initrd", "{script}", "-device", "e1000,netdev=lan,mac={mac},romfile=", *_IDE),
        "file={disk},format=raw,if=ide",
    ),
    "uefi": _uefi("virtio-net-pci,romfile="),  # OVMF's own PXE
    "uefi-http": _uefi(
        "virtio-net-pci,romfile=", "-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n",
        "-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n",
    ),
    "uefi-ipxe": _uefi("e1000"),
}  # fmt: skip
_PLAIN_SCRIPT = "#!ipxe\nset user-class PXE\nautoboot\nsanboot --no-describe --drive 0x80\n"


@dataclass
class Machine:
    """One power-on. `serial` holds what was read of COM1 so far."""

    process: subprocess.Popen[bytes]
    serial: bytearray = field(default_factory=bytearray)

    def until(self, *markers: str) -> str:
        """Read COM1 until one of `markers` stands there; which. Fails with the end of what was said when the machine ends first."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                text = self.text
                for marker in markers:
                    if marker in text:
                        return marker
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise AssertionError(f"none of {markers} within {PATIENCE} s; COM1 ends with:\n{text[-3000:]}")
                block = os.read(self.process.stdout.fileno(), 65536)
                if not block:
                    raise AssertionError(f"the machine ended without {markers}; COM1 ends with:\n{text[-3000:]}")
                self.serial += block

    @property
    def text(self) -> str:
        """What COM1 said, as text."""
        return self.serial.decode(errors="replace").replace("\r", "")

    @property
    def markers(self) -> list[str]:
        """The installer's own lines, without their `@@ `."""
        return [line.partition("@@ ")[2].strip() for line in self.text.splitlines() if "@@ " in line]

    def end(self) -> None:
        """Wait for the power to go off; what is left on COM1 is read too."""
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.serial += rest or b""

    def kill(self) -> None:
        """Pull the plug, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


class Lan:
    """A network namespace with a bridge `br0` (10.77.0.1/24), a tap for a machine, and a second namespace for other clients."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.other = f"{name}-o"
        self._machines: list[Machine] = []
        self._captures: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Lan:
        for line in (
            f"netns add {self.name}",
            f"netns add {self.other}",
            f"-n {self.name} link set lo up",
            f"-n {self.name} link add br0 type bridge forward_delay 0 stp_state 0",
            f"-n {self.name} addr add {SERVER}/24 dev br0",
            f"-n {self.name} link set br0 up",
            f"-n {self.name} tuntap add tap0 mode tap",
            f"-n {self.name} link set tap0 master br0 up",
            f"-n {self.name} link add veth0 type veth peer name eth0 netns {self.other}",
            f"-n {self.name} link set veth0 master br0 up",
            f"-n {self.other} link set lo up",
            f"-n {self.other} link set eth0 up",
        ):
            subprocess.run(["ip", *line.split()], check=True)
        return self

    def __exit__(self, *_: object) -> None:
        for machine in self._machines:
            machine.kill()
        for capture in self._captures:
            capture.terminate()
            capture.wait()
        for name in (self.name, self.other):
            subprocess.run(["ip", "netns", "del", name], check=False)

    def run(self, *command: str | Path, other: bool = False, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command inside, on the server's side or the `other` client's."""
        space = self.other if other else self.name
        return subprocess.run(["ip", "netns", "exec", space, *map(str, command)], capture_output=True, text=True, check=check, timeout=120)

    def start(self, *command: str | Path, other: bool = False, **options: Any) -> subprocess.Popen[bytes]:
        """A command inside that goes on; who starts it ends it."""
        space = self.other if other else self.name
        return subprocess.Popen(["ip", "netns", "exec", space, *map(str, command)], **options)

    def power_on(self, mac: str, disk: Path, kind: str = "bios-ipxe", *more: str) -> Machine:
        """A machine of `kind` that boots from its card first and from `disk` next; `more` words for QEMU."""
        script, nvram = disk.with_name("plain.ipxe"), disk.with_name("nvram.fd")
        script.write_text(_PLAIN_SCRIPT)
        if kind.startswith("uefi"):
            shutil.copy(FIRMWARE / "OVMF_VARS_4M.fd", nvram)
        options = [one.format(mac=mac, script=script, vars=nvram) for one in KINDS[kind].options]
        process = self.start(
            "qemu-system-x86_64", "-accel", "tcg", "-m", "1024", "-display", "none", "-no-reboot",
            "-netdev", "tap,id=lan,ifname=tap0,script=no,downscript=no", *options, "-drive", KINDS[kind].disk.format(disk=disk),
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", "stdio", "-monitor", "none", *more,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        machine = Machine(process)
        self._machines.append(machine)
        return machine

    def capture(self, path: Path) -> None:
        """Write the DHCP on this network into the pcap file `path`, until it is taken down."""
        words = ("tcpdump", "-i", "br0", "-U", "-w", path, "udp", "port", "67", "or", "udp", "port", "68", "or", "udp", "port", "4011")
        process = self.start(*words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert process.stderr is not None
        assert b"listening" in process.stderr.readline()
        self._captures.append(process)


@pytest.fixture
def lan(request: pytest.FixtureRequest) -> Iterator[Lan]:
    """A network of our own, gone with the test. With PXESERVE_CAPTURES=FOLDER its DHCP is kept there: so tests/dhcp/captures was made."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with Lan(f"boot-{os.getpid()}") as made:
        if folder := os.environ.get("PXESERVE_CAPTURES"):
            made.capture(Path(folder) / f"{request.node.name.removeprefix('test_')}.pcap")
        yield made
