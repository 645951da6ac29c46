"""What an installer will do with every line of an answerfile, before anything boots.

Three grades: what the installer refuses, what it silently takes otherwise than it was meant, and what only looks odd. A finding names
line, cause, fix and source. Refuses to know which host the file is for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from lxml import etree

from pxeserve.answerfile.dialects.old.shape import Dialect, Element
from pxeserve.answerfile.finding import Finding, Severity, Verdict, error, verdict, warning
from pxeserve.answerfile.rules import interface, ntp, strict

__all__ = ["MAX_BYTES", "Finding", "Severity", "Verdict", "lint", "verdict"]

MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS = 256 * 1024, 32, 2000
_XML_SOURCE = "XML 1.0; Python's minidom, as the installer uses it"


def lint(text: bytes, dialect: Dialect) -> list[Finding]:
    """All findings on an answerfile for installers of `dialect`, by line. Never raises for any bytes."""
    if len(text) > MAX_BYTES:
        return [error("XA-001", 0, f"{len(text)} bytes; more than {MAX_BYTES} is no answerfile", "shorten it", "limit of this linter")]
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, strip_cdata=False)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        first = next(iter(parser.error_log), None)
        where = (first.line, first.column, first.message) if first else (1, 1, "not XML")
        return [Finding("XA-002", Severity.ERROR, where[0], where[1], f"not XML: {where[2]}", "correct the markup there", _XML_SOURCE)]
    tree = root.getroottree()
    if tree.docinfo.doctype:
        return [error("XA-003", 1, "a DOCTYPE: entities could pull in anything", "leave the DOCTYPE out", "security rule of this server")]
    elements = [node for node in root.iter() if isinstance(node.tag, str)]
    if len(elements) > MAX_ELEMENTS or _depth(root) > MAX_DEPTH:
        said = f"more than {MAX_ELEMENTS} elements, or deeper than {MAX_DEPTH}"
        return [error("XA-004", 0, said, "an answerfile has a few dozen elements", "limit of this linter")]
    findings = [*_root(root, dialect)]
    mode = root.get("mode", "fresh")
    for node in elements[1:]:
        findings += _element(node, mode, dialect)
    findings += _required(elements, mode, dialect)
    findings += interface(elements, dialect)
    findings += ntp(elements, dialect)
    return sorted(findings, key=lambda finding: (finding.line, finding.code))


def _root(root: etree._Element, dialect: Dialect) -> Iterator[Finding]:
    reading = dialect.reading
    if reading.roots and root.tag not in reading.roots:
        yield error("XA-010", root.sourceline, f"root <{root.tag}>: Unexpected top level element", "<installation>", dialect.source)
    elif not reading.roots and root.tag not in ("installation", "upgrade"):
        said = f"root <{root.tag}>: this installer takes any, later ones refuse it"
        yield warning("XA-010", root.sourceline, said, "<installation>", dialect.source)
    for name in root.attrib:
        if name not in dialect.root_attributes:
            near = difflib.get_close_matches(str(name), dialect.root_attributes, 1, 0.5)
            fix = f"did you mean {near[0]}?" if near else "leave it out"
            yield warning("XA-011", root.sourceline, f"attribute {name} of <{root.tag}> is not read", fix, dialect.source)
    mode = root.get("mode")
    if mode is not None and mode not in dialect.modes:
        said = f"mode {mode!r} ends the installer: {dialect.bad_mode}" + (f", {mode}" if reading.roots else "")
        yield error("XA-012", root.sourceline, said, f"one of {', '.join(sorted(dialect.modes))}", dialect.source)
    for name in ("srtype", "sr-type"):
        srtype = root.get(name)
        if name in dialect.root_attributes and srtype is not None and srtype not in reading.sr_types:
            why = f"Unexpected key {srtype} for attribute" if reading.roots else "Specified SR Type unknown.  Should be 'lvm' or 'ext'"
            yield error("XA-013", root.sourceline, f"{name} {srtype!r}: {why}", " or ".join(reading.sr_types), dialect.source)


def _element(node: etree._Element, mode: str, dialect: Dialect) -> Iterator[Finding]:
    name, line = str(node.tag), node.sourceline
    known = dialect.elements.get(name)
    if known is None:
        yield _unknown(name, line, dialect)
        return
    if mode in dialect.modes and mode not in known.modes:
        yield warning("XA-021", line, f"<{name}> is not read in mode {mode}", "leave it out", dialect.source)
    yield from _attributes(node, known, dialect)
    if any(isinstance(child, etree._Entity) for child in node):
        yield error("XA-023", line, f"<{name}> holds an entity that is not declared", "write the character itself", _XML_SOURCE)
    if known.text is not None:
        yield from _text(node, known, dialect)


def _unknown(name: str, line: int | None, dialect: Dialect) -> Finding:
    if name in dialect.later:
        said = f"<{name}> is read by {dialect.later[name]} and later; {dialect.name} ignores it without a word"
        return warning("XA-022", line, said, f"leave it out for {dialect.name}", dialect.source)
    if name in ("guest-disks",):
        return warning("XA-024", line, f"<{name}> is only a wrapper; what is inside counts", "no harm", dialect.source)
    near = difflib.get_close_matches(name, dialect.elements, 1, 0.6)
    fix = f"did you mean <{near[0]}>?" if near else "leave it out"
    return warning("XA-020", line, f"<{name}> is not an element of {dialect.name}: it is ignored without a word", fix, dialect.source)


def _attributes(node: etree._Element, known: Element, dialect: Dialect) -> Iterator[Finding]:
    name, line = str(node.tag), node.sourceline
    for key, value in node.items():
        if name == "root-password" and key == "type" and not dialect.reading.takes_hash:
            if value == "hash":
                said = "type is not read: the hash itself would become root's password"
                yield error("XA-048", line, said, "give a password in plain text, or let pxeserve make a random one", dialect.source)
            else:
                yield warning("XA-030", line, "type of <root-password> is not read", "leave it out", dialect.source)
        elif key not in known.attributes:
            if name == "admin-interface" and key in ("ip", "subnet-mask", "gateway"):
                said = f"{key} is read as an element inside <admin-interface>, never as an attribute"
                yield error("XA-031", line, said, f"<{key}>{value}</{key}> inside it", dialect.source)
            elif not (name == "post-install-script" and key == "type"):
                near = difflib.get_close_matches(str(key), known.attributes, 1, 0.5)
                fix = f"did you mean {near[0]}?" if near else "leave it out"
                yield warning("XA-032", line, f"attribute {key} of <{name}> is not read", fix, dialect.source)
        else:
            yield from _attribute(name, str(key), str(value), line, known, dialect)


def _attribute(name: str, key: str, value: str, line: int | None, known: Element, dialect: Dialect) -> Iterator[Finding]:
    pattern = known.attributes[key]
    if pattern is None or pattern.fullmatch(value):
        return
    if dialect.reading.roots:
        yield strict(name, key, value, line, dialect)
    elif (name, key) == ("admin-interface", "proto"):
        said = f"proto {value!r} is taken, and leaves the network unset: the installation fails later"
        yield error("XA-033", line, said, "static or dhcp", dialect.source)
    elif (name, key) == ("admin-interface", "hwaddr") and pattern.fullmatch(value.lower()):
        said = f"hwaddr {value!r} has capitals: 0 interfaces matching the MAC specified for the management interface."
        yield error("XA-034", line, said, value.lower(), dialect.source)
    elif (name, key) == ("source", "type"):
        yield error("XA-035", line, f"type {value!r}: No source media specified.", "url, nfs or local", dialect.source)
    elif (name, key) == ("primary-disk", "gueststorage"):
        said = f"gueststorage {value!r} means no: only yes and true are taken for yes"
        yield warning("XA-036", line, said, "yes or no", dialect.source)
    else:
        yield error("XA-037", line, f"{key} {value!r} of <{name}> cannot be right", "correct it", dialect.source)


def _text(node: etree._Element, known: Element, dialect: Dialect) -> Iterator[Finding]:
    name, line = str(node.tag), node.sourceline
    text = "".join([node.text or "", *(child.tail or "" for child in node)])
    if "<![CDATA[" in etree.tostring(node, with_tail=False, encoding="unicode"):
        yield error("XA-040", line, f"<{name}>: CDATA is read as nothing at all", "write it as plain text", _XML_SOURCE)
        return
    if not text.isascii():
        yield error("XA-041", line, f"<{name}> holds characters outside ASCII: UnicodeEncodeError", "use ASCII only", dialect.source)
        return
    if dialect.reading.trims:
        text = text.strip()
    if text != text.strip():
        said = f"<{name}>: the white space around the value is kept, so it is not what it looks like"
        yield error("XA-042", line, said, f"<{name}>{text.strip()}</{name}>, tight and on one line", dialect.source)
        return
    if name in ("primary-disk", "guest-disk", "existing-installation") and text.startswith("/dev/") and dialect.reading.prefixes_dev:
        said = f"<{name}>: /dev/ is always put in front, so this becomes /dev/{text}"
        severity = Severity.ERROR if name == "existing-installation" else Severity.WARNING
        yield Finding("XA-043", severity, line or 0, 0, said, text.removeprefix("/dev/"), dialect.source)
        return
    if name in ("source", "driver-source", "post-install-script", "install-failed-script", "script"):
        yield from _address(node, text, dialect)
        return
    assert known.text is not None
    if not known.text.fullmatch(text):
        shown = "a value" if name == "root-password" else repr(text[:60])
        yield error("XA-044", line, f"<{name}>: {shown} is not {known.says}", known.says, dialect.source)


def _address(node: etree._Element, text: str, dialect: Dialect) -> Iterator[Finding]:
    name, line, kind = str(node.tag), node.sourceline, node.get("type")
    if name == "source" and kind is None:
        why = "Missing mandatory attribute type" if dialect.reading.roots else "No source media specified."
        yield error("XA-035", line, f"no type: {why}", 'type="url"', dialect.source)
    if name == "script":
        for key in ("stage", "type"):
            if node.get(key) is None:
                yield error("XA-055", line, f"<script> has no {key}: Missing mandatory attribute {key}", f"add {key}", dialect.source)
    if kind == "local":
        return
    if not text:
        yield error("XA-045", line, f"<{name}> is empty", "give an address", dialect.source)
    elif text.startswith("https://") and not dialect.reading.https:
        yield error("XA-046", line, f"<{name}>: https is not known before 6.2 (Unknown source type.)", "http://", dialect.source)
    elif kind == "nfs" and not re.fullmatch(r"[^/:]+:/.*", text):
        yield error("XA-047", line, f"<{name}>: {text!r} is not server:/path", "server:/path", dialect.source)
    elif kind == "url" and dialect.reading.roots and not re.match(r"(https?|ftp|file|nfs)://", text):
        yield error("XA-049", line, f"<{name}>: {text!r}: Unsupported URL scheme", f"http://{text}", dialect.source)
    elif kind == "url" and not re.match(r"(https?|ftp|file|nfs)://", text):
        yield warning("XA-049", line, f"<{name}>: http:// is put in front of {text!r}", f"http://{text}", dialect.source)
    if re.match(r"[a-z]+://[^/@]*@", text):
        said = f"<{name}>: a password in an address ends up in the installed host's log"
        yield warning("XA-050", line, said, "serve it without a password", dialect.source)
    if any(mark in text for mark in ("{{", "<%", "${")):
        yield error("XA-051", line, f"<{name}>: a template's mark was left over", "fill it in", "security rule of this server")


def _required(elements: list[etree._Element], mode: str, dialect: Dialect) -> Iterator[Finding]:
    counted: dict[str, list[etree._Element]] = {}
    for node in elements[1:]:
        counted.setdefault(str(node.tag), []).append(node)
    root_line = elements[0].sourceline
    for name, known in dialect.elements.items():
        found = counted.get(name, [])
        if mode in known.required and not found:
            fix = f"add <{name}>" + (f": {known.says}" if known.says else "")
            yield error("XA-060", root_line, f"<{name}> is missing: {known.missing}", fix, dialect.source)
        if len(found) > 1 and known.lone:
            line = found[1].sourceline
            yield warning("XA-061", line, f"<{name}> stands {len(found)} times: then none of them counts", "leave one", dialect.source)
        elif len(found) > 1 and not known.repeatable:
            line = found[1].sourceline
            yield warning("XA-062", line, f"<{name}> stands {len(found)} times: only the first counts", "leave one", dialect.source)


def _depth(root: etree._Element) -> int:
    deepest, stack = 0, [(root, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack += [(child, depth + 1) for child in node]
    return deepest
