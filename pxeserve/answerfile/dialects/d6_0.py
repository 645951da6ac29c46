"""XenServer 6.0 (host-installer 33dfb39d9d55, 2011-09): rewritten upon a small library of named errors, with new spellings beside the old.

A reinstallation is a fresh installation with a backup from here on.
"""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d4_1, d5_6
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Element, Holds, Otherwise, Said, Value, altered, later
from pxeserve.answerfile.dialects.steps import Step

MISSING_ELEMENT = Said("XmlUnwrapError", "Missing mandatory element {name}")
MISSING_ATTRIBUTE = Said("XmlUnwrapError", "Missing mandatory attribute {name}")
UNEXPECTED_KEY = Said("XmlUnwrapError", "Unexpected key {value} for attribute")
BAD_PROTO = Said("AnswerfileException", "<admin-interface> tag must have attribute proto='static' or proto='dhcp'.")
BAD_BOOTLOADER = Said("AnswerfileException", "Unsupported bootloader '{value}'")
NOT_LOCAL = Said("AnswerfileException", "Answerfile specifies non-local disk {value} to add to Local SR")

_was = d5_6.DIALECT
_KINDS = ("url", "nfs", "local")


def sr_type(*words: str, default: str) -> Attribute:
    """The SR type, of these words."""
    return Attribute(
        "sr-type", ("sr-type", "srtype"), Value(Holds.WORD, words, default, Otherwise.REFUSED, UNEXPECTED_KEY), means="type of the local SR"
    )


def _source_type(name: str) -> Attribute:
    says = Said("AnswerfileException", f"Invalid type for <{name}> media specified.")
    return Attribute("type", ("type",), Value(Holds.WORD, _KINDS, None, Otherwise.REFUSED, says), MISSING_ATTRIBUTE, "what the text is")


ROOT = replace(
    _was.root,
    names=("installation", "upgrade"),
    means="The outermost element; both names mean the same.",
    attributes=(
        Attribute(
            "mode", ("mode",), Value(Holds.WORD, ("fresh", "reinstall", "upgrade"), "fresh", Otherwise.REFUSED), means="what is done"
        ),
        sr_type("lvm", "ext", default="lvm"),
    ),
)

PRIMARY_DISK = altered(
    _was.elements["primary-disk"],
    Attribute(
        "guest-storage",
        ("guest-storage", "gueststorage"),
        Value(Holds.YES_NO, d4_1.YES, "yes", Otherwise.NO, any_case=True),
        means="the rest of this disk joins the local SR",
    ),
    Attribute(
        "preserve-first-partition",
        ("preserve-first-partition",),
        Value(Holds.WORD, ("true", "yes", "false", "no", "if-utility"), "if-utility", Otherwise.REFUSED, UNEXPECTED_KEY),
        means="a first partition of a vendor's utility is left alone",
    ),
    missing=MISSING_ELEMENT,
)

ADMIN_INTERFACE = altered(
    _was.elements["admin-interface"],
    Attribute(
        "name",
        ("name",),
        Value(Holds.NIC, note="one that is not there is taken too; hwaddr is not read beside one that is"),
        means="by its name",
    ),
    Attribute(
        "hwaddr", ("hwaddr",), Value(Holds.MAC, any_case=True, note="one that is not there is taken too"), means="by its MAC address"
    ),
    Attribute(
        "proto",
        ("proto",),
        Value(Holds.WORD, ("static", "dhcp"), None, Otherwise.REFUSED, BAD_PROTO),
        MISSING_ATTRIBUTE,
        "how it gets its address",
    ),
    missing=MISSING_ELEMENT,
)

_SCRIPT = altered(
    _was.elements["script"],
    Attribute(
        "stage",
        ("stage",),
        Value(
            Holds.WORD,
            ("installation-start", "filesystem-populated", "installation-complete"),
            otherwise=Otherwise.IDLE,
            any_case=True,
            note="of another stage it never runs",
        ),
        MISSING_ATTRIBUTE,
        "when it runs",
    ),
    Attribute(
        "type",
        ("type",),
        Value(
            Holds.WORD,
            ("url", "nfs"),
            otherwise=Otherwise.IGNORED,
            any_case=True,
            note="nfs:// is put in front of the text for nfs, always",
        ),
        MISSING_ATTRIBUTE,
        "what the text is",
    ),
)

