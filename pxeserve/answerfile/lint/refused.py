"""The one error of a file that an installer refuses, or that is no document at all: its code, its place, and the installer's own words.

Refuses to know how refusals come about (`reading/` does).
"""

from __future__ import annotations

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import MalformedError
from pxeserve.answerfile.finding import Edit, Finding, Severity
from pxeserve.answerfile.reading import Cause, Refusal
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import SECURITY, XML, Case, shown
from pxeserve.answerfile.silent.names import nearest

_STATIC = frozenset({"ipaddr", "subnet", "gateway", "ipv6", "gatewayv6"})
_SCRIPTS = frozenset({"script", "post-install-script", "install-failed-script"})


def malformed(error: MalformedError, dialect: Dialect) -> Finding:
    """The finding on bytes that are no document, or none that is read here."""
    code = next((code for words, code in _MALFORMED if words in error.message), Code.NOT_XML)
    said = error.message
    installer = dialect.not_xml.text if dialect.not_xml is not None else error.said
    if not error.ours and installer:
        said = f"{said}. {dialect.name} says: {installer}"
    source = SECURITY if error.ours else XML
    return Finding(code.text, Severity.ERROR, error.line, error.column, said, error.fix, source)


def refused(case: Case, refusal: Refusal) -> Finding:
    """The finding on what the installer refuses."""
    node, attribute = refusal.node, refusal.attribute
    at = refusal.message or f"{refusal.error} without a word"
    line, column = case.places.of(node, attribute)
    made = _edits(case, refusal) if case.places.editable else ()
    said = f"{_subject(refusal)}: {at}"
    if refusal.error not in ("AnswerfileError", "AnswerfileException", "XmlUnwrapError", "RuntimeError") and refusal.message:
        said += f" ({refusal.error})"
    return Finding(code_of(case, refusal).text, Severity.ERROR, line, column, said, refusal.fix, refusal.source, made)


def code_of(case: Case, refusal: Refusal) -> Code:
    """The code of a refusal, by its cause and by what it is about."""
    element = case.known(refusal.node) if refusal.node is not case.document.root else None
    key = element.key if element else ""
    if refusal.cause is Cause.MISSING:
        return Code.STATIC if key == "admin-interface" else Code.MISSING
    if refusal.cause is Cause.ATTRIBUTE:
        return _missing_attribute(key, refusal)
    if refusal.cause is Cause.VALUE:
        nameless = key in ("admin-interface", "fcoe-interface") and refusal.attribute is None
        return Code.NO_INTERFACE if nameless else _value(key, refusal)
    if refusal.cause is Cause.TOGETHER:
        return Code.NTP_SERVERS
    if refusal.cause is Cause.MACHINE and _capitals(case, refusal):
        return Code.CAPITALS
    return _BY_CAUSE[refusal.cause]


def _missing_attribute(key: str, refusal: Refusal) -> Code:
    if key in ("source", "driver-source"):
        return Code.SOURCE_TYPE
    if key in ("admin-interface", "fcoe-interface"):
        return Code.PROTO if refusal.name == "proto" else Code.NO_INTERFACE
    return Code.SCRIPT_ATTRIBUTE if key in _SCRIPTS else Code.NO_ATTRIBUTE


def _value(key: str, refusal: Refusal) -> Code:
    if not key:
        return Code.SR_TYPE if refusal.attribute in ("srtype", "sr-type") else Code.VALUE
    if refusal.attribute is None:
        return Code.NONSENSE
    named = {
        ("source", "type"): Code.SOURCE_TYPE, ("driver-source", "type"): Code.SOURCE_TYPE, ("admin-interface", "vlan"): Code.VLAN,
        ("ntp", "source"): Code.NTP_SOURCE,
    }  # fmt: skip
    if (key, refusal.attribute) == ("admin-interface", "proto"):
        return Code.NO_IP if "IPv6" in refusal.message else Code.PROTO
    return named.get((key, refusal.attribute), Code.VALUE)


def _subject(refusal: Refusal) -> str:
    node = refusal.node
    if refusal.cause is Cause.MISSING:
        return f"no <{refusal.name}> in <{node.name}>"
    if refusal.cause is Cause.ATTRIBUTE:
        return f"no {refusal.name} in <{node.name}>" if refusal.name else f"<{node.name}>"
    if refusal.attribute is not None:
        value = node.attributes.get(refusal.attribute)
        quoted = f" {shown(value)}" if value is not None else ""
        return f"{refusal.attribute}{quoted} of <{node.name}>"
    return f"<{node.name}>"


def _edits(case: Case, refusal: Refusal) -> tuple[Edit, ...]:
    """Where nothing else can have been meant: letters of the wrong case, a space too much, a hyphen."""
    node, attribute = refusal.node, refusal.attribute
    if refusal.cause is Cause.MACHINE and attribute is not None and _capitals(case, refusal):
        return edits.attribute(case.places, node, attribute, node.attributes[attribute].lower())
    if refusal.cause is Cause.ROOT:
        near, sure = nearest(node.name, case.dialect.roots)
        return edits.rename(case.places, node, near) if near and sure else ()
    if refusal.cause not in (Cause.VALUE, Cause.MODE):
        return ()
    known = case.dialect.root if node is case.document.root else case.known(node)
    if known is None:
        return ()
    if attribute is None:
        words = known.text.words if known.text else ()
        word = node.text.strip().lower()
        return edits.text(case.places, node, word) if word in words and word else ()
    value = next((one.value for one in known.attributes if attribute in one.names), None)
    word = node.attributes.get(attribute, "").strip().lower()
    return edits.attribute(case.places, node, attribute, word) if value is not None and word in value.words else ()


def _capitals(case: Case, refusal: Refusal) -> bool:
    value = refusal.node.attributes.get(refusal.attribute or "", "")
    return refusal.attribute == "hwaddr" and value != value.lower() and case.dialect.name == "4.1"


_MALFORMED = (
    ("is no answerfile", Code.TOO_LONG),
    ("DOCTYPE", Code.ENTITY),
    ("an entity is declared", Code.ENTITY),
    ("deep", Code.TOO_DEEP),
    ("elements", Code.TOO_DEEP),
)
_BY_CAUSE = {
    Cause.ROOT: Code.ROOT,
    Cause.MODE: Code.MODE,
    Cause.TOO_MANY: Code.TOO_MANY,
    Cause.ENCODING: Code.NOT_ASCII,
    Cause.MACHINE: Code.NOT_THERE,
    Cause.CRASH: Code.CRASH,
}
