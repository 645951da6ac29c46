"""The pxelinux menu for a decision: always one entry, started at once, so that nobody at the machine has to choose.

Works from the decision alone and gives text. Refuses to know who is armed and where files lie; the names it writes are
relative to the boot file's folder (`m/MEDIUM/...`, `f/...`, and `i/INSTALL/...` for the file whose delivery consumes an install).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pxeserve.domain.decide import Decision, Target
from pxeserve.domain.host import BootWords, PlainBoot
from pxeserve.domain.install import Install
from pxeserve.domain.medium import BootFiles
from pxeserve.errors import PxeserveError

MAX_APPEND = 2047
"""Longest `append` line, in bytes: the command line that SYSLINUX hands over (doc/syslinux.txt); mboot.c32 alone takes 4 KiB."""

MAX_KERNEL_WORDS = 1023
"""Longest kernel part, in bytes: Xen passes at most 1 KiB to dom0."""

MBOOT = "mboot.c32"
_SERIAL = re.compile(r"ttyS([01]),(\d{4,6})(?:n8)?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9_+.,@:%~^=/-]+", re.ASCII)


class MenuError(PxeserveError):
    """A menu that no loader would read as it is meant; the message names the part and the profile's key."""


@dataclass(frozen=True, slots=True)
class _Serial:
    """A serial console: port number as BIOS and Xen's `com` count it less one, and baud."""

    port: int
    speed: int

    @property
    def tty(self) -> str:
        return f"ttyS{self.port}"

    @property
    def com(self) -> str:
        return f"com{self.port + 1}"


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


def menu(decision: Decision, *, answerfile_url: str | None = None) -> bytes:
    """The configuration file for `decision`. `answerfile_url` belongs to an unattended installer and to nothing else.

    Raises MenuError when a word or a path cannot stand in a menu, or the entry is longer than its readers take.
    """
    profile, install = decision.profile, decision.install
    words = profile.words if profile else BootWords()
    who = decision.host.name if decision.host else "this machine"
    if decision.target is Target.INSTALLER and decision.medium and decision.medium.boot and install:
        medium = decision.medium
        assert medium.boot is not None
        append = _installer(medium.name, medium.dialect, medium.boot, install, words, answerfile_url)
        return _entry("install", f"{who} installs {medium.name}", [f"kernel {MBOOT}", f"append {append}"], words)
    if decision.target is Target.PLAIN and profile and profile.plain and install:
        return _entry("plain", f"{who} boots the files of {profile.name}", _plain(profile.plain, install), words)
    return own_disk(who, words)


def own_disk(who: str, words: BootWords = BootWords()) -> bytes:  # noqa: B008 - frozen
    """The menu that leaves the network boot.

    `localboot 0` is PXELINUX's own way out: it unloads the network stack and returns to the ROM, which tells the BIOS to try the
    next device. -1 is ISOLINUX's (report failure by INT 18h) and undefined here; iPXE's ROM and SeaBIOS go on to the disk on 0.
    """
    return _entry("own-disk", f"{who} boots its own disk", ["localboot 0"], words)


def _entry(label: str, says: str, lines: Sequence[str], words: BootWords) -> bytes:
    serial = _serial(words)
    head = [f"serial {serial.port} {serial.speed}"] if serial else []
    body = [
        *head,
        f"# pxeserve: {_word(says, 'name')}",
        f"default {label}",
        "prompt 0",
        "noescape 1",
        f"label {label}",
        *(f"  {line}" for line in lines),
    ]
    return ("\n".join(body) + "\n").encode("ascii", "replace")


def _installer(medium: str, dialect: str, boot: BootFiles, install: Install, words: BootWords, answerfile_url: str | None) -> str:
    serial = _serial(words)
    consoles = _CONSOLES.get(dialect, _MODERN)
    xen = [_path(f"m/{medium}/{boot.xen}")]
    if words.dom0_mem:
        xen.append(_word(f"dom0_mem={words.dom0_mem}", "dom0_mem"))
    xen += [f"{serial.com}={serial.speed},8n1", f"console={serial.com},{consoles.screen}"] if serial else ["console=vga"]
    xen.append(_word(words.xen_args, "xen_args"))
    kernel = [_path(f"m/{medium}/{boot.kernel}")]
    kernel.append(consoles.kernel.format(tty=serial.tty, speed=serial.speed) if serial else "console=tty0")
    kernel.append(_word(words.kernel_args, "kernel_args"))
    if not install.interactive:
        if answerfile_url is None:
            raise MenuError("an unattended installation needs the address of its answerfile")
        kernel += [f"answerfile={_path(answerfile_url)}", "install"]
    if serial and consoles.output:
        kernel.append(f"output={serial.tty}")
    consumed = "" if install.wants_answerfile else f"i/{install.id}/"
    return _multiboot([xen, kernel, [_path(f"{consumed}m/{medium}/{boot.initrd}")]])


def _multiboot(parts: Sequence[Sequence[str]]) -> str:
    """`parts`, each a file and its words, in mboot.c32's syntax: three hyphens between modules."""
    texts = [" ".join(word for word in part if word) for part in parts]
    for text in texts[1:]:
        _bounded(text, MAX_KERNEL_WORDS, "the words after the kernel")
    return _bounded(" --- ".join(texts), MAX_APPEND, "the boot entry")


def _plain(plain: PlainBoot, install: Install) -> list[str]:
    consumed = f"i/{install.id}/f/"
    if plain.multiboot:
        parts = [part.split() for part in plain.multiboot]
        if not all(parts):
            raise MenuError("boot.multiboot: a part names no file")
        last = len(parts) - 1
        named = [[_path((consumed if i == last else "f/") + part[0].lstrip("/"))] for i, part in enumerate(parts)]
        words = [[_word(" ".join(part[1:]), "multiboot")] for part in parts]
        return [f"kernel {MBOOT}", "append " + _multiboot([[*name, *rest] for name, rest in zip(named, words, strict=True)])]
    kernel, initrd = plain.kernel.lstrip("/"), plain.initrd.lstrip("/")
    lines = [f"linux {_path(('f/' if initrd else consumed) + kernel)}"]
    if initrd:
        lines.append(f"initrd {_path(consumed + initrd)}")
    if plain.args.strip():
        lines.append("append " + _bounded(_word(plain.args, "args"), MAX_APPEND, "boot.args"))
    return lines


def _serial(words: BootWords) -> _Serial | None:
    if not words.serial:
        return None
    found = _SERIAL.fullmatch(words.serial)
    if found is None:
        raise MenuError(f"boot.serial: {words.serial!r} is not a serial port such as ttyS0,115200")
    return _Serial(int(found[1]), int(found[2]))


def _word(text: str, key: str) -> str:
    """`text` with its blanks tidied; refuses what would end the line or the module."""
    if not text.isascii() or not text.isprintable():
        raise MenuError(f"boot.{key}: {text!r} holds a line break or a character that a boot loader cannot read")
    words = text.split()
    if "---" in words:
        raise MenuError(f"boot.{key}: --- would begin another module", fix="leave the hyphens out; pxeserve writes them")
    return " ".join(words)


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise MenuError(f"{text!r} cannot stand in a boot entry: a path there has no blanks and only plain ASCII")
    return text


def _bounded(text: str, limit: int, what: str) -> str:
    if len(text) > limit:
        raise MenuError(f"{what}: {len(text)} bytes, and the boot loader reads {limit}", fix="shorten xen_args, kernel_args or the paths")
    return text
