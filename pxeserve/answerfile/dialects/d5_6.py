"""XenServer 5.6 (host-installer 159714fa95c8, 2010-05): 5.5 with white space trimmed, scripts by stage, hashed passwords and a network
backend; the OEM modes are gone."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d4_1, d5_5
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d5_5.DIALECT

BAD_SR_TYPE = Said("AnswerfileError", "Specified SR Type unknown.  Should be 'lvm' or 'ext'.")
BAD_PROTO = Said("AnswerfileError", "<admin-interface> tag must have attribute proto='static' or proto='dhcp'.")
BAD_PASSWORD = Said("AnswerfileError", "Invalid type for root-password specified.")
BAD_BACKEND = Said("AnswerfileError", 'Specified Network backend type "{value}" unknown.')
NOT_LOCAL = Said("AnswerfileError", "Answerfile specifies non-local disk {value} to add to Local SR")

_ROOT = altered(
    _was.root,
    Attribute("mode", ("mode",), Value(Holds.WORD, ("fresh", "reinstall", "upgrade"), "fresh", Otherwise.REFUSED), means="what is done"),
    Attribute(
        "sr-type", ("srtype",), Value(Holds.WORD, ("lvm", "ext"), "lvm", Otherwise.REFUSED, BAD_SR_TYPE), means="type of the local SR"
    ),
)

SR_AT_END = Attribute(
    "sr-at-end",
    ("sr-at-end",),
    Value(Holds.YES_NO, d4_1.YES, "yes", Otherwise.NO, any_case=True),
    means="the local SR lies last on the disk",
)

_NIC_NOT_FOUND = Said("AnswerfileError", "Interface {value} not found.")
_NO_MAC = Said("AnswerfileError", d4_1.NO_MAC.text)
_name, _hwaddr = (_was.elements["admin-interface"].attribute(key) for key in ("name", "hwaddr"))
assert _name is not None
assert _hwaddr is not None

_SCRIPT_TYPE = Value(
    Holds.WORD, ("url", "nfs"), otherwise=Otherwise.IGNORED, any_case=True, note="nfs:// is put in front of the text for nfs"
)

_SCRIPT = Element(
    "script",
    ("script",),
    "A script to run at a stage of the installation.",
    Counts.EACH,
    Value(Holds.SCRIPT),
    attributes=(
        Attribute(
            "stage",
            ("stage",),
            Value(
                Holds.WORD,
                ("filesystem-populated", "installation-complete"),
                otherwise=Otherwise.IDLE,
                any_case=True,
                note="of another stage it never runs",
            ),
            means="when it runs",
        ),
        Attribute(
            "type",
            ("type",),
            Value(
                Holds.WORD,
                ("url", "nfs"),
                otherwise=Otherwise.IGNORED,
                any_case=True,
                idle={"nfs": "nfs:// is not put in front of the text, for all that it is said"},
            ),
            means="what the text is",
        ),
    ),
)

_PARTITIONS = (
    Element(
        "initial-partitions",
        ("initial-partitions",),
        "Partitions to be made first, with a partition element for each.",
        Counts.LONE,
        lab=True,
    ),
    Element(
        "partition",
        ("partition",),
        "One of them.",
        Counts.EACH,
        parent="initial-partitions",
        lab=True,
        attributes=tuple(Attribute(key, (key,), Value(Holds.NUMBER), means=f"its {key}") for key in ("number", "size", "id")),
        note="passed over when one of the three is no number",
    ),
)

_BOOTLOADER = altered(
    _was.elements["bootloader"],
    Attribute(
        "location",
        ("location",),
        Value(Holds.WORD, ("mbr", "partition"), "mbr", Otherwise.IGNORED, any_case=True),
        means="where it is written",
    ),
)

_SETTINGS = {Step.PASSWORD_PLAIN: (Step.PASSWORD,), Step.BOOTLOADER_PLAIN: (Step.BOOTLOADER_5_6, Step.NETWORK_BACKEND_5_6)}

DIALECT = later(
    _was,
    altered(
        _was.elements["primary-disk"],
        SR_AT_END,
        text=Value(Holds.DISK, note="/dev/ is put in front where it is missing"),
        note="in an upgrade: where the installation is to go, when there is exactly one",
    ),
    replace(_was.elements["guest-disk"], text=Value(Holds.DISK, otherwise=Otherwise.KEPT, says=NOT_LOCAL)),
    altered(
        _was.elements["admin-interface"],
        replace(_name, value=replace(_name.value, says=_NIC_NOT_FOUND)),
        replace(_hwaddr, value=replace(_hwaddr.value, says=_NO_MAC)),
        Attribute(
            "proto", ("proto",), Value(Holds.WORD, ("static", "dhcp"), None, Otherwise.REFUSED, BAD_PROTO), means="how it gets its address"
        ),
    ),
    altered(
        _was.elements["root-password"],
        Attribute(
            "type",
            ("type",),
            Value(Holds.WORD, ("plaintext", "hash"), "plaintext", Otherwise.REFUSED, BAD_PASSWORD),
            means="what the text is",
        ),
        means="Root's password.",
        missing=None,
        text=Value(Holds.PASSWORD, note="left out: it is asked for at the first boot"),
    ),
    _SCRIPT,
    altered(
        _was.elements["post-install-script"],
        Attribute("type", ("type",), _SCRIPT_TYPE, means="what the text is"),
        means="A script for the stage filesystem-populated.",
    ),
    altered(
        _was.elements["install-failed-script"],
        Attribute("type", ("type",), _SCRIPT_TYPE, means="what the text is"),
        means="A script for the stage installation-complete.",
        note="runs after a success as well, with argument 0",
    ),
    _BOOTLOADER,
    Element(
        "network-backend",
        ("network-backend",),
        "What joins the networks.",
        Counts.LONE,
        Value(Holds.WORD, ("bridge", "openvswitch", "vswitch"), "bridge", Otherwise.REFUSED, BAD_BACKEND),
    ),
    *_PARTITIONS,
    without=("xenrt", "rootfs-writable"),
    name="5.6",
    product="XenServer 5.6",
    source="XenServer 5.6 installer (host-installer 159714fa95c8), answerfile.py",
    root=_ROOT,
    before=(Step.HOOKS_5_6,),
    order={
        Mode.FRESH: exchanged(
            _was.order[Mode.FRESH],
            {
                Step.SR_TYPE_PLAIN: (Step.SR_TYPE_PLAIN, Step.PARTITIONS_5_6),
                Step.PRIMARY_PLAIN: (Step.PRIMARY_5_6,),
                Step.GUESTS_PLAIN: (Step.GUESTS_5_6,),
                **_SETTINGS,
            },
        ),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _SETTINGS),
        Mode.UPGRADE: exchanged(
            _was.order[Mode.UPGRADE],
            {
                Step.EXISTING_BY_ID: (Step.EXISTING_BY_ID, Step.TARGET),
                Step.BOOTLOADER_PLAIN: (Step.BOOTLOADER_5_6, Step.NETWORK_BACKEND_5_6),
            },
        ),
    },
    with_bad_mode=(Step.NETWORK_BACKEND_5_6,),
    not_xml=Said("AnswerfileError", "Answerfile is incorrectly formatted."),
    trims=True,
    dev_always=False,
    looks_disks_up=True,
)
