"""XenServer 9 in development (host-installer master, 8ac9836f4bf9): XenServer 8 in Python 3, with a choice of file system, ssh and driver
variants; Fibre Channel, the network backend and the target platform are gone."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import dxs8
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = dxs8.DIALECT

BAD_FILE_SYSTEM = Said("AnswerfileException", "Expected fs-type to be one of ext3, ext4")
NO_INTERFACE = Said("AnswerfileException", "<admin-interface> name '{value}' not found on system.")

FILE_SYSTEM = Attribute(
    "fs-type", ("fs-type",), Value(Holds.WORD, ("ext3", "ext4"), "ext4", Otherwise.REFUSED, BAD_FILE_SYSTEM), means="its root file system"
)

_script = _was.elements["script"]
_stage = _script.attribute("stage")
assert _stage is not None
_stages = ("installation-start", "packages-installed", "filesystem-populated", "installation-complete")

_COMMON: dict[Step, tuple[Step, ...]] = {Step.NETWORK_BACKEND: (), Step.TARGET_PLATFORM: ()}
_SETTINGS: dict[Step, tuple[Step, ...]] = {Step.INTERFACE: (Step.INTERFACE_NAMED,), Step.KEYMAP: (Step.KEYMAP, Step.SSH_MODE), **_COMMON}

DIALECT = later(
    _was,
    altered(_was.elements["primary-disk"], FILE_SYSTEM, note=""),
    altered(_was.elements["existing-installation"], FILE_SYSTEM),
    altered(
        _was.elements["admin-interface"],
        Attribute(
            "name",
            ("name",),
            Value(Holds.NIC, otherwise=Otherwise.REFUSED, says=NO_INTERFACE, note="has to be there; hwaddr is not read beside it"),
            means="by its name",
        ),
    ),
    altered(_script, replace(_stage, value=replace(_stage.value, words=_stages))),
    Element(
        "ssh-mode",
        ("ssh-mode",),
        "Whether ssh is let in.",
        text=Value(Holds.WORD, ("on", "off", "auto"), None, Otherwise.IGNORED, any_case=True, note="another word is logged and dropped"),
    ),
    Element(
        "selected-multiversion-drivers",
        ("selected-multiversion-drivers",),
        "Variants of drivers to be loaded, with a driver element for each.",
    ),
    Element(
        "driver",
        ("driver",),
        "One of them: its variant.",
        Counts.EACH,
        Value(Holds.NAME, note="only what stands first in it, a comment too, with its white space"),
        attributes=(Attribute("name", ("name",), Value(Holds.NAME), means="the driver"),),
        parent="selected-multiversion-drivers",
    ),
    replace(
        _was.elements["ntp-server"],
        note="set the installer's own clock; a fault of its makes the installed host get none of them",
    ),
    without=("fcoe-interface", "network-backend", "target-platform"),
    name="xs9",
    product="XenServer 9",
    source="XenServer 9 installer (host-installer 8ac9836f4bf9), answerfile.py",
    python=3,
    before=(Step.HOOKS, Step.DRIVERS_PARSED, Step.DRIVER_VARIANTS, Step.CONFIRMATION),
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], _SETTINGS),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _SETTINGS),
        Mode.UPGRADE: exchanged(_was.order[Mode.UPGRADE], {Step.TARGET: (), **_COMMON}),
        Mode.RESTORE: _was.order[Mode.RESTORE],
    },
    ascii_texts=False,
    ascii_attributes=False,
    iscsi_fails=Said("AttributeError", "module 'diskutil' has no attribute 'rfc4173_to_disk'"),
)
