"""Reads what GRUB and iPXE are given, as far as a script that starts something at once needs: which files it loads, and with which words.

A second opinion on what `boot` writes; shares nothing with it.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from pxeserve.rehearse.menu import Entry
from pxeserve.rehearse.step import StepFailedError

_GAP = re.compile(rb"\n(?:normal|configfile) (\([a-z]+,[0-9.]+\)[!-~]+)\n")
_VENDOR, _VENDOR_CONFIG = "EFI/xenserver/grubx64.efi", "/EFI/xenserver/grub.cfg"
_DEVICE = re.compile(r"\((http|tftp),([0-9.]+)\)(/.*)")
_GRUB_FIRST = frozenset({"multiboot2", "xen_hypervisor", "linux"})
_GRUB_NEXT = frozenset({"module2", "xen_module", "initrd"})


def grub_config(image: bytes, name: str) -> str:
    """Where the GRUB image called `name` goes for its configuration: the vendor's own to a path that is fixed, others by what is written
    into them. Raises StepFailedError."""
    if name.endswith(_VENDOR):
        return _VENDOR_CONFIG
    found = _GAP.search(image)
    if found is None:
        raise StepFailedError("the GRUB image names no configuration, so the machine stands at a grub> prompt", "pxeserve loaders import")
    return found[1].decode()


def address(name: str, base: str, http_port: int) -> str:
    """`name` as an address: `http://...`, or `tftp:PATH`. GRUB writes devices, or nothing for the server it was loaded from."""
    if name.startswith("http://"):
        return name
    found = _DEVICE.fullmatch(name)
    if found is None:
        return f"tftp:{name if name.startswith('/') else base + '/' + name}"
    protocol, server, path = found.groups()
    IPv4Address(server)
    if protocol == "tftp":
        return f"tftp:{path}"
    if http_port != 80:
        raise StepFailedError(f"{name}: GRUB asks port 80 only, and this server's HTTP is on {http_port}", "set [http] port = 80")
    return f"http://{server}{path}"


def grub(text: str) -> Entry:
    """What GRUB starts by itself. Raises StepFailedError for a script that starts nothing and does not leave."""
    parts: list[tuple[str, str]] = []
    chained = left = False
    for line in text.splitlines():
        words = _words(line)
        if words[:1] == ["if"]:
            words = words[1:]
        elif words[:1] == ["elif"]:
            continue  # the second way to the same file
        verb, *rest = words or [""]
        if verb in _GRUB_FIRST | _GRUB_NEXT and rest:
            parts.append((rest[0], " ".join(rest[1:])))
        chained = chained or verb == "chainloader"
        left = left or verb == "exit"
    if parts:
        return Entry("grub.cfg", "" if "linux" in text.split() else "grub", tuple(parts))
    if chained or left:
        return Entry("grub.cfg", "", (), local=True)
    raise StepFailedError("the configuration starts nothing and does not leave: the machine stands at a grub> prompt")


def ipxe(text: str) -> Entry:
    """What iPXE starts by itself; a `chain` is a part of its own. Raises StepFailedError."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith("#!ipxe"):
        raise StepFailedError("the script does not begin with #!ipxe, so iPXE takes it for a program")
    parts: list[tuple[str, str]] = []
    verbs = []
    for line in lines[1:]:
        words = line.split(" || ")[0].split()
        if not words or words[0].startswith((":", "#")):
            continue
        verb, *rest = words
        verbs.append(verb)
        if verb in ("kernel", "module", "initrd", "chain"):
            while rest and rest[0].startswith("--"):
                rest = rest[2:] if rest[0] == "--name" else rest[1:]
            parts.append((rest[0], " ".join(rest[1:])))
    if parts:
        return Entry("boot.ipxe", "chain" if "chain" in verbs else "xen" if "module" in verbs else "", tuple(parts))
    if "exit" in verbs or "sanboot" in verbs:
        return Entry("boot.ipxe", "", (), local=True)
    raise StepFailedError("the script starts nothing and does not leave: the machine stands at an iPXE prompt")


def _words(line: str) -> list[str]:
    """The words of one command, without quotes and without what follows a semicolon outside of them."""
    words, word, quoted = [], "", False
    for char in line.strip() + ";":
        if char == "'":
            quoted = not quoted
        elif not quoted and char in " ;":
            if word:
                words.append(word)
            word = ""
            if char == ";":
                break
        else:
            word += char
    return words
