"""Texts that no installer checks while it reads, and that cannot be right: addresses, masks, names, zones, keymaps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Interface

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Element, Holds
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.finding import Finding
from pxeserve.answerfile.silent import edits
from pxeserve.answerfile.silent.case import Case

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_KEYMAP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_AREAS = frozenset({
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific", "Etc", "US", "Canada",
    "Brazil", "Chile", "Mexico", "Mideast", "SystemV", "posix", "right",
})  # fmt: skip
_ZONES = frozenset({
    "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "Factory", "GB", "GB-Eire", "GMT", "GMT+0", "GMT-0", "GMT0",
    "Greenwich", "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST", "MST7MDT", "NZ",
    "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU",
    "WET", "Zulu",
})  # fmt: skip


def texts(case: Case) -> Iterator[Finding]:
    """Texts that cannot be what their element holds."""
    for node, element in case.texts():
        text = node.text.strip()
        wrong = _CHECKS.get(element.text.holds) if element.text else None
        if wrong is None or not text or _either_family(element, text):
            continue
        if case.dialect.ascii_texts and not text.isascii():
            continue  # it is refused for that
        why = wrong(text)
        if why:
            assert element.text is not None
            said = f"<{node.name}>: {text[:60]!r} is {why}, and taken unchecked"
            yield case.warn(
                Code.NONSENSE, node, said, f"give {element.text.holds.value}{_EXAMPLES.get(element.text.holds, '')}", text=True,
                edits=_better(case, node, element, text),
            )  # fmt: skip


def crossed(case: Case) -> Iterator[Finding]:
    """Address, netmask and gateway of a static interface that do not go together."""
    for interface, _ in case.each("admin-interface"):
        parts = case.texts("ipaddr", "subnet", "gateway")
        found = {element.key: node for node, element in parts if case.within(node, "admin-interface") is interface}
        if len(found) < 3:
            continue
        ip, mask, gateway = (found[key].text.strip() for key in ("ipaddr", "subnet", "gateway"))
        if _no_ipv4(ip) or _no_mask(mask) or _no_ipv4(gateway):
            continue
        yield from _together(case, found, IPv4Address(ip), IPv4Network(f"{ip}/{mask}", strict=False), IPv4Address(gateway))


def no_zone(case: Case) -> Iterator[Finding]:
    """6.0 has no time zone of its own: without one the host's is called None."""
    read = case.mode is not None and case.mode in case.dialect.reading("timezone")
    if case.dialect.name == "6.0" and read and case.first("timezone") is None:
        said = "no <timezone>, for which 6.0 has no default: the host is given a zone called None"
        yield case.warn(Code.NONSENSE, case.document.root, said, "<timezone>Etc/UTC</timezone>")


def _together(case: Case, found: dict[str, Node], ip: IPv4Address, network: IPv4Network, gateway: IPv4Address) -> Iterator[Finding]:
    if gateway not in network:
        said = f"<gateway>: {gateway} is not in the network of {ip}, which is {network}: it cannot be reached"
        yield case.warn(Code.CROSSED, found["gateway"], said, f"a router within {network}, or another netmask", text=True)
    elif gateway == ip:
        said = f"<gateway>: {gateway} is the host's own address"
        yield case.warn(Code.CROSSED, found["gateway"], said, "the router's address", text=True)
    if network.prefixlen < 31 and ip in (network.network_address, network.broadcast_address):
        said = f"<{found['ipaddr'].name}>: {ip} is the first or last address of {network}, which no host may have"
        yield case.warn(Code.CROSSED, found["ipaddr"], said, "another address, or another netmask", text=True)


def _better(case: Case, node: Node, element: Element, text: str) -> edits.Edits:
    length = re.fullmatch(r"/?(\d{1,2})", text)
    if element.text is None or element.text.holds is not Holds.MASK or length is None or not 1 <= int(length[1]) <= 32:
        return ()
    return edits.text(case.places, node, str(IPv4Network(f"0.0.0.0/{length[1]}").netmask))


def _either_family(element: Element, text: str) -> bool:
    """A name server may have an address of either family."""
    return element.key == "name-server" and not _no_ipv6(text)


def _no_ipv4(text: str) -> str:
    try:
        IPv4Address(text)
    except AddressValueError:
        return "no IPv4 address"
    return ""


def _no_mask(text: str) -> str:
    if re.fullmatch(r"/?\d{1,2}", text):
        return "a prefix length, and no netmask"
    if _no_ipv4(text):
        return "no netmask"
    value = int(IPv4Address(text)) ^ 0xFFFFFFFF
    return "no netmask: its bits are not in one piece" if value & (value + 1) else "no netmask" if value == 0xFFFFFFFF else ""


def _no_ipv6(text: str) -> str:
    try:
        IPv6Address(text)
    except AddressValueError:
        return "no IPv6 address"
    return ""


def _no_ipv6_prefix(text: str) -> str:
    if "/" not in text:
        return "an address without its prefix"
    try:
        IPv6Interface(text)
    except ValueError:
        return "no IPv6 address with a prefix"
    return ""


def _no_host(text: str) -> str:
    if not _HOST.fullmatch(text) or len(text) > 255:
        return "no host name"
    return ""


def _no_server(text: str) -> str:
    if not _no_ipv6(text):
        return ""
    looks_like_ip = re.fullmatch(r"[\d.]+", text)
    return "no IPv4 address" if looks_like_ip and _no_ipv4(text) else "neither a name nor an address" if _no_host(text) else ""


def _no_zone(text: str) -> str:
    if not _ZONE.fullmatch(text):
        return "no time zone"
    return "" if text in _ZONES or (text.partition("/")[0] in _AREAS and "/" in text) else "no time zone that is known"


def _no_keymap(text: str) -> str:
    return "" if _KEYMAP.fullmatch(text) else "no keymap"


_CHECKS: dict[Holds, Callable[[str], str]] = {
    Holds.IPV4: _no_ipv4, Holds.MASK: _no_mask, Holds.IPV6: _no_ipv6, Holds.IPV6_PREFIX: _no_ipv6_prefix, Holds.HOST_NAME: _no_host,
    Holds.SERVER: _no_server, Holds.ZONE: _no_zone, Holds.KEYMAP: _no_keymap,
}  # fmt: skip
_EXAMPLES = {
    Holds.IPV4: " such as 192.0.2.1", Holds.MASK: " such as 255.255.255.0", Holds.IPV6: " such as 2001:db8::1",
    Holds.IPV6_PREFIX: " such as 2001:db8::5/64", Holds.ZONE: " such as Europe/London, letter by letter", Holds.KEYMAP: " such as us",
    Holds.HOST_NAME: ": letters, digits and hyphens",
}  # fmt: skip
