"""Texts that are not taken as they look: CDATA, white space that is kept, nothing at all, characters outside ASCII, marks of templates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Element, Holds
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import SECURITY, XML, Case, masked, shown

_MARK = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<%.*?%>|\$\{[^}]*\}|@@\w+@@", re.DOTALL)
_MAY_BE_EMPTY = frozenset({"bootloader", "ui-confirmation-prompt", "zap-utility-partitions", "rootfs-writable", "driver", "xenrt"})


def doctype(case: Case) -> Iterator[Finding]:
    """A DOCTYPE that declares nothing."""
    if case.document.doctype is not None:
        line, column = case.document.doctype
        found = case.tell(Code.DOCTYPE, case.document.root, "a DOCTYPE: no installer needs one", "leave it out", source=XML)
        yield Finding(found.code, found.severity, line, column, found.message, found.fix, found.source)


def cdata(case: Case) -> Iterator[Finding]:
    """CDATA sections are no text nodes, and only those are read."""
    for node, _ in case.texts():
        if not node.has_cdata:
            continue
        left = shown(node.text.strip()) if node.text.strip() else "nothing at all"
        counts = "what is left" if node.name == "root-password" and node.text.strip() else left
        said = f"<{node.name}>: a CDATA section is not read: what counts is {counts}"
        fix = "write it as plain text, with &amp; and &lt; where needed"
        yield case.warn(Code.CDATA, node, said, fix, text=True, source=XML, edits=edits.no_cdata(case.places, node))


def white_space(case: Case) -> Iterator[Finding]:
    """4.1 to 5.5 keep white space around a value: an address on a line of its own is none any more."""
    if case.trims:
        return
    for node, element in case.texts():
        tight = node.text.strip()
        if tight == node.text or not tight or _unread(node, element):
            continue
        said = f"<{node.name}>: the white space around the value is kept, so that it is {_with_space(node)}"
        if element.text is not None and element.text.holds in (Holds.ADDRESS, Holds.SCRIPT):
            said += ": nothing is found there"
        fix = f"<{node.name}>{'...' if element.key == 'root-password' else masked(tight)}</{node.name}>, tight and on one line"
        yield case.warn(Code.WHITE_SPACE, node, said, fix, text=True, edits=edits.tight(case.places, node))


def empty(case: Case) -> Iterator[Finding]:
    """A text that is not there, and is taken."""
    for node, element in case.texts():
        if node.text.strip() or node.has_cdata or element.key in _MAY_BE_EMPTY or _unread(node, element):
            continue
        holds = element.text.holds.value if element.text else "a text"
        yield case.warn(Code.EMPTY, node, f"<{node.name}> is empty, and taken as it is", f"give {holds}, or leave it out")


def harmless(case: Case) -> Iterator[Finding]:
    """Characters outside ASCII that stop installers with Python 2 where they are read, and stand where they are not."""
    if not case.dialect.ascii_texts:
        return
    trace = case.reading.trace
    refused = case.reading.refusal is not None
    for node in case.document.nodes[1:]:
        if not node.text.isascii() and node not in trace.texts and not (refused and case.counts(node)):
            said = f"<{node.name}> holds characters outside ASCII: harmless only because its text is not read"
            yield case.tell(Code.NOT_ASCII, node, said, "use ASCII alone", text=True)


def template_marks(case: Case) -> Iterator[Finding]:
    """What a template should have filled in."""
    for node in case.document.nodes:
        if _MARK.search(node.text):
            said, fix = f"<{node.name}> holds a mark of a template that was not filled in", "fill it in"
            yield case.warn(Code.TEMPLATE, node, said, fix, text=True, source=SECURITY)
        for name, value in node.attributes.items():
            if _MARK.search(value):
                said = f"{name} of <{node.name}> holds a mark of a template that was not filled in"
                yield case.warn(Code.TEMPLATE, node, said, "fill it in", attribute=name, source=SECURITY)


def _unread(node: Node, element: Element) -> bool:
    """The text of a local source is passed over."""
    return element.key in ("source", "driver-source") and node.attributes.get("type") == "local"


def _with_space(node: Node) -> str:
    if node.name == "root-password":
        return "part of the password"
    return shown(node.text)
