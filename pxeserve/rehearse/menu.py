"""Reads a pxelinux menu as pxelinux does, as far as an entry that starts at once needs: which files it loads, and with which words.

A second opinion on what `boot` writes; shares nothing with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.rehearse.step import StepFailedError


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry that is started. `module` is the .c32 that loads it, "" for a plain kernel; `parts` are files, each with its words, in the
    order in which they are loaded; `local` says that it leaves the network boot."""

    label: str
    module: str
    parts: tuple[tuple[str, str], ...]
    local: bool = False

    def kernel_words(self) -> str:
        """The words that the Linux kernel gets: those of the second part behind mboot.c32, else of the first."""
        index = 1 if self.module and len(self.parts) > 1 else 0
        return self.parts[index][1] if self.parts else ""


def names(mac: str, address: IPv4Address) -> list[str]:
    """What pxelinux asks for, in its order: hardware type and MAC, the address in hex less a digit each time, `default`."""
    digits = address.packed.hex().upper()
    return [f"01-{mac.replace(':', '-')}", *(digits[:size] for size in range(8, 0, -1)), "default"]


def read(text: str) -> Entry:
    """The entry that `text` starts by itself. Raises StepFailedError for a menu that would stand still or load nothing."""
    default, labels, prompts = "", _labels(text), False
    for word, rest in _lines(text):
        if word == "default":
            default = rest.split()[0] if rest else ""
        elif word == "prompt":
            prompts = rest.strip() not in ("", "0")
    if prompts:
        raise StepFailedError("the menu asks at the machine's screen, and nobody is there")
    found = labels.get(default.lower())
    if found is None:
        raise StepFailedError(f"the menu's default {default!r} is none of its entries")
    return _entry(default, found)


def _lines(text: str) -> list[tuple[str, str]]:
    lines = []
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word and not word.startswith("#"):
            lines.append((word.lower(), rest.strip()))
    return lines


def _labels(text: str) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for word, rest in _lines(text):
        if word == "label":
            current = labels.setdefault(rest.lower(), {})
        elif current is not None:
            current[word] = rest
    return labels


def _entry(label: str, lines: dict[str, str]) -> Entry:
    kernel = lines.get("kernel") or lines.get("linux") or lines.get("com32") or ""
    append = lines.get("append", "")
    if "localboot" in lines or (kernel.endswith("chain.c32") and append.startswith("hd")):
        return Entry(label, "", (), local=True)
    if not kernel:
        raise StepFailedError(f"the menu's entry {label!r} names no kernel")
    if kernel.endswith("mboot.c32"):
        parts = _modules(append)
        if not all(parts):
            raise StepFailedError(f"the menu's entry {label!r} has an empty part between its hyphens")
        return Entry(label, kernel, tuple((part[0], " ".join(part[1:])) for part in parts))
    initrd = lines.get("initrd") or _word(append, "initrd")
    files = [(kernel, append)] + [(name, "") for name in initrd.split(",") if name]
    return Entry(label, "", tuple(files))


def _modules(append: str) -> list[list[str]]:
    """The words of each module: three hyphens part them (mboot.c32)."""
    parts: list[list[str]] = [[]]
    for one in append.split():
        if one == "---":
            parts.append([])
        else:
            parts[-1].append(one)
    return parts


def _word(append: str, name: str) -> str:
    return next((word.removeprefix(f"{name}=") for word in append.split() if word.startswith(f"{name}=")), "")


def word(words: str, name: str) -> str | None:
    """The value of `name=` among `words`, or None."""
    return next((one.partition("=")[2] for one in words.split() if one.startswith(f"{name}=")), None)
