"""XenServer 5.0 (host-installer 675f6dad4fd9, 2008-09): 4.1 with a checked protocol and two modes for the OEM edition."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d4_1
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

BAD_PROTO = Said("AnswerfileError", "<admin-interface> tag must have attribute proto='static' or proto='dhcp'")

_was = d4_1.DIALECT

MODE = Attribute(
    "mode",
    ("mode",),
    Value(Holds.WORD, ("fresh", "reinstall", "upgrade", "oemhdd", "oemflash"), "fresh", Otherwise.REFUSED),
    means="what is done",
)

ADMIN_INTERFACE = altered(
    _was.elements["admin-interface"],
    Attribute(
        "hwaddr",
        ("hwaddr",),
        Value(Holds.MAC, otherwise=Otherwise.REFUSED, says=d4_1.NO_MAC, any_case=True, note="has to be there"),
        means="by its MAC address",
    ),
    Attribute(
        "proto", ("proto",), Value(Holds.WORD, ("static", "dhcp"), None, Otherwise.REFUSED, BAD_PROTO), means="how it gets its address"
    ),
)

OEM = (
    Element(
        "xenrt",
        ("xenrt",),
        "A mark of the vendor's test laboratory; OEM modes only.",
        text=Value(Holds.NAME),
        lab=True,
        attributes=(
            Attribute(
                "scorch",
                ("scorch",),
                Value(Holds.YES_NO, ("false",), any_case=True, note='anything but "false" is yes'),
                means="a word of that laboratory",
            ),
            Attribute("serial", ("serial",), Value(Holds.NAME), means="its serial console"),
        ),
    ),
    Element("rootfs-writable", ("rootfs-writable",), "The OEM edition's disk may be written; OEM to disk only.", Counts.LONE),
)

_order = {
    mode: exchanged(steps, {Step.INTERFACE_4_1: (Step.INTERFACE_5,)} if mode is not Mode.UPGRADE else {})
    for mode, steps in _was.order.items()
}

DIALECT = later(
    _was,
    ADMIN_INTERFACE,
    replace(_was.elements["bootloader"], text=Value(Holds.WORD, ("grub", "extlinux"), "extlinux", Otherwise.IGNORED)),
    *OEM,
    name="5.0",
    product="XenServer 5.0",
    source="XenServer 5.0 installer (host-installer 675f6dad4fd9), answerfile.py",
    root=altered(_was.root, MODE),
    order={
        **_order,
        Mode.OEM_HDD: (
            Step.SR_TYPE_PLAIN,
            Step.PRIMARY_PLAIN,
            Step.GUESTS_PLAIN,
            Step.SOURCE_PLAIN,
            Step.INTERFACE_OEM,
            Step.OEM_SOURCE,
            Step.HOOK_PLAIN,
            Step.ROOTFS_WRITABLE,
        ),
        Mode.OEM_FLASH: (Step.PRIMARY_BARE, Step.OEM_SOURCE, Step.HOOK_PLAIN),
    },
)
