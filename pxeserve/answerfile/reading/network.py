"""The steps that read the management interface, Fibre Channel interfaces, name servers and the network backend."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, NoReturn

from pxeserve.answerfile.answers import Fcoe, Interface
from pxeserve.answerfile.dialects.shape import Said
from pxeserve.answerfile.document import Node
from pxeserve.answerfile.reading import machine
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.python import lower
from pxeserve.answerfile.reading.refusal import Cause, RefusedError

_ADMIN = "admin-interface"
_ASSERTION = Said("AssertionError", "")
_NIC_FIX = "name an interface that is there, such as eth0"
_MAC_FIX = "a MAC address of the machine in small letters, such as 52:54:00:77:00:01"
_EITHER_FIX = 'give it name="eth0", or hwaddr="..."'


class _Static(NamedTuple):
    ip: str
    mask: str
    gateway: str


def interface_4_1(look: Looking, draft: Draft) -> None:
    """4.1: the interface has to be there; any protocol is taken, and another leaves the network unset."""
    node = look.needed(_ADMIN)[0]
    found = _present(look, node, str)
    proto = look.attribute(node, "proto", _ADMIN)
    if proto == "static":
        found = _with(found, _static(look, node))
    draft["admin_interface"] = replace(found, proto=proto or None)


def interface_5(look: Looking, draft: Draft) -> None:
    """5.0 to 5.6: the interface has to be there, and static or dhcp."""
    node = look.needed(_ADMIN)[0]
    found = _present(look, node, lower)
    proto = look.attribute(node, "proto", _ADMIN)
    if proto == "static":
        found = _with(found, _asserted(look, node, _static(look, node)))
    elif proto != "dhcp":
        _bad_proto(look, node)
    draft["admin_interface"] = replace(found, proto=proto)


def interface_oem(look: Looking, draft: Draft) -> None:
    """The OEM edition: no interface when there is none, or when a static one lacks something."""
    try:
        interface_5(look, draft)
    except RefusedError as error:
        if error.refusal.error != "IndexError":
            raise


def interface_6_0(look: Looking, draft: Draft) -> None:
    """6.0: an interface that is not there is taken as well."""
    node = look.needed(_ADMIN)[0]
    found = _named(look, node)
    proto = look.attribute(node, "proto", _ADMIN)
    if proto == "static":
        found = _with(found, _asserted(look, node, _static(look, node)))
    elif proto != "dhcp":
        _bad_proto(look, node)
    draft["admin_interface"] = replace(found, proto=proto)


def interface(look: Looking, draft: Draft) -> None:
    """6.1 to 8.3: with IPv6, and an interface that is not there is taken as well."""
    node = look.needed(_ADMIN)[0]
    draft["admin_interface"] = _configured(look, node, _named(look, node))


def interface_named(look: Looking, draft: Draft) -> None:
    """xs9: a name has to be there; a MAC address need not."""
    node = look.needed(_ADMIN)[0]
    name = look.attribute(node, "name", _ADMIN)
    if name and not machine.has_nic(look.machine, name):
        said = Said("AnswerfileException", f"<admin-interface> name '{name}' not found on system.")
        look.stop(said, Cause.MACHINE, node, _NIC_FIX, "name")
    found = Interface(name=name) if name else Interface(*_by_mac(look, node, _ADMIN, ""))
    draft["admin_interface"] = _configured(look, node, found)


def fcoe_dcb(look: Looking, draft: Draft) -> None:
    """7.0 and 7.1: with data centre bridging; of two for the same interface the last counts."""
    made: dict[str, Fcoe] = {}
    for node in look.all("fcoe-interface"):
        name, hwaddr = _either(look, node, "fcoe-interface")
        dcb = look.attribute(node, "dcb", "fcoe-interface")
        known = look.known_attribute("dcb", "fcoe-interface").value.words
        made[_interface(look, name, hwaddr)] = Fcoe(name, hwaddr, dcb if dcb in known else None)
    draft["fcoe"] = tuple(made.values())


def fcoe(look: Looking, draft: Draft) -> None:
    """7.2 to 8.3: by name or MAC."""
    draft["fcoe"] = tuple(Fcoe(*_either(look, node, "fcoe-interface")) for node in look.all("fcoe-interface"))


def name_servers(look: Looking, draft: Draft) -> None:
    """All generations: one in each element."""
    draft["nameservers"] = tuple(look.text(node) for node in look.all("name-server"))


def host_name_lone(look: Looking, draft: Draft) -> None:
    """4.1 to 5.6: only when there is exactly one."""
    node = look.lone("hostname")
    if node is not None:
        draft["hostname"] = look.text(node)


def host_name(look: Looking, draft: Draft) -> None:
    """6.0 on."""
    node = look.first("hostname")
    if node is not None:
        draft["hostname"] = look.text(node)


def network_backend_5_6(look: Looking, draft: Draft) -> None:
    """5.6: another word stops it."""
    node = look.lone("network-backend")
    if node is None:
        return
    text, value = look.text(node), look.element("network-backend").text
    assert value is not None
    if text not in value.words:
        assert value.says is not None
        look.stop(value.says.of(value=text), Cause.VALUE, node, "bridge, openvswitch or vswitch")
    draft["network_backend"] = _backend(text)


def network_backend(look: Looking, draft: Draft) -> None:
    """6.0 to 8.3: another word is as nothing."""
    node = look.first("network-backend")
    if node is not None:
        draft["network_backend"] = _backend(look.text(node))


def _backend(text: str) -> str | None:
    return {"bridge": "bridge", "openvswitch": "vswitch", "vswitch": "vswitch"}.get(text)


def _interface(look: Looking, name: str | None, hwaddr: str | None) -> str:
    """What tells one interface from another."""
    nics = look.machine.nics if look.machine else {}
    return name or next((one for one, mac in nics.items() if mac == (hwaddr or "").lower()), "" if nics else (hwaddr or "").lower())


def _present(look: Looking, node: Node, fold: Callable[[str], str]) -> Interface:
    """The interface that has to be there, by name or else by its MAC."""
    name = look.attribute(node, "name", _ADMIN)
    if name:
        if not machine.has_nic(look.machine, name):
            look.stop(_says(look, "name").of(value=name), Cause.MACHINE, node, _NIC_FIX, "name")
        return Interface(name=name)
    hwaddr = fold(look.attribute(node, "hwaddr", _ADMIN))
    if not hwaddr:
        look.stop(_ASSERTION, Cause.VALUE, node, _EITHER_FIX)
    count = machine.nics_with(look.machine, hwaddr)
    if count != 1:
        look.stop(_says(look, "hwaddr").of(value=count), Cause.MACHINE, node, _MAC_FIX, "hwaddr")
    return Interface(hwaddr=hwaddr)


def _named(look: Looking, node: Node) -> Interface:
    """The interface by a name that is there, or else by its MAC, or else whatever was said."""
    name, hwaddr = _either(look, node, _ADMIN)
    return Interface(name=name, hwaddr=hwaddr)


def _either(look: Looking, node: Node, element: str) -> tuple[str | None, str | None]:
    name = look.attribute(node, "name", element)
    return (name, None) if name and machine.has_nic(look.machine, name) else _by_mac(look, node, element, name)


def _by_mac(look: Looking, node: Node, element: str, name: str) -> tuple[str | None, str | None]:
    hwaddr = look.attribute(node, "hwaddr", element)
    if not name and not hwaddr:
        said = Said("AnswerfileException", f"<{element}> tag must have one of 'name' or 'hwaddr'")
        look.stop(said, Cause.VALUE, node, _EITHER_FIX)
    if hwaddr and machine.nics_with(look.machine, hwaddr.lower()) == 1:
        return None, hwaddr
    return name or None, hwaddr or None


def _configured(look: Looking, node: Node, found: Interface) -> Interface:
    """6.1 on: IPv4, IPv6, VLAN, and at least one of the first two."""
    proto = look.attribute(node, "proto", _ADMIN)
    found = replace(found, proto=proto)
    if proto == "static":
        found = _with(found, _asserted(look, node, _static(look, node)))
    found = _with_ipv6(look, node, found, look.attribute(node, "protov6", _ADMIN))
    if look.element(_ADMIN).attribute("vlan"):
        found = _with_vlan(look, node, found)
    if proto not in ("static", "dhcp") and found.protov6 is None:
        said = Said("AnswerfileException", "<admin-interface> tag must have IPv4 or IPv6 defined.")
        look.stop(said, Cause.VALUE, node, 'proto="dhcp" or proto="static"', "proto")
    return found


def _with_ipv6(look: Looking, node: Node, found: Interface, proto: str) -> Interface:
    if proto == "static":
        address = look.text(look.needed("ipv6", node)[0])
        router = look.text(look.needed("gatewayv6", node)[0])
        if not address:
            look.stop(_ASSERTION, Cause.VALUE, look.all("ipv6", node)[0], "an IPv6 address/prefix")
        return replace(found, protov6=proto, ipv6=address, gatewayv6=router)
    return replace(found, protov6=proto if proto in ("dhcp", "autoconf") else None)


def _with_vlan(look: Looking, node: Node, found: Interface) -> Interface:
    said = look.attribute(node, "vlan", _ADMIN)
    if not said:
        return found
    flags = re.NOFLAG if look.dialect.python == 3 else re.ASCII
    if not re.fullmatch(r"\d+\n?", said, flags) or not 1 <= int(said) < 4095:
        refused = Said("AnswerfileException", "Invalid value for vlan attribute specified.")
        look.stop(refused, Cause.VALUE, node, "1 to 4094", "vlan")
    return replace(found, vlan=int(said))


def _static(look: Looking, node: Node) -> _Static:
    return _Static(*(look.text(look.needed(key, node)[0]) for key in ("ipaddr", "subnet", "gateway")))


def _asserted(look: Looking, node: Node, static: _Static) -> _Static:
    """5.0 on: an empty address or netmask stops it, without a word; an empty router does not."""
    for key, text in (("ipaddr", static.ip), ("subnet", static.mask)):
        if not text:
            look.stop(_ASSERTION, Cause.VALUE, look.all(key, node)[0], f"{look.element(key).means} It may not be empty")
    return static


def _with(found: Interface, static: _Static) -> Interface:
    return replace(found, ip=static.ip, mask=static.mask, gateway=static.gateway)


def _bad_proto(look: Looking, node: Node) -> NoReturn:
    look.stop(_says(look, "proto"), Cause.VALUE, node, 'proto="dhcp" or proto="static"', "proto")


def _says(look: Looking, key: str) -> Said:
    said = look.known_attribute(key, _ADMIN).value.says
    assert said is not None
    return said
