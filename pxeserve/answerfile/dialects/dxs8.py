"""XenServer 8 (host-installer release/xs8, 05720e0c0421): 8.2 with time by source, a mirror for the primary disk, disks that have to be
there, and an SR type for 4 KiB sectors; the laboratory's hooks are gone."""

from __future__ import annotations

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d4_1, d6_0, d8_2
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d8_2.DIALECT

BAD_SOURCE = Said("AnswerfileException", "Expected <ntp> source to be one of (dhcp, default, manual, none)")

BY_HAND = "the clock is to be set by hand then, which no answerfile can: it is taken, and a fresh installation dies after partitioning"

NTP = Element(
    "ntp",
    ("ntp",),
    "Where the host takes the time from.",
    Counts.ONE,
    attributes=(
        Attribute(
            "source",
            ("source",),
            Value(Holds.WORD, ("dhcp", "default", "manual", "none"), None, Otherwise.REFUSED, BAD_SOURCE, idle={"none": BY_HAND}),
            d6_0.MISSING_ATTRIBUTE,
            "its source",
        ),
    ),
    note="left out: manual with servers, else dhcp where the interface is, else default; servers are refused beside any but manual",
)

_SETTINGS = {
    Step.PARTITIONS_SKIPPED: (),
    Step.PRIMARY_ZAP: (Step.PRIMARY_CHECKED,),
    Step.GUESTS: (Step.GUESTS_CHECKED,),
    Step.SR_TYPE: (Step.SR_TYPE_LARGE_BLOCK,),
    Step.NTP_SERVERS: (Step.NTP,),
    Step.BOOTLOADER: (Step.BOOTLOADER, Step.TARGET_PLATFORM),
}

DIALECT = later(
    _was,
    altered(
        _was.elements["primary-disk"],
        Attribute(
            "swraid",
            ("swraid",),
            Value(Holds.YES_NO, d4_1.YES, "no", Otherwise.NO, any_case=True),
            means="the text is two disks with a comma, to be mirrored; one may be the word missing",
        ),
        text=Value(Holds.DISKS, note="has to be there; /dev/ is put in front where it is missing; no blanks beside the comma"),
    ),
    altered(_was.elements["guest-disk"], text=Value(Holds.DISK, note="has to be there")),
    NTP,
    Element("target-platform", ("target-platform",), "The platform to install for.", text=Value(Holds.NAME)),
    without=("initial-partitions", "partition", "zap-utility-partitions"),
    name="xs8",
    product="XenServer 8",
    source="XenServer 8 installer (host-installer release/xs8, 05720e0c0421), answerfile.py",
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], _SETTINGS),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _SETTINGS),
        Mode.UPGRADE: exchanged(_was.order[Mode.UPGRADE], {Step.BOOTLOADER: (Step.BOOTLOADER, Step.TARGET_PLATFORM)}),
        Mode.RESTORE: _was.order[Mode.RESTORE],
    },
)
