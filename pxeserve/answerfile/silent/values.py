"""Values that mean something else than they say: booleans that mean no, words that are passed over, a prompt that any text switches on."""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Attribute, Element, Holds, Otherwise, Value
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import Case

_NOES = frozenset({"no", "false"})
_NO_WORDS = frozenset({"0", "off", "n", "f", "none", "never", "disable", "disabled"})


def booleans(case: Case) -> Iterator[Finding]:
    """Only yes and true are yes; everything else is no, without a word."""
    for node, element, known, name, value in _attributes(case):
        if known.value.holds is not Holds.YES_NO or value.lower() in known.value.words or value.lower() in _NOES:
            continue
        said = f"{name} {value!r} of <{node.name}> means no: only {' and '.join(known.value.words)} are taken for yes"
        if value.strip().lower() in _NO_WORDS:
            made = edits.attribute(case.places, node, name, "no")
            yield case.tell(Code.BOOLEAN, node, said, "no", attribute=name, edits=made)
        else:
            made = edits.attribute(case.places, node, name, "yes") if element is not None else ()
            yield case.warn(Code.BOOLEAN, node, said, "yes or no", attribute=name, edits=made)


def words(case: Case) -> Iterator[Finding]:
    """Words that are not known and passed over without a word of the installer's."""
    for node, _, known, name, value in _attributes(case):
        unknown = known.value.words and (value.lower() if known.value.any_case else value) not in known.value.words
        if known.value.otherwise is Otherwise.IGNORED and unknown:
            said = f"{name} {value!r} of <{node.name}> is not known, and taken as if it had not been said"
            yield case.warn(Code.VALUE_IGNORED, node, said, _choice(known.value), attribute=name)
    for node, element in case.texts():
        assert element.text is not None
        text = case.text(node)
        unknown = element.text.words and (text.lower() if element.text.any_case else text) not in element.text.words
        if element.text.otherwise is Otherwise.IGNORED and unknown and text.strip():
            said = f"<{node.name}>: {text.strip()[:60]!r} is not known, and taken as if it had not been said"
            made = edits.text(case.places, node, text.strip().lower()) if text.strip().lower() in element.text.words else ()
            yield case.warn(Code.VALUE_IGNORED, node, said, _choice(element.text), text=True, edits=made)
        elif text in element.text.idle:
            said = f"<{node.name}>: {text!r} does not do what it says: {element.text.idle[text]}"
            yield case.warn(Code.VALUE_IGNORED, node, said, "leave it out", text=True)


def any_yes(case: Case) -> Iterator[Finding]:
    """A text that is there at all means yes, `false` too; and then a person is waited for."""
    for node, _ in case.texts("ui-confirmation-prompt"):
        text = case.text(node)
        if not text:
            continue
        gone = edits.remove(case.places, node)
        if text.lower() in _NOES | _NO_WORDS:
            said = f"<{node.name}>: any text at all means yes, {text!r} too: the installation will wait for a person to confirm it"
            yield case.warn(Code.ANY_YES, node, said, "leave it out", text=True, edits=gone)
        else:
            said = f"<{node.name}>: the installation will wait for a person to confirm it"
            yield case.warn(Code.WAITS, node, said, "leave it out where nobody stands by", text=True)


def lab(case: Case) -> Iterator[Finding]:
    """Hooks of the vendor's own lab."""
    for node, element in case.each():
        if element.lab:
            yield case.tell(Code.LAB, node, f"<{node.name}> is a hook of the vendor's own lab", "leave it out")
    for node, _, known, name, _value in _attributes(case):
        if known.key == "sr-at-end":
            said = f"{name} of <{node.name}> is a hook of the vendor's own lab"
            yield case.tell(Code.LAB, node, said, "leave it out", attribute=name)


def _choice(value: Value) -> str:
    words = [word for word in value.words if word]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words) or value.holds.value


def _attributes(case: Case) -> Iterator[tuple[Node, Element | None, Attribute, str, str]]:
    """All attributes that are read and hold something: element, what is known of it, of the attribute, its spelling and its value."""
    beaten = case.reading.trace.beaten
    for node, element in [(case.document.root, case.dialect.root), *case.each()]:
        for known in element.attributes:
            for name in known.names:
                if node.attributes.get(name) and (node, name) not in beaten:
                    yield node, element, known, name, node.attributes[name]
