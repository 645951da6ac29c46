"""What a machine is to load, for whichever loader runs on it: files in their order, each with its words.

Works from the decision alone. Refuses to know how any loader spells it, who is armed and where files lie; the names it gives are relative
to the boot file's folder (`m/MEDIUM/...`, `f/...`, and `i/INSTALL/...` for the file whose delivery consumes an install).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pxeserve.boot.installer import WordError, kernel_words
from pxeserve.domain.decide import Decision, Target
from pxeserve.domain.host import BootWords, PlainBoot
from pxeserve.domain.install import Install
from pxeserve.domain.medium import BootFiles, Medium
from pxeserve.errors import PxeserveError

MAX_KERNEL_WORDS = 1023
"""Longest kernel part, in bytes: Xen passes at most 1 KiB to dom0."""

_BEFORE_UEFI = frozenset({"4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5"})
"""Generations whose media have no UEFI boot code (XenServer 7.0 was the first that had)."""

ASKED_FIRST = "menu: asked for its serial number"
"""The rule by which a loader gets no menu yet: it is to ask again, and say what machine it runs on."""

SAYS = "?serial="
"""So begins what it says then, behind the menu's name."""

_SERIAL = re.compile(r"ttyS([01]),(\d{4,6})(?:n8)?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_+.,@:%~^=/-]+", re.ASCII)


class MenuError(PxeserveError):
    """A menu that no loader would read as it is meant; the message names the part and the profile's key."""


class Load(StrEnum):
    """What the parts of an entry are."""

    XEN = "xen"            # hypervisor and modules, by the multiboot protocol (1 for BIOS, 2 for UEFI)
    XEN_BIOS = "xen-bios"  # the same before XenServer 7.0: multiboot 1 alone, which only a BIOS can start
    XEN_EFI = "xen-efi"    # the same, the hypervisor being an EFI program that only its vendor's GRUB can load (XenServer 9)
    LINUX = "linux"        # a kernel and its RAM disk
    OWN_DISK = "own-disk"  # nothing: leave the network boot


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial console: port number as BIOS and Xen's `com` count it less one, and baud."""

    port: int
    speed: int

    @property
    def tty(self) -> str:
        """As Linux names it."""
        return f"ttyS{self.port}"

    @property
    def com(self) -> str:
        """As Xen names it."""
        return f"com{self.port + 1}"


@dataclass(frozen=True, slots=True)
class Part:
    """One file and the words behind it."""

    file: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.file} {self.words}".rstrip()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is loaded. `says` is a sentence for whoever reads the menu; `leave` is how the profile wants its own disk reached."""

    label: str
    says: str
    load: Load
    parts: tuple[Part, ...] = ()
    serial: Serial | None = None
    leave: str = ""


@dataclass(frozen=True, slots=True)
class _Consoles:
    """How one generation of installers spells consoles: Xen's word for the screen, the kernel's words, and whether the installer
    has to be told which terminal owns the installation."""

    screen: str
    kernel: str
    output: bool


_FIRST_GENERATION = _Consoles("tty", "console=tty0 console={tty},{speed}n8", True)
_MODERN = _Consoles("vga", "console=hvc0 console=tty0", False)
_CONSOLES = {"4.1": _FIRST_GENERATION, "5.0": _FIRST_GENERATION, "5.5": _FIRST_GENERATION}


def entry(decision: Decision, *, answerfile_url: str | None = None) -> Entry:
    """The entry for `decision`. `answerfile_url` belongs to an unattended installer and to nothing else.

    Raises MenuError when a word or a path cannot stand in a menu, or the entry is longer than its readers take.
    """
    profile, install, medium = decision.profile, decision.install, decision.medium
    words = profile.words if profile else BootWords()
    who = decision.host.name if decision.host else "this machine"
    if decision.target is Target.INSTALLER and medium and medium.boot and install:
        load = load_of(medium)
        try:
            parts = _installer(medium.name, medium.dialect, medium.boot, install, words, answerfile_url)
        except WordError as error:
            raise MenuError(error.message, fix=error.fix) from None
        return Entry("install", says(f"{who} installs {medium.name}"), load, parts, serial(words))
    if decision.target is Target.PLAIN and profile and profile.plain and install:
        load = Load.XEN if profile.plain.multiboot else Load.LINUX
        return Entry("plain", says(f"{who} boots the files of {profile.name}"), load, _plain(profile.plain, install), serial(words))
    return own_disk(who, words)


