"""The boot loader, the installer's own ways, and drivers."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.answers import Answers, Bootloader, DriverVariant, Oem
from pxeserve.answerfile.writing.fitting import Fitting
from pxeserve.answerfile.writing.markup import Element, yes_no

_LOCATIONS = ("mbr", "partition")


def bootloader(fitting: Fitting, wanted: Bootloader | None) -> Bootloader | None:
    """The boot loader, as far as the generation has a choice."""
    if wanted is None:
        return None
    if not fitting.reads("bootloader"):
        fitting.unread("bootloader", wanted.kind or wanted.location or "", "bootloader")
        return None
    location, entry = _location(fitting, wanted.location), wanted.write_boot_entry
    if entry is not None and not fitting.facts.has("bootloader", "write-boot-entry"):
        instead = "an entry is written wherever there is UEFI" if fitting.facts.since("7.0") else "there is no UEFI"
        fitting.lose("bootloader.write-boot-entry", yes_no(entry), f"{fitting.them} do not read it", instead)
        entry = None
    kind = _kind(fitting, wanted.kind, said=location is not None or entry is not None)
    kept = Bootloader(kind, location, entry)
    return kept if kept != Bootloader() or (wanted == Bootloader() and "" in fitting.facts.words("bootloader")) else None


def _location(fitting: Fitting, wanted: str | None) -> str | None:
    if wanted is None:
        return None
    field = "bootloader.location"
    if not fitting.facts.has("bootloader", "location"):
        fitting.lose(field, wanted, f"{fitting.them} do not read location", "it goes into the master boot record")
        return None
    if wanted not in _LOCATIONS:
        fitting.refuse(field, wanted, f"Unexpected key {wanted} for attribute", "they stop", "mbr or partition")
    return wanted


def _kind(fitting: Fitting, wanted: str, *, said: bool) -> str:
    """The kind to write. Where an empty element is refused, one that is there at all must name the kind."""
    known = [word for word in fitting.facts.words("bootloader") if word]
    if wanted in known:
        return wanted
    if wanted:
        fitting.lose("bootloader", wanted, f"{fitting.them} know {' and '.join(known)}", "they write their own")
    return known[0] if said and fitting.facts.refuses_empty_bootloader else ""


def confirmation(fitting: Fitting, wanted: bool) -> bool:
    """Whether someone must press a key before anything is done."""
    if wanted and not fitting.reads("ui-confirmation-prompt"):
        fitting.unread("ui-confirmation-prompt", "yes", "ui-confirmation-prompt")
        return False
    return wanted


def variants(fitting: Fitting, wanted: tuple[DriverVariant, ...]) -> tuple[DriverVariant, ...]:
    """The variants of drivers."""
    if wanted and not fitting.reads("selected-multiversion-drivers"):
        fitting.unread("drivers", ", ".join(one.name for one in wanted), "selected-multiversion-drivers")
        return ()
    for one in wanted:
        if one.variant is None:
            fitting.lose("drivers", one.name, "no variant is named", "an empty name is written")
    return tuple(DriverVariant(fitting.raw("drivers", one.name), fitting.raw("drivers", one.variant or "")) for one in wanted)


def oem(fitting: Fitting, wanted: Oem | None) -> Oem | None:
    """What the OEM modes alone read."""
    if wanted is None:
        return None
    if not fitting.reads("xenrt"):
        fitting.lose("oem", wanted.xenrt or "", f"{fitting.them} read it in OEM modes of 5.0 and 5.5 alone", "it is left out")
        return None
    writable = wanted.rootfs_writable
    if writable and not fitting.reads("rootfs-writable"):
        fitting.unread("oem.rootfs-writable", "yes", "rootfs-writable")
        writable = False
    if wanted.xenrt is None:
        return Oem(writable) if writable else None
    return Oem(writable, fitting.text("oem.xenrt", wanted.xenrt), fitting.word("oem.serial", wanted.serial), wanted.scorch is not False)


def elements(answers: Answers) -> Iterator[Element]:
    """What a file says about boot loader, drivers and the installer itself."""
    if answers.network_backend is not None:
        yield Element("network-backend", answers.network_backend)
    if (loader := answers.bootloader) is not None:
        yield Element("bootloader", loader.kind, {"location": loader.location, "write-boot-entry": yes_no(loader.write_boot_entry)})
    if answers.target_platform is not None:
        yield Element("target-platform", answers.target_platform)
    if answers.drivers:
        inside = [Element("driver", one.variant or "", {"name": one.name}) for one in answers.drivers]
        yield Element("selected-multiversion-drivers", "", {}, inside)
    if answers.ui_confirmation_prompt:
        yield Element("ui-confirmation-prompt", "true")
    if (wanted := answers.oem) is not None:
        if wanted.rootfs_writable:
            yield Element("rootfs-writable")
        if wanted.xenrt is not None:
            scorch = None if wanted.scorch is None else ("true" if wanted.scorch else "false")
            yield Element("xenrt", wanted.xenrt, {"serial": wanted.serial, "scorch": scorch})
