"""XenServer 7.1 (host-installer 10.0.1, e2bd69139fe7, 2017-03): 7.0 with several sources and a question to the person at the console."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d4_1, d7_0
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d7_0.DIALECT
_INSTALLING = (Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE)

DIALECT = later(
    _was,
    replace(_was.elements["source"], counts=Counts.EACH),
    altered(
        _was.elements["bootloader"],
        Attribute(
            "write-boot-entry",
            ("write-boot-entry",),
            Value(Holds.YES_NO, d4_1.YES, "yes", Otherwise.NO, any_case=True),
            means="an entry in UEFI's memory is written",
        ),
    ),
    Element(
        "ui-confirmation-prompt",
        ("ui-confirmation-prompt",),
        "Whether a person has to agree before anything is done.",
        text=Value(Holds.ANY_YES, note="any text means yes, also no and false"),
    ),
    name="7.1",
    product="XenServer 7.1",
    source="XenServer 7.1 installer 10.0.1 (host-installer e2bd69139fe7), answerfile.py",
    before=(*_was.before, Step.CONFIRMATION),
    order={**_was.order, **{mode: exchanged(_was.order[mode], {Step.SOURCE: (Step.SOURCES,)}) for mode in _INSTALLING}},
)
