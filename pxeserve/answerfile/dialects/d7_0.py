"""XenServer 7.0 (host-installer 0307b2ae3001, 2016-05): 6.5 with Fibre Channel and GRUB 2. Drivers are read before the mode."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d6_0, d6_5
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Value, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d6_5.DIALECT
_INSTALLING = (Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE)
_READ_FIRST: dict[Step, tuple[Step, ...]] = {Step.DRIVERS: ()}

FCOE = Element(
    "fcoe-interface",
    ("fcoe-interface",),
    "An interface for Fibre Channel over Ethernet.",
    Counts.KEYED,
    attributes=(
        Attribute("name", ("name",), Value(Holds.NIC), means="by its name"),
        Attribute("hwaddr", ("hwaddr",), Value(Holds.MAC, any_case=True), means="by its MAC address"),
        Attribute(
            "dcb",
            ("dcb",),
            Value(
                Holds.WORD,
                ("on", "yes", "true", "1", "enable", "off", "no", "false", "0", "disable"),
                "on",
                Otherwise.IGNORED,
                note="data centre bridging; words in small letters",
            ),
            means="data centre bridging",
        ),
    ),
    note="needs one of name and hwaddr",
)

DIALECT = later(
    _was,
    FCOE,
    replace(_was.elements["bootloader"], text=Value(Holds.WORD, ("", "grub2"), "grub2", Otherwise.REFUSED, d6_0.BAD_BOOTLOADER), note=""),
    name="7.0",
    product="XenServer 7.0",
    source="XenServer 7.0 installer (host-installer 0307b2ae3001), answerfile.py",
    before=(Step.HOOKS, Step.DRIVERS, Step.FCOE_DCB),
    order={**_was.order, **{mode: exchanged(_was.order[mode], _READ_FIRST) for mode in _INSTALLING}},
)
