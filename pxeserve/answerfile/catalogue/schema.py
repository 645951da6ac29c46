"""A RELAX NG schema of what one generation reads, drawn from its data: an editor then completes names and marks what would be ignored.

Stricter than the installer, which takes anything it does not know: whatever the schema takes, the installer reads and heeds. It knows the
order and the nesting of nothing, since the installers do not either, but wants children where they are looked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.shape import Attribute, Counts, Dialect, Element, Holds, Otherwise, Value

_NS = "http://relaxng.org/ns/structure/1.0"
_TYPES = "http://www.w3.org/2001/XMLSchema-datatypes"
_PATTERNS = {
    Holds.MAC: "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}",
    Holds.IPV4: "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
    Holds.MASK: "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
    Holds.IPV6: "[0-9A-Fa-f:.]+",
    Holds.IPV6_PREFIX: "[0-9A-Fa-f:.]+/[0-9]{1,3}",
    Holds.NUMBER: "[0-9]+",
    Holds.DISK: "\\S+",
    Holds.DISKS: "\\S+",
    Holds.NIC: "\\S+",
    Holds.SERVER: "\\S+",
    Holds.HOST_NAME: "\\S+",
    Holds.ZONE: "\\S+",
    Holds.KEYMAP: "\\S+",
    Holds.NAME: "\\S+",
}
"""As XSD patterns. What holds an address may be empty (a local source), a password anything."""

_MANY = frozenset({Counts.EACH, Counts.SET, Counts.KEYED})


def schema(dialect: Dialect) -> bytes:
    """The schema of `dialect`, as RELAX NG in XML syntax with a line's end at its end."""
    grammar = etree.Element(f"{{{_NS}}}grammar", nsmap={None: _NS})
    grammar.set("datatypeLibrary", _TYPES)
    grammar.append(etree.Comment(f" What installers of {dialect.product} read. Drawn from {dialect.source}; changes here are lost. "))
    choice = _sub(_sub(grammar, "start"), "choice")
    for mode in dialect.modes:
        _sub(choice, "ref", name=f"mode-{mode}")
    for mode in dialect.modes:
        _mode(_sub(grammar, "define", name=f"mode-{mode}"), dialect, mode)
    for element in dialect.elements.values():
        _element(_sub(grammar, "define", name=element.key), dialect, element)
    etree.indent(grammar)
    text: bytes = etree.tostring(grammar, xml_declaration=True, encoding="UTF-8")
    return text + b"\n"


def _mode(define: etree._Element, dialect: Dialect, mode: Mode) -> None:
    """The outermost element in one mode, with all that is read in it."""
    restore = mode is Mode.RESTORE
    root = _sub(define, "element")
    _names(root, ("restore",) if restore else tuple(name for name in dialect.roots if name != "restore") or ("installation", "upgrade"))
    if not restore:
        said = _sub(_sub(root, "optional") if mode is Mode.FRESH else root, "attribute", name="mode")
        _sub(said, "value").text = str(mode)
        for attribute in dialect.root.attributes:
            if attribute.key != "mode":
                _attribute(root, attribute)
    inner = _sub(root, "interleave")
    _sub(inner, "empty")
    for element in dialect.elements.values():
        if element.parent is None and element.counts is not Counts.NEVER and mode in dialect.reading(element.key):
            _placed(inner, element, needed=mode in dialect.requiring(element.key))


def _placed(where: etree._Element, element: Element, *, needed: bool) -> None:
    many = element.counts in _MANY
    if not needed or many:
        where = _sub(where, {(True, True): "oneOrMore", (True, False): "zeroOrMore"}.get((many, needed), "optional"))
    _sub(where, "ref", name=element.key)


def _element(define: etree._Element, dialect: Dialect, element: Element) -> None:
    node = _sub(define, "element")
    _names(node, element.names)
    for attribute in element.attributes:
        _attribute(node, attribute)
    children = [one for one in dialect.elements.values() if one.parent == element.key]
    if children:
        inner = _sub(node, "interleave")
        _sub(inner, "empty")
        for child in children:
            _placed(inner, child, needed=False)
    elif element.text is not None:
        _data(node, element.text)
    else:
        _sub(node, "empty")


def _attribute(node: etree._Element, attribute: Attribute) -> None:
    """Of two spellings one, so that none of them goes unread."""
    where = node if attribute.missing is not None else _sub(node, "optional")
    if len(attribute.names) > 1:
        where = _sub(where, "choice")
    for name in attribute.names:
        _data(_sub(where, "attribute", name=name), attribute.value)


def _data(where: etree._Element, value: Value) -> None:
    words = [word for word in value.words if word not in value.idle]
    if value.holds is Holds.YES_NO:
        _pattern(where, _any_case(["yes", "true", "no", "false"]))
    elif words and value.otherwise is not Otherwise.KEPT:
        if value.any_case:
            _pattern(where, _any_case(words))
        else:
            where = _sub(where, "choice") if len(words) > 1 else where
            for word in words:
                _sub(where, "value", type="string").text = word
    elif value.holds in _PATTERNS:
        _pattern(where, _PATTERNS[value.holds])
    else:
        _sub(where, "text")


def _pattern(where: etree._Element, pattern: str) -> None:
    data = _sub(where, "data", type="string")
    _sub(data, "param", name="pattern").text = pattern


def _any_case(words: Sequence[str]) -> str:
    return "|".join("".join(f"[{c.upper()}{c.lower()}]" if c.isalpha() else c for c in word) for word in words)


def _names(node: etree._Element, names: Sequence[str]) -> None:
    if len(names) == 1:
        node.set("name", names[0])
        return
    choice = _sub(node, "choice")
    for name in names:
        _sub(choice, "name").text = name


def _sub(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_NS}}}{tag}", attributes)
