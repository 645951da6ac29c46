"""XenServer 7.2 to 7.6 and Citrix Hypervisor 8.0 to 8.2 (host-installer 10.7.5, 2b6b70d61840): 7.1 with VLANs, services (from 7.6 on) and
addresses that are taken apart."""

from __future__ import annotations

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d6_0, d7_1
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d7_1.DIALECT

BAD_VLAN = Said("AnswerfileException", "Invalid value for vlan attribute specified.")
BAD_STATE = Said("AnswerfileException", "Invalid state for service {name}: {value}")
NO_LUNS = Said("AttributeError", "'module' object has no attribute 'rfc4173_to_disk'")

SERVICE = Element(
    "service",
    ("service",),
    "A service of the installed host.",
    Counts.EACH,
    attributes=(
        Attribute("name", ("name",), Value(Holds.NAME, note="each name once"), d6_0.MISSING_ATTRIBUTE, "which one"),
        Attribute(
            "state",
            ("state",),
            Value(Holds.WORD, ("enabled", "disabled"), None, Otherwise.REFUSED, BAD_STATE),
            d6_0.MISSING_ATTRIBUTE,
            "whether it runs",
        ),
    ),
)

_SETTINGS = {Step.SOURCES: (Step.SOURCES_PARSED,), Step.KEYMAP: (Step.KEYMAP, Step.SERVICES)}

DIALECT = later(
    _was,
    altered(
        _was.elements["admin-interface"],
        Attribute("vlan", ("vlan",), Value(Holds.NUMBER, otherwise=Otherwise.REFUSED, says=BAD_VLAN, note="1 to 4094"), means="its VLAN"),
    ),
    altered(_was.elements["fcoe-interface"], without=("dcb",), counts=Counts.EACH),
    SERVICE,
    name="8.2",
    product="XenServer 7.2 to 7.6, Citrix Hypervisor 8.0 to 8.2",
    source="Citrix Hypervisor 8.2 installer 10.7.5 (host-installer 2b6b70d61840), answerfile.py",
    before=(Step.HOOKS, Step.DRIVERS_PARSED, Step.FCOE, Step.CONFIRMATION),
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], _SETTINGS),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _SETTINGS),
        Mode.UPGRADE: exchanged(_was.order[Mode.UPGRADE], {Step.SOURCES: (Step.SOURCES_PARSED,)}),
        Mode.RESTORE: (Step.BACKUP_MULTIPATH,),
    },
    iscsi_fails=NO_LUNS,
)
