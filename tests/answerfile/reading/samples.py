"""Files made of the dialects' data alone: every element that a mode reads, once, with every attribute."""

from __future__ import annotations

from dataclasses import dataclass, field

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.shape import Attribute, Dialect, Element, Holds, Value

_SAMPLES = {
    Holds.DISK: "sda", Holds.DISKS: "sda", Holds.ADDRESS: "http://192.0.2.1/media", Holds.SCRIPT: "http://192.0.2.1/s", Holds.NIC: "eth0",
    Holds.MAC: "52:54:00:77:00:01", Holds.IPV4: "192.0.2.9", Holds.MASK: "255.255.255.0", Holds.IPV6_PREFIX: "2001:db8::9/64",
    Holds.IPV6: "2001:db8::1", Holds.SERVER: "192.0.2.3", Holds.HOST_NAME: "xen01", Holds.ZONE: "Europe/London", Holds.KEYMAP: "us",
    Holds.PASSWORD: "secret1", Holds.YES_NO: "yes", Holds.ANY_YES: "true", Holds.NUMBER: "7", Holds.NAME: "one",
}  # fmt: skip
_CHOSEN = {"proto": "static", "protov6": "static", "swraid": "no", "source": "manual"}


@dataclass
class Tag:
    """An element to be written."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Tag] = field(default_factory=list)

    def xml(self) -> str:
        attributes = "".join(f' {name}="{value}"' for name, value in self.attributes.items())
        return f"<{self.name}{attributes}>{self.text}{''.join(child.xml() for child in self.children)}</{self.name}>"

    def all(self) -> list[Tag]:
        return [self, *(below for child in self.children for below in child.all())]

    def find(self, name: str) -> Tag:
        return next(tag for tag in self.all() if tag.name == name)

    def above(self, wanted: Tag) -> Tag:
        return next(tag for tag in self.all() if any(child is wanted for child in tag.children))


def sample(value: Value) -> str:
    """A value as it should be."""
    if value.holds is Holds.WORD:
        return value.words[0] or value.words[-1]
    return _SAMPLES[value.holds]


def attribute_sample(attribute: Attribute) -> str:
    return _CHOSEN.get(attribute.key) or sample(attribute.value)


def tag(element: Element, dialect: Dialect) -> Tag:
    """The element in its first spelling with all its attributes in theirs, and the elements within it."""
    attributes = {one.names[0]: attribute_sample(one) for one in element.attributes}
    text = "" if element.text is None else sample(element.text)
    children = [tag(child, dialect) for child in dialect.elements.values() if child.parent == element.key]
    return Tag(element.names[0], attributes, text, children)


def whole(dialect: Dialect, mode: Mode) -> Tag:
    """A file with everything that this mode reads."""
    elements = [one for one in dialect.elements.values() if mode in dialect.reading(one.key) and one.parent is None]
    root = Tag("restore" if mode is Mode.RESTORE else "installation")
    root.attributes = {one.names[0]: attribute_sample(one) for one in dialect.root.attributes}
    root.attributes["mode"] = "fresh" if mode is Mode.RESTORE else mode
    root.children = [tag(element, dialect) for element in elements]
    return root


def places(dialect: Dialect, mode: Mode) -> list[Element]:
    """The elements that this mode reads."""
    return [one for one in dialect.elements.values() if mode in dialect.reading(one.key)]
