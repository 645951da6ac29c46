"""A commented example of what one generation reads, drawn from its data: every element, with what it means and what else it may say.

What an ordinary installation says stands there; the rest stands in comments, ready to be uncommented. Refuses to know anybody's network:
all addresses are those of documentation (RFC 5737, RFC 3849).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects.shape import Attribute, Dialect, Element, Holds, Otherwise, Value

_HASH = "$6$salt$hash"
_BY_KEY = {
    "primary-disk": "sda", "guest-disk": "sdb", "existing-installation": "sda", "backup-disk": "sda", "disk": "sda",
    "ipaddr": "192.0.2.11", "gateway": "192.0.2.1", "name-server": "192.0.2.1", "ntp-server": "192.0.2.1", "hostname": "xen01",
    "timezone": "Europe/London", "keymap": "us", "source": "http://192.0.2.1/media/medium",
    "driver-source": "http://192.0.2.1/media/drivers", "ipv6": "2001:db8::11/64", "gatewayv6": "2001:db8::1",
}  # fmt: skip
_BY_KIND = {
    Holds.SCRIPT: "http://192.0.2.1/scripts/site.sh", Holds.ADDRESS: "http://192.0.2.1/media/medium", Holds.DISK: "sda",
    Holds.DISKS: "sda", Holds.MASK: "255.255.255.0", Holds.IPV4: "192.0.2.11", Holds.NIC: "eth0", Holds.MAC: "52:54:00:77:00:01",
    Holds.ANY_YES: "yes", Holds.YES_NO: "yes", Holds.NUMBER: "1", Holds.NAME: "name",
}  # fmt: skip
_SAID = (
    "primary-disk", "source", "admin-interface", "root-password", "name-server", "hostname", "timezone", "ntp-server", "keymap",
)  # fmt: skip
"""What an ordinary installation says."""

_CHOSEN = {
    ("admin-interface", "proto"): "static", ("source", "type"): "url", ("driver-source", "type"): "url", ("script", "type"): "url",
    ("script", "stage"): "filesystem-populated", ("service", "name"): "sshd", ("raid", "device"): "md127", ("driver", "name"): "igb",
    ("ntp", "source"): "manual", ("root-password", "type"): "hash",
}  # fmt: skip
_UNSAID = frozenset({
    ("admin-interface", "hwaddr"), ("admin-interface", "protov6"), ("admin-interface", "vlan"), ("fcoe-interface", "hwaddr"),
    ("source", "gpgcheck"), ("source", "repo-gpgcheck"), ("primary-disk", "swraid"), ("primary-disk", "fs-type"),
    ("existing-installation", "fs-type"),
})  # fmt: skip
"""Attributes that an ordinary file leaves out, as well as all that have a default."""

_NOT_HERE = frozenset({"ipv6", "gatewayv6"})
"""Children that belong to attributes which an ordinary file leaves out."""

_WIDTH = 110


def example(dialect: Dialect) -> bytes:
    """The example for `dialect`: ASCII, accepted by its installers as it stands."""
    lines = [
        '<?xml version="1.0"?>',
        f"<!-- An answerfile for {dialect.product}: all that its installer reads, and nothing else.",
        "     What is not called required may be left out. Drawn from the rules of",
        f"     {dialect.source}. -->",
        *_comment("", "Attributes of the outermost element:", dialect.root.attributes),
        "<installation>",
        *_said(dialect),
        *_unsaid(dialect),
        "</installation>",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")


def _said(dialect: Dialect) -> Iterator[str]:
    for key in _SAID:
        if key in dialect.elements:
            element = dialect.elements[key]
            yield ""
            yield from _comment("  ", _about(dialect, element), element.attributes)
            yield from _written(dialect, element, "  ")


def _unsaid(dialect: Dialect) -> Iterator[str]:
    for key, element in dialect.elements.items():
        if element.parent is None and key not in _SAID and dialect.reading(key) and not element.lab:
            yield ""
            yield from _comment("  ", _about(dialect, element), element.attributes, tuple(_written(dialect, element, "  ")))


def _comment(indent: str, about: str, attributes: Sequence[Attribute], written: Sequence[str] = ()) -> Iterator[str]:
    """What is said of an element, a line for each attribute, and last what may be uncommented."""
    lines = [*_wrapped(about, indent + "     "), *(line for one in attributes for line in _wrapped(_of(one), indent + "       "))]
    lines[0] = f"{indent}<!-- {lines[0].strip()}"
    yield from (line.replace("--", "- -") if number else line for number, line in enumerate(lines[:-1]))
    last = lines[-1]
    if written:
        yield last
        yield from written
        yield f"{indent}-->"
    else:
        yield f"{last} -->"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False)


def _about(dialect: Dialect, element: Element) -> str:
    """What an element means, when it is read and required, what else it may say."""
    modes, needed = dialect.reading(element.key), dialect.requiring(element.key)
    parts = [element.means.rstrip(".")]
    if Mode.FRESH not in modes:
        parts.append(f"{'required' if needed else 'read'} in mode {_listed(modes)} only")
    elif needed:
        parts.append("required" if set(needed) == set(modes) else f"required in mode {_listed(needed)}")
    parts.append({"each": "any number", "set": "any number", "lone": "of two, none counts"}.get(element.counts.value, ""))
    parts += [_others(element.text), element.text.note] if element.text else []
    return "; ".join(part for part in (*parts, element.note) if part)


def _of(attribute: Attribute) -> str:
    value = attribute.value
    parts = (attribute.means, _others(value), f"default {value.default}" if value.default else "", value.note)
    return f"{' or '.join(attribute.names)}: " + "; ".join(part for part in parts if part)


def _others(value: Value) -> str:
    if not value.words:
        return ""
    return f"{', '.join(word for word in value.words if word)}{' in any case' if value.any_case else ''}"


def _listed(modes: tuple[Mode, ...]) -> str:
    return ", ".join(str(mode) for mode in modes)


def _written(dialect: Dialect, element: Element, indent: str) -> Iterator[str]:
    name = element.names[0]
    attributes = "".join(_attribute(element, one) for one in element.attributes)
    children = [one for one in dialect.elements.values() if one.parent == element.key and one.key not in _NOT_HERE]
    text = _text(element)
    if children:
        yield f"{indent}<{name}{attributes}>"
        for child in children:
            yield from _written(dialect, child, indent + "  ")
        yield f"{indent}</{name}>"
    elif text:
        yield f"{indent}<{name}{attributes}>{escape(text)}</{name}>"
    else:
        yield f"{indent}<{name}{attributes}/>"


def _attribute(element: Element, attribute: Attribute) -> str:
    where, spelt = (element.key, attribute.key), attribute.names[0]
    if where in _CHOSEN:
        return f" {spelt}={quoteattr(_CHOSEN[where])}"
    if where in _UNSAID or (attribute.value.default is not None and attribute.missing is None):
        return ""
    return f" {spelt}={quoteattr(_sample(attribute.value))}"


def _text(element: Element) -> str:
    if element.key == "root-password":
        return _HASH if element.attribute("type") else "change-me"
    if element.key in _BY_KEY:
        return _BY_KEY[element.key]
    return _sample(element.text) if element.text else ""


def _sample(value: Value) -> str:
    words = [word for word in value.words if word and word not in value.idle]
    return words[0] if words and value.otherwise is not Otherwise.KEPT else _BY_KIND.get(value.holds, "name")
