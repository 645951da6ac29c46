"""XenServer 5.5 (host-installer 8afb7acdaa06, 2009-06): 5.0 with drivers from elsewhere, and scripts that are read before all else."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d5_0
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

NO_INSTALLATION = Said("AnswerfileError", "No existing installation specified.")
BAD_DRIVER = Said("AnswerfileError", "Invalid type for driver-source media specified.")

_was = d5_0.DIALECT

DRIVER_SOURCE = Element(
    "driver-source",
    ("driver-source",),
    "Where further drivers come from.",
    Counts.EACH,
    Value(Holds.ADDRESS),
    attributes=(
        Attribute(
            "type",
            ("type",),
            Value(Holds.WORD, ("url", "nfs", "local"), None, Otherwise.REFUSED, BAD_DRIVER),
            BAD_DRIVER,
            "what the text is",
        ),
    ),
)

_READ_FIRST: dict[Step, tuple[Step, ...]] = {Step.HOOK_PLAIN: ()}
_DRIVERS: dict[Step, tuple[Step, ...]] = {Step.SOURCE_PLAIN: (Step.SOURCE_PLAIN, Step.DRIVERS_PLAIN)}
_BY_ID: dict[Step, tuple[Step, ...]] = {Step.EXISTING_PLAIN: (Step.EXISTING_BY_ID,)}

DIALECT = later(
    _was,
    replace(_was.elements["existing-installation"], missing=NO_INSTALLATION),
    DRIVER_SOURCE,
    Element("install-failed-script", ("install-failed-script",), "A script to run after a failure.", Counts.LONE, Value(Holds.SCRIPT)),
    name="5.5",
    product="XenServer 5.5",
    source="XenServer 5.5 installer (host-installer 8afb7acdaa06), answerfile.py",
    before=(Step.HOOKS_PLAIN,),
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], {**_READ_FIRST, **_DRIVERS}),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], {**_READ_FIRST, **_DRIVERS, **_BY_ID}),
        Mode.UPGRADE: exchanged(_was.order[Mode.UPGRADE], {**_READ_FIRST, **_DRIVERS, **_BY_ID}),
        Mode.OEM_HDD: exchanged(_was.order[Mode.OEM_HDD], _READ_FIRST),
        Mode.OEM_FLASH: exchanged(_was.order[Mode.OEM_FLASH], _READ_FIRST),
    },
)
