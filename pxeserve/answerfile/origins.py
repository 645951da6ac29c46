"""Who said each value of an answerfile: the host, a profile, the site, pxeserve itself, a template, or the generation's own default.

Works on the finished file, so that a template's is told as well as the model's. Refuses to know how values are merged and written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from pxeserve.answerfile.answers import Answers, Mode
from pxeserve.answerfile.declared.values import SHOWN
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import Document, Node
from pxeserve.answerfile.inheritance import Merged

PXESERVE = "pxeserve"

_SPELT = {
    "ip": "ipaddr", "mask": "subnet", "raids": "raid", "partitions": "initial-partitions", "fcoe": "fcoe-interfaces",
}  # fmt: skip
"""Fields of the answers whose declared name is another."""

_OWN = frozenset({"mode", "sources.0", "scripts", "source"})
_PLACES: Mapping[str, tuple[str, ...]] = {
    "primary-disk": ("primary-disk.device", "primary-disk.mirror"),
    "guest-disk": ("guest-disks",),
    "existing-installation": ("existing-installation.device",),
    "backup-disk": ("backup-disk",),
    "source": ("sources",),
    "driver-source": ("driver-sources",),
    "ip": ("admin-interface.ipaddr",),
    "ipaddr": ("admin-interface.ipaddr",),
    "subnet-mask": ("admin-interface.subnet",),
    "subnet": ("admin-interface.subnet",),
    "gateway": ("admin-interface.gateway",),
    "ipv6": ("admin-interface.ipv6",),
    "gatewayv6": ("admin-interface.gatewayv6",),
    "nameserver": ("nameservers",),
    "name-server": ("nameservers",),
    "ntp-server": ("ntp-servers",),
    "ntp-servers": ("ntp-servers",),
    "bootloader": ("bootloader.kind",),
    "raid": ("raid",),
    "disk": ("raid",),
    "partition": ("initial-partitions",),
    "fcoe-interface": ("fcoe-interfaces",),
    "driver": ("drivers",),
    "service": ("services",),
    "ntp": ("ntp-source",),
}
"""Element to the answers that its text, or its attributes, can be; for one that is not here its own name."""

_ROOT = {"srtype": "sr-type", "sr-type": "sr-type"}
_ATTRIBUTES = {"gueststorage": "guest-storage", "swraid": "mirror"}
_YES, _NO = frozenset({"yes", "true", "enabled", "on"}), frozenset({"no", "false", "disabled", "off"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the file: its `line` (0 for a default, which stands nowhere), `element` and `attribute` as written there, the `answer`
    that it is by its modern name (a list's items counted from 0), and who said it."""

    line: int
    element: str
    attribute: str | None
    text: str
    answer: str
    origin: str


def origins(document: Document, answers: Answers, merged: Merged, author: str = PXESERVE) -> list[Value]:
    """Every text and attribute of a file, in its order, each with its origin. `author` is who wrote what nobody declared: pxeserve, or a
    template by its name."""
    known = dict(_flat(answers))
    return [_value(node, attribute, text, known, merged, author) for node in document.nodes for attribute, text in _said(node)]


def defaults(document: Document, dialect: Dialect, mode: Mode) -> list[Value]:
    """What the file does not say and the generation decides by itself, where that is known: a value each, by its modern name."""
    said = {node.name for node in document.nodes}
    found = []
    for key, element in dialect.elements.items():
        default = element.text.default if element.text is not None else None
        if default and element.parent is None and not said & set(element.names) and mode in dialect.reading(key):
            found.append(Value(0, element.names[0], None, default, _modern(key), f"default of {dialect.name}"))
    for attribute in dialect.root.attributes:
        if attribute.key == "mode" or attribute.value.default is None or set(attribute.names) & set(document.root.attributes):
            continue
        found.append(Value(0, document.root.name, attribute.names[0], attribute.value.default, attribute.key, f"default of {dialect.name}"))
    return found


def _said(node: Node) -> Iterator[tuple[str | None, str]]:
    yield from node.attributes.items()
    if node.text.strip():
        yield None, node.text.strip()


def _value(node: Node, attribute: str | None, text: str, known: Mapping[str, str], merged: Merged, author: str) -> Value:
    shown = SHOWN if node.name == "root-password" and attribute is None else text
    for path in _candidates(node, attribute):
        for answer, value in _under(path, known):
            if _same(value, text) or path == "root-password":
                return Value(node.line, node.name, attribute, shown, answer, _origin(answer, merged, author))
    return Value(node.line, node.name, attribute, shown, next(iter(_candidates(node, attribute))), author)


def _candidates(node: Node, attribute: str | None) -> Iterator[str]:
    """The answers that a text or an attribute may be, by its place."""
    if node.parent is None:
        yield _ROOT.get(attribute or "", attribute or node.name)
        return
    if node.name in ("script", "post-install-script", "install-failed-script"):
        yield "scripts"
        return
    places = _PLACES.get(node.name, (node.name,))
    if attribute is not None and "." in places[0]:
        yield f"{places[0].partition('.')[0]}.{_ATTRIBUTES.get(attribute, attribute)}"
        return
    if attribute is not None and node.name == "admin-interface":
        yield f"admin-interface.{attribute}"
        return
    yield from places


def _under(path: str, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((answer, value) for answer, value in known.items() if answer == path or answer.startswith(f"{path}."))


def _origin(answer: str, merged: Merged, author: str) -> str:
    if answer in _OWN or answer.startswith(("scripts", "sources.0")):
        return author if answer == "mode" and author != PXESERVE else PXESERVE
    if answer.startswith("sources."):
        _, number, *rest = answer.split(".")
        answer = ".".join(("sources", str(int(number) - 1), *rest))
    return merged.origin(answer) or author


def _same(value: str, text: str) -> bool:
    """Whether a text of the file says this answer."""
    if value in ("yes", "no"):
        return text.lower() in (_YES if value == "yes" else _NO) or value == text
    return value.removeprefix("/dev/").lower() == text.removeprefix("/dev/").lower() or text in value.split(",") or value in text.split(",")


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """All answers by their modern names, as texts."""
    if value is None or value == "":
        return
    if is_dataclass(value):
        if path.count(".") == 1 and path.startswith(("services.", "drivers.")):
            path = f"{path.partition('.')[0]}.{getattr(value, 'name', '')}"
        for field in fields(value):
            name = _SPELT.get(field.name, field.name.replace("_", "-"))
            yield from _flat(getattr(value, field.name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        if path.endswith((".mirror", ".disks")):
            yield path, ",".join(value)
        else:
            for number, inner in enumerate(value):
                yield from _flat(inner, f"{path}.{number}")
    elif isinstance(value, bool):
        if value or path != "ui-confirmation-prompt":
            yield path, "yes" if value else "no"
    else:
        yield path, str(value)


def _modern(key: str) -> str:
    names = {"nameserver": "nameservers", "ntp-server": "ntp-servers", "guest-disk": "guest-disks"}
    return names.get(key, key)
