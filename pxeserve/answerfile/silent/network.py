"""Network answers that are taken and do not do what they say: protocols that set up nothing, interfaces that may not be there, time."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Holds, Otherwise
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import Case

_MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
_BARE_MAC = re.compile(r"(?:[0-9a-fA-F]{2}[-.]?){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}")


def protocol(case: Case) -> Iterator[Finding]:
    """A protocol that is none: 4.1 leaves the network unset, 6.1 and later the IPv4 part of it."""
    for node, element in case.each("admin-interface"):
        known = element.attribute("proto")
        assert known is not None, "every generation reads it"
        value = node.attributes.get("proto", "")
        if value in known.value.words or known.value.otherwise is Otherwise.REFUSED or (not value and known.missing is not None):
            continue
        if known.value.otherwise is not Otherwise.IDLE and case.reading.refusal is not None:
            continue  # it is the refusal
        what = "the network unset, and the installation fails later" if known.value.otherwise is Otherwise.IDLE else "IPv4 unset"
        said = f"proto {value!r} is taken, and leaves {what}" if value else f"no proto, which is taken, and leaves {what}"
        small = value.lower() in known.value.words
        made = edits.attribute(case.places, node, "proto", value.lower()) if small else ()
        yield case.warn(Code.PROTO, node, said, 'proto="dhcp" or proto="static"', attribute="proto", edits=made)


def names(case: Case) -> Iterator[Finding]:
    """Interfaces by a name that is a guess, or by a MAC address that cannot be one."""
    late = "" if case.before("6.0") else "; one that is not there is taken, and the installation fails half-way"
    if case.dialect.name == "xs9":
        late = ""
    for node, element in case.each():
        for known in element.attributes:
            value = node.attributes.get(known.names[0], "")
            if not value or (node, known.names[0]) not in case.reading.trace.attributes:
                continue
            if known.value.holds is Holds.NIC:
                said = f"{known.names[0]} {value!r}: a guess, as kernels number interfaces as they find them{late}"
                yield case.tell(Code.NIC_GUESS, node, said, 'hwaddr="..." names one for sure', attribute=known.names[0])
            elif known.value.holds is Holds.MAC and not _MAC.fullmatch(value):
                said = f"{known.names[0]} {value!r} is no MAC address; it is taken unchecked, and the installation fails half-way"
                made = edits.attribute(case.places, node, known.names[0], _colons(value)) if _BARE_MAC.fullmatch(value) else ()
                fix = "six pairs with colons, such as 52:54:00:77:00:01"
                yield case.warn(Code.MAC, node, said, fix, attribute=known.names[0], edits=made)


def manual_time(case: Case) -> Iterator[Finding]:
    """Time from named servers, of which none is named."""
    for node, element in case.each("ntp"):
        if case.attribute(node, element, "source")[1] == "manual" and case.first("ntp-server") is None:
            said = '<ntp source="manual"> is taken, and no <ntp-server> is named: the host gets its time from nowhere'
            yield case.warn(Code.NTP_SOURCE, node, said, "add an <ntp-server>", attribute="source")


def _colons(value: str) -> str:
    digits = re.sub(r"[^0-9a-fA-F]", "", value).lower()
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
