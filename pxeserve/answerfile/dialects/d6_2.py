"""XenServer 6.1 and 6.2 (host-installer ab1a12040313, 2012 to 2013): 6.0 with restore and IPv6."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import d6_0
from pxeserve.answerfile.dialects.shape import Attribute, Element, Holds, Otherwise, Said, Value, altered, exchanged, later
from pxeserve.answerfile.dialects.steps import Step

_was = d6_0.DIALECT

NO_PROTOCOL = Said("AnswerfileException", "<admin-interface> tag must have IPv4 or IPv6 defined.")

SCRIPT_TYPE = Attribute(
    "type",
    ("type",),
    Value(
        Holds.WORD,
        ("url", "nfs"),
        otherwise=Otherwise.IGNORED,
        any_case=True,
        note="nfs:// is put in front of the text for nfs, if missing",
    ),
    means="what the text is",
)

ADMIN_INTERFACE = altered(
    _was.elements["admin-interface"],
    Attribute(
        "proto",
        ("proto",),
        Value(
            Holds.WORD,
            ("static", "dhcp", "none"),
            None,
            Otherwise.KEPT,
            NO_PROTOCOL,
            note="any other word means no IPv4, and then IPv6 is needed",
        ),
        d6_0.MISSING_ATTRIBUTE,
        "how it gets its IPv4 address",
    ),
    Attribute(
        "protov6",
        ("protov6",),
        Value(Holds.WORD, ("static", "dhcp", "autoconf", "none"), "none", Otherwise.IGNORED),
        means="how it gets its IPv6 address",
    ),
)

_V6 = 'read when protov6 is "static"'
_EXCHANGE = {Step.GUESTS_6_0: (Step.GUESTS_KEPT,), Step.INTERFACE_6_0: (Step.INTERFACE,)}

DIALECT = later(
    _was,
    ADMIN_INTERFACE,
    Element(
        "ipv6",
        ("ipv6",),
        "Its IPv6 address with the prefix.",
        text=Value(Holds.IPV6_PREFIX),
        parent="admin-interface",
        missing=d6_0.MISSING_ELEMENT,
        note=_V6,
    ),
    Element(
        "gatewayv6",
        ("gatewayv6",),
        "Its IPv6 router.",
        text=Value(Holds.IPV6),
        parent="admin-interface",
        missing=d6_0.MISSING_ELEMENT,
        note=_V6,
    ),
    Element(
        "backup-disk",
        ("backup-disk",),
        "The disk that carries the backup, when the machine has more than one backup.",
        counts=_was.elements["post-install-script"].counts,
        text=Value(Holds.DISK),
    ),
    replace(_was.elements["guest-disk"], text=Value(Holds.DISK)),
    replace(_was.elements["timezone"], text=Value(Holds.ZONE, default="Etc/UTC")),
    altered(_was.elements["script"], replace(SCRIPT_TYPE, missing=d6_0.MISSING_ATTRIBUTE)),
    altered(_was.elements["post-install-script"], SCRIPT_TYPE),
    altered(_was.elements["install-failed-script"], SCRIPT_TYPE),
    name="6.2",
    product="XenServer 6.1 and 6.2",
    source="XenServer 6.2 installer (host-installer ab1a12040313), answerfile.py",
    root=replace(
        _was.root, names=("installation", "upgrade", "restore"), means="The outermost element; only restore means something else."
    ),
    before=(Step.HOOKS,),
    order={
        Mode.FRESH: exchanged(_was.order[Mode.FRESH], _EXCHANGE),
        Mode.REINSTALL: exchanged(_was.order[Mode.REINSTALL], _EXCHANGE),
        Mode.UPGRADE: _was.order[Mode.UPGRADE],
        Mode.RESTORE: (Step.BACKUP,),
    },
    after=(Step.MULTIPATH,),
    looks_disks_up=False,
    iscsi_fails=None,
)
