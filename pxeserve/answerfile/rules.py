"""Rules of answerfiles that the data of a dialect cannot say, each in the words of the installers that have it."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from pxeserve.answerfile.dialects.old.shape import Dialect
from pxeserve.answerfile.finding import Finding, error, warning

_BOOLEANS = frozenset({"gueststorage", "guest-storage", "sr-at-end", "swraid", "gpgcheck", "repo-gpgcheck", "write-boot-entry"})


def strict(name: str, key: str, value: str, line: int | None, dialect: Dialect) -> Finding:
    """A value that installers from 6.0 on do not know: some stop, a boolean is taken for no, and a stage never comes."""
    if key in _BOOLEANS:
        said = f"{key} {value!r} means no: only yes and true are taken for yes"
        return warning("XA-036", line, said, "yes or no", dialect.source)
    if (name, key) == ("script", "stage"):
        return error("XA-052", line, f"stage {value!r} never comes, so the script never runs", "filesystem-populated", dialect.source)
    if (name, key) == ("admin-interface", "vlan"):
        return error("XA-053", line, f"vlan {value!r}: Invalid value for vlan attribute specified.", "1 to 4094", dialect.source)
    if (name, key) == ("source", "type"):
        said = f"type {value!r}: Invalid type for <source> media specified."
        return error("XA-035", line, said, "url, nfs or local", dialect.source)
    if (name, key) == ("ntp", "source"):
        said = f"source {value!r}: Expected <ntp> source to be one of (dhcp, default, manual, none)"
        return error("XA-054", line, said, "dhcp, default, manual or none", dialect.source)
    return error("XA-037", line, f"{key} {value!r} of <{name}>: Unexpected key {value} for attribute", "correct it", dialect.source)


def interface(elements: list[etree._Element], dialect: Dialect) -> Iterator[Finding]:
    """What the management interface needs."""
    named = bool(dialect.reading.roots)
    for node in elements:
        if node.tag != "admin-interface":
            continue
        line = node.sourceline
        if not node.get("name") and not node.get("hwaddr"):
            why = "<admin-interface> tag must have one of 'name' or 'hwaddr'" if named else "AssertionError"
            yield error("XA-070", line, f"<admin-interface> has neither name nor hwaddr: {why}", 'name="eth0"', dialect.source)
        if node.get("proto") is None:
            said = "Missing mandatory attribute proto" if named else "it is taken, and leaves the network unset"
            yield error("XA-033", line, f"<admin-interface> has no proto: {said}", 'proto="dhcp" or proto="static"', dialect.source)
        if node.get("proto") == "none" and node.get("protov6", "none") == "none":
            yield error("XA-072", line, "<admin-interface> tag must have IPv4 or IPv6 defined.", 'proto="dhcp"', dialect.source)
        if node.get("proto") == "static":
            for old, new in (("ip", "ipaddr"), ("subnet-mask", "subnet"), ("gateway", "gateway")):
                if node.find(f".//{old}") is None and not (named and node.find(f".//{new}") is not None):
                    why = f"Missing mandatory element {old}" if named else "list index out of range"
                    said = f"<{old}> is missing in the static <admin-interface>: {why}"
                    yield error("XA-071", line, said, f"<{old}>...</{old}>", dialect.source)


def ntp(elements: list[etree._Element], dialect: Dialect) -> Iterator[Finding]:
    """The rules of XenServer 8 on top of the elements' own."""
    if not dialect.reading.ntp_source:
        return
    found = [node for node in elements if node.tag == "ntp"]
    servers = [node for node in elements if node.tag in ("ntp-server", "ntp-servers")]
    if len(found) > 1:
        said = f"Expected zero or one <ntp> elements but found {len(found)}"
        yield error("XA-056", found[1].sourceline, said, "leave one", dialect.source)
    if found and servers and found[0].get("source") != "manual":
        said = '<ntp-server> and <ntp-servers> elements are only valid when using <ntp source="manual" />'
        yield error("XA-057", servers[0].sourceline, said, '<ntp source="manual"/>', dialect.source)
