"""XCP-ng 7.4 to 8.2 (xcp-ng/host-installer v8.2.1): the installer of 8.2 with RAID 1, which XenServer's ignores."""

from __future__ import annotations

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d4_1, d6_0, d8_2
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d8_2.DIALECT

RAID = (
    Element(
        "raid",
        ("raid",),
        "A RAID 1 to be made first, with a disk element for each of its disks.",
        Counts.KEYED,
        attributes=(
            Attribute("device", ("device",), Value(Holds.DISK, note="such as md127"), d6_0.MISSING_ATTRIBUTE, "the device to make"),
        ),
    ),
    Element("disk", ("disk",), "One of its disks.", Counts.EACH, Value(Holds.DISK), parent="raid"),
)


def checked(key: str, means: str) -> Attribute:
    """A check of packages, on unless it is switched off."""
    return Attribute(key, (key,), Value(Holds.YES_NO, d4_1.YES, "yes", Otherwise.NO, any_case=True), means=means)


_CHECKED = {Step.SOURCES_PARSED: (Step.GPG_CHECKS, Step.SOURCES_PARSED)}
_RAIDED = {Step.PARTITIONS_SKIPPED: (Step.PARTITIONS_SKIPPED, Step.RAIDS), **_CHECKED}

DIALECT = later(
    _was,
    *RAID,
    name="xcp-8.2",
    product="XCP-ng 7.4 to 8.2",
    source="XCP-ng 8.2 installer (xcp-ng/host-installer v8.2.1), answerfile.py",
    root=altered(_was.root, checked("netinstall-gpg-check", "packages from the network have to be signed")),
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], _RAIDED),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _RAIDED),
        Mode.UPGRADE: exchanged(_was.order[Mode.UPGRADE], _CHECKED),
        Mode.RESTORE: _was.order[Mode.RESTORE],
    },
)
