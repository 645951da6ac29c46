"""What came, against what should have come: a loader's kind of machine, and a medium's files against the sums of their import.

Refuses to know how it came.
"""

from __future__ import annotations

import re

from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.rehearse.firmware import PE_MACHINES, SPEECH
from pxeserve.rehearse.plan import Package, Plan
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_SMALLEST = 512
_PE_AT = 0x3C
_MACHINES = {0x14C: "32-bit x86", 0x8664: "x64", 0xAA64: "64-bit ARM", 0x1C4: "32-bit ARM", 0x200: "Itanium", 0xEBC: "EFI byte code"}
_IN_MEDIUM = re.compile(r"(?:^|/)(x/)?m/([^/]+)/(.+)$")
_SHAREABLE = re.compile(r"(?:^|/)((?:x/)?[mf]/.+)$")
_AGAIN = "pxeserve loaders list shows what is there; pxeserve loaders import brings it again"


def check_loader(name: str, sink: Sink, firmware: str) -> None:
    """Raises StepFailedError for bytes that this firmware would not start. `sink` must have kept the first KiB."""
    head, short = sink.content, name.rsplit("/", 1)[-1]
    if sink.size < _SMALLEST:
        raise StepFailedError(f"{short}: {sink.size} bytes are no boot loader", _AGAIN)
    arch = SPEECH[Firmware(firmware)].arch
    wanted, kind = PE_MACHINES[arch]
    if head[:2] != b"MZ":
        if wanted:
            said = f"{short} is no EFI program, and {firmware} firmware starts nothing else"
            raise StepFailedError(said, _AGAIN, source="UEFI 2.10 section 2.1.1")
        if head[:4] == b"\x7fELF":
            raise StepFailedError(f"{short} is an ELF program, which no BIOS starts", _AGAIN, source="PXE 2.1 section 4.2")
        return
    found = _machine(head)
    if found is None or found == wanted:
        return
    named = _MACHINES.get(found, f"machine 0x{found:04x}")
    fix = "the loader and the firmware's architecture (option 93) must agree: " + _AGAIN
    said = f"{short} is an EFI program for {named}, and this machine is {kind} ({ARCHITECTURES[arch].name})"
    raise StepFailedError(f"{said}: it does not start, and asks again", fix, source="PE/COFF section 3.3.1; RFC 4578 section 2.1")


def check_file(plan: Plan, name: str, sink: Sink) -> None:
    """Raises StepFailedError for a file of the plan's medium that differs from what was imported."""
    known = in_manifest(plan, name)
    if known is None:
        return
    fix = f"pxeserve media verify {plan.medium} names every damaged file; put them right, or import the medium again"
    if sink.size != known.size:
        raise StepFailedError(f"{known.path}: {sink.size} bytes came, and it had {known.size} when it was imported", fix, source="manifest")
    if known.sha256 and sink.sha256 != known.sha256:
        said = f"{known.path}: SHA-256 {sink.sha256} came, and it was {known.sha256} when it was imported"
        raise StepFailedError(said, fix, source="manifest")


def in_manifest(plan: Plan, name: str) -> Package | None:
    """The file of the plan's medium that `name` means; None for any other, and for one that is unpacked on its way."""
    found = _IN_MEDIUM.search(name)
    if found is None or found[1] or found[2] != plan.medium:
        return None
    return next((one for one in plan.files if one.path == found[3]), None)


def shareable(name: str) -> str:
    """What a file is called for all machines that load the same; "" for one that is a machine's own."""
    found = _SHAREABLE.search(name)
    return found[1] if found else ""


def _machine(head: bytes) -> int | None:
    """The machine that a PE header names; None where there is none to be read."""
    at = int.from_bytes(head[_PE_AT : _PE_AT + 4], "little")
    if head[at : at + 4] != b"PE\0\0":
        return None
    return int.from_bytes(head[at + 4 : at + 6], "little")
