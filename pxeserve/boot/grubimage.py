"""GRUB images of our own: made once by grub-mkimage when loaders are imported, filled in when a machine asks.

A network GRUB has to be told where its configuration lies before it can read any. Ours holds a gap of fixed length where that is
written: the server, and the boot it belongs to. So it needs neither DHCP options nor a fixed path, and works beside any DHCP server.

Everything it may need is inside, so it never fetches a module, which would have to be of the very same build.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

X64 = "grubx64.efi"
GAP = 512
"""Bytes of the gap: what is written into it is padded with line feeds."""

_MARK = b"set pxeserve="
_BLANK = _MARK + b"." * (GAP - len(_MARK) - 1) + b"\n"
_LARGEST = 8 << 20
_MODULES = (
    "net", "efinet", "tftp", "http", "normal", "configfile", "echo", "test", "true", "sleep", "boot", "chain", "linux", "reboot", "halt",
    "search", "search_fs_file", "part_gpt", "part_msdos", "fat", "gzio", "minicmd", "ls",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A platform that images are made for: GRUB's name of it, the file, further modules, and Debian's package."""

    name: str
    file: str
    modules: tuple[str, ...]
    package: str


TARGETS = (
    Target("x86_64-efi", X64, ("multiboot2",), "grub-efi-amd64-bin"),
    Target("i386-efi", "grubia32.efi", (), "grub-efi-ia32-bin"),
    Target("arm64-efi", "grubaa64.efi", (), "grub-efi-arm64-bin"),
)
GET = {one.file: f"apt install grub-common {one.package}, then pxeserve loaders import" for one in TARGETS}
FILES = frozenset(GET)


_SMBIOS = "smbios"
"""By this an image can say its machine's serial number; not every platform's GRUB has it."""


class ImageError(Exception):
    """An image that cannot be made or filled in; the message says why."""


def make(modules: Path, target: Target) -> bytes:
    """An image from the modules in `modules`, with its gap still blank. Raises ImageError."""
    with tempfile.TemporaryDirectory(prefix="pxeserve-grub.") as folder:
        config, image = Path(folder) / "early.cfg", Path(folder) / target.file
        config.write_bytes(_BLANK)
        paths = ["-d", str(modules), "-O", target.name, "-c", str(config), "-p", "", "-o", str(image)]
        there = (_SMBIOS,) if (modules / f"{_SMBIOS}.mod").is_file() else ()
        command = ["grub-mkimage", *paths, *_MODULES, *target.modules, *there]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        except FileNotFoundError:
            raise ImageError("grub-mkimage is not installed") from None
        except subprocess.TimeoutExpired:
            raise ImageError("grub-mkimage did not end within a minute") from None
        if done.returncode:
            raise ImageError(f"grub-mkimage: {done.stderr.strip()}")
        content = image.read_bytes()
    check(content)
    return content


def check(content: bytes) -> None:
    """Raises ImageError unless `content` is an EFI program of ours with exactly one blank gap."""
    if content[:2] != b"MZ" or len(content) > _LARGEST or content.count(_BLANK) != 1:
        raise ImageError("no GRUB image made by pxeserve: it has no gap to be filled in")


def says_serial(content: bytes) -> bool:
    """Whether the image can say its machine's serial number: those that earlier releases made cannot."""
    return f"\0{_SMBIOS}\0".encode() in content


def filled(content: bytes, lines: Iterator[str] | tuple[str, ...]) -> bytes:
    """The image with `lines` in its gap, as long as before. Raises ImageError when they do not fit.

    GRUB reads them with its rescue parser: commands and variables, nothing else, so never a character that it would take for its own.
    """
    text = "".join(f"{line}\n" for line in lines).encode("ascii")
    if len(text) > GAP:
        raise ImageError(f"{len(text)} bytes do not fit into the {GAP} of the image's gap")
    if not re.fullmatch(rb"[A-Za-z0-9 ()$_,./:=\n-]*", text):
        raise ImageError(f"{text!r} would be misread by GRUB")
    return content.replace(_BLANK, text.ljust(GAP, b"\n"), 1)


def early(base: str, config: str, *, configure: bool) -> tuple[str, ...]:
    """The lines that lead to the file `config` beneath `base`, such as `(http,10.77.0.1)/b/...`; `configure` asks DHCP for an address
    first, for firmware that hands GRUB none.

    Quirk `grub-asks-the-address-server`: its lists of commands are looked for on `root` whatever else is set, and that is the address
    server where the file came in the proxy's offer: five minutes of silence there, an error at once from us.
    """
    device = base.partition(")")[0].removeprefix("(")
    return (*(("net_bootp",) if configure else ()), "set prefix=", f"set root={device}", f"normal {base}/{config}")