_COMMON = (Step.SOURCE, Step.DRIVERS, Step.NETWORK_BACKEND, Step.BOOTLOADER)
_FRESH = (
    Step.PARTITIONS_SKIPPED,
    Step.PRIMARY_ZAP,
    Step.GUESTS_6_0,
    Step.SR_TYPE,
    Step.INTERFACE_6_0,
    Step.PASSWORD,
    Step.NAME_SERVERS,
    Step.HOST_NAME,
    Step.ZONE,
    Step.NTP_SERVERS,
    Step.KEYMAP,
    *_COMMON,
)


def _child(key: str, *names: str) -> Element:
    return replace(_was.elements[key], names=names, missing=MISSING_ELEMENT)


DIALECT = later(
    _was,
    PRIMARY_DISK,
    replace(_was.elements["guest-disk"], text=Value(Holds.DISK, says=NOT_LOCAL)),
    Element(
        "zap-utility-partitions",
        ("zap-utility-partitions",),
        'The same as preserve-first-partition="false", by being there.',
        lab=True,
        note="wins over that attribute",
    ),
    replace(
        _was.elements["existing-installation"],
        missing=MISSING_ELEMENT,
        text=Value(Holds.DISK, note="/dev/ is put in front where it is missing"),
    ),
    altered(_was.elements["source"], _source_type("source"), missing=MISSING_ELEMENT),
    altered(_was.elements["driver-source"], _source_type("driver-source")),
    ADMIN_INTERFACE,
    _child("ipaddr", "ip", "ipaddr"),
    _child("subnet", "subnet-mask", "subnet"),
    _child("gateway", "gateway"),
    altered(
        _was.elements["root-password"],
        Attribute(
            "type",
            ("type",),
            Value(Holds.WORD, ("plaintext", "hash"), "plaintext", Otherwise.REFUSED, UNEXPECTED_KEY),
            means="what the text is",
        ),
    ),
    replace(_was.elements["name-server"], names=("name-server", "nameserver")),
    replace(_was.elements["hostname"], counts=Counts.FIRST),
    replace(
        _was.elements["timezone"],
        missing=None,
        text=Value(Holds.ZONE, note="left out: the host is given a zone named None, which is none"),
    ),
    replace(_was.elements["ntp-server"], names=("ntp-server", "ntp-servers"), means="A time server."),
    replace(
        _was.elements["keymap"], counts=Counts.FIRST, text=Value(Holds.KEYMAP, note="left out: the word keymap= of the boot line, or us")
    ),
    _SCRIPT,
    altered(_was.elements["post-install-script"], without=("type",)),
    altered(_was.elements["install-failed-script"], without=("type",)),
    altered(
        _was.elements["bootloader"],
        Attribute(
            "location",
            ("location",),
            Value(Holds.WORD, ("mbr", "partition"), "mbr", Otherwise.REFUSED, UNEXPECTED_KEY),
            means="where it is written",
        ),
        counts=Counts.FIRST,
        text=Value(Holds.WORD, ("extlinux",), "extlinux", Otherwise.REFUSED, BAD_BOOTLOADER),
        note="an empty one is refused too",
    ),
    replace(
        _was.elements["network-backend"],
        counts=Counts.FIRST,
        text=Value(Holds.WORD, ("bridge", "openvswitch", "vswitch"), "vswitch", Otherwise.IGNORED),
    ),
    replace(_was.elements["initial-partitions"], counts=Counts.FIRST, note="a fault of the installer's makes it pass over every partition"),
    replace(_was.elements["partition"], counts=Counts.NEVER, attributes=(), note="never taken: a fault of the installer's"),
    name="6.0",
    product="XenServer 6.0",
    source="XenServer 6.0 installer (host-installer 33dfb39d9d55), answerfile.py",
    roots=("installation", "upgrade", "restore"),
    root=ROOT,
    before=(Step.HOOKS_6_0,),
    order={Mode.FRESH: _FRESH, Mode.REINSTALL: _FRESH, Mode.UPGRADE: (Step.EXISTING, Step.TARGET, *_COMMON)},
    bad_root=Said("AnswerfileException", "Unexpected top level element"),
    bad_mode=Said("AnswerfileException", "Unknown mode, {value}"),
    with_bad_mode=(),
    not_xml=Said("AnswerfileException", "Answerfile is incorrectly formatted."),
    ascii_attributes=True,
    dialog_closes=True,
    iscsi_fails=Said("NameError", "global name 'pd_text' is not defined"),
)