def load_of(medium: Medium) -> Load:
    """What a medium that has boot files needs of a loader."""
    if medium.boot is None:
        return Load.OWN_DISK
    if medium.boot.xen.endswith(".efi"):
        return Load.XEN_EFI
    return Load.XEN_BIOS if medium.dialect in _BEFORE_UEFI else Load.XEN


def own_disk(who: str, words: BootWords = BootWords()) -> Entry:  # noqa: B008 - frozen
    """The entry that leaves the network boot."""
    return Entry("own-disk", says(f"{who} boots its own disk"), Load.OWN_DISK, (), serial(words), words.leave)


def says(text: str) -> str:
    """`text` as it may stand in a comment of a menu."""
    return word(text, "name")


def serial(words: BootWords) -> Serial | None:
    """The serial console that `words` ask for. Raises MenuError when it is none."""
    if not words.serial:
        return None
    found = _SERIAL.fullmatch(words.serial)
    if found is None:
        raise MenuError(f"boot.serial: {words.serial!r} is not a serial port such as ttyS0,115200")
    return Serial(int(found[1]), int(found[2]))


def word(text: str, key: str) -> str:
    """`text` with its blanks tidied; refuses what would end the line or the module."""
    if not text.isascii() or not text.isprintable():
        raise MenuError(f"boot.{key}: {text!r} holds a line break or a character that a boot loader cannot read")
    words = text.split()
    if "---" in words:
        raise MenuError(f"boot.{key}: --- would begin another module", fix="leave the hyphens out; pxeserve writes them")
    return " ".join(words)


def path(text: str) -> str:
    """`text` when it can stand in a menu as a file's name."""
    if not _PATH.fullmatch(text):
        raise MenuError(f"{text!r} cannot stand in a boot entry: a path there has no blanks and only plain ASCII")
    return text


def bounded(text: str, limit: int, what: str) -> str:
    """`text` when its reader takes it whole."""
    if len(text) > limit:
        raise MenuError(f"{what}: {len(text)} bytes, and the boot loader reads {limit}", fix="shorten xen_args, kernel_args or the paths")
    return text


def _installer(
    medium: str, dialect: str, boot: BootFiles, install: Install, words: BootWords, answerfile_url: str | None
) -> tuple[Part, ...]:
    port = serial(words)
    consoles = _CONSOLES.get(dialect, _MODERN)
    xen = [word(f"dom0_mem={words.dom0_mem}", "dom0_mem")] if words.dom0_mem else []
    xen += [f"{port.com}={port.speed},8n1", f"console={port.com},{consoles.screen}"] if port else ["console=vga"]
    xen.append(word(words.xen_args, "xen_args"))
    kernel = [consoles.kernel.format(tty=port.tty, speed=port.speed) if port else "console=tty0"]
    kernel.append(word(words.kernel_args, "kernel_args"))
    kernel += [word(one, "kernel_args") for one in kernel_words(dialect, words)]
    if not install.interactive:
        if answerfile_url is None:
            raise MenuError("an unattended installation needs the address of its answerfile")
        kernel += [f"answerfile={path(answerfile_url)}", "install"]
    if port and consoles.output:
        kernel.append(f"output={port.tty}")
    consumed = "" if install.wants_answerfile else f"i/{install.id}/"
    return _modules(
        Part(path(f"m/{medium}/{boot.xen}"), _joined(xen)),
        Part(path(f"m/{medium}/{boot.kernel}"), _joined(kernel)),
        Part(path(f"{consumed}m/{medium}/{boot.initrd}")),
    )


def _plain(plain: PlainBoot, install: Install) -> tuple[Part, ...]:
    consumed = f"i/{install.id}/f/"
    if plain.multiboot:
        parts = [part.split() for part in plain.multiboot]
        if not all(parts):
            raise MenuError("boot.multiboot: a part names no file")
        last = len(parts) - 1
        return _modules(
            *(
                Part(path((consumed if i == last else "f/") + part[0].lstrip("/")), word(" ".join(part[1:]), "multiboot"))
                for i, part in enumerate(parts)
            )
        )
    kernel, initrd = plain.kernel.lstrip("/"), plain.initrd.lstrip("/")
    first = Part(path(("f/" if initrd else consumed) + kernel), word(plain.args, "args"))
    return (first, Part(path(consumed + initrd))) if initrd else (first,)


def _modules(*parts: Part) -> tuple[Part, ...]:
    for part in parts[1:]:
        bounded(str(part), MAX_KERNEL_WORDS, "the words after the kernel")
    return parts


def _joined(words: Sequence[str]) -> str:
    return " ".join(one for one in words if one)
