"""The management interface and its like, name servers, and what switches the host's networks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pxeserve.answerfile.answers import Answers, Fcoe, Interface, Mode
from pxeserve.answerfile.writing.fitting import Fitting
from pxeserve.answerfile.writing.markup import Element

_STATIC = (("ip", "ipaddr", "ip"), ("mask", "subnet", "subnet-mask"), ("gateway", "gateway", "gateway"))
"""Field of an interface, its modern name, and the element that every generation reads."""
_STATIC_V6 = ("ipv6", "gatewayv6")
_PROTOS_V6 = ("static", "dhcp", "autoconf")
_BACKENDS = ("bridge", "vswitch")
_FIELD = "admin-interface"
_NIC, _MAC = re.compile(r"[^\s/:]{1,15}"), re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
"""What an interface and a MAC can be called at all."""


def interface(fitting: Fitting, wanted: Interface | None) -> Interface | None:
    """The management interface, as far as it can be told."""
    if wanted is None:
        return None
    if not fitting.reads(_FIELD):
        fitting.unread(_FIELD, wanted.name or wanted.hwaddr or "", _FIELD)
        return None
    kept = _version_six(fitting, _version_four(fitting, _called(fitting, wanted)))
    return _tagged(fitting, kept)


def _called(fitting: Fitting, wanted: Interface) -> Interface:
    falls_back = fitting.facts.since("6.0") and not fitting.facts.since("xs9")
    name, hwaddr = _either(fitting, _FIELD, wanted.name, wanted.hwaddr, falls_back=falls_back)
    if hwaddr and not fitting.facts.since("6.0"):
        if hwaddr != hwaddr.lower() and not fitting.facts.since("5.0"):
            fitting.lose(f"{_FIELD}.hwaddr", hwaddr, f"{fitting.them} find no MAC with capitals", f"it is written {hwaddr.lower()}")
        hwaddr = hwaddr.lower()
    return replace(wanted, name=name, hwaddr=hwaddr)


def _either(
    fitting: Fitting, field: str, name: str | None, hwaddr: str | None, *, falls_back: bool
) -> tuple[str | None, str | None]:
    """Name and MAC as the generation tells an interface by them: by its name, and by its MAC only where there is no such name."""
    name, hwaddr = fitting.word(f"{field}.name", name), fitting.word(f"{field}.hwaddr", hwaddr)
    if not name or not hwaddr:
        return name, hwaddr
    if falls_back and not _NIC.fullmatch(name):
        return (None, hwaddr) if _MAC.fullmatch(hwaddr.lower()) else (name, hwaddr)
    fitting.lose(f"{field}.hwaddr", hwaddr, f"{fitting.them} look for the name first", f"it is {name}, whatever its MAC")
    return name, None


def _version_four(fitting: Fitting, wanted: Interface) -> Interface:
    proto = fitting.word(f"{_FIELD}.proto", wanted.proto)
    if proto not in ("static", "dhcp") and not fitting.facts.has(_FIELD, "protov6"):
        why = f"{fitting.them} set no network up without an IPv4 address"
        note = fitting.refuse if fitting.facts.since("5.0") else fitting.doubt
        note(f"{_FIELD}.proto", proto or "none", why, "they stop or fail later", "static or dhcp")
    unread = "" if proto == "static" else "the address is not static"
    ip, mask, gateway = (_part(fitting, modern, getattr(wanted, name), unread) for name, modern, _element in _STATIC)
    return replace(wanted, proto=proto, ip=ip, mask=mask, gateway=gateway)


def _part(fitting: Fitting, name: str, value: str | None, unread: str) -> str | None:
    """A part of an address; `unread` is why it is not read, or ""."""
    if value is None:
        return None
    if not unread:
        return fitting.text(f"{_FIELD}.{name}", value)
    fitting.lose(f"{_FIELD}.{name}", value, unread, "it is not read")
    return None


def _version_six(fitting: Fitting, wanted: Interface) -> Interface:
    proto = fitting.word(f"{_FIELD}.protov6", wanted.protov6)
    known = fitting.facts.has(_FIELD, "protov6")
    if proto is not None and proto not in _PROTOS_V6:
        fitting.lose(f"{_FIELD}.protov6", proto, "it is none of static, dhcp and autoconf", "no IPv6 is set up")
        proto = None
    if proto is not None and not known:
        fitting.lose(f"{_FIELD}.protov6", proto, f"{fitting.them} know no IPv6", "it is left alone")
        proto = None
    unread = "" if proto == "static" else "the IPv6 address is not static" if known else f"{fitting.them} know no IPv6"
    ipv6, gateway = (_part(fitting, name, getattr(wanted, name), unread) for name in _STATIC_V6)
    if proto is None and wanted.proto not in ("static", "dhcp") and known:
        why = "<admin-interface> tag must have IPv4 or IPv6 defined."
        fitting.refuse(f"{_FIELD}.proto", wanted.proto or "", why, "they stop", "static or dhcp")
    return replace(wanted, protov6=proto, ipv6=ipv6, gatewayv6=gateway)


def _tagged(fitting: Fitting, wanted: Interface) -> Interface:
    if wanted.vlan is None:
        return wanted
    field = f"{_FIELD}.vlan"
    if not fitting.facts.has(_FIELD, "vlan"):
        instead = "they would set the interface up without it"
        fitting.refuse(field, wanted.vlan, f"{fitting.them} know no VLAN", instead, "give it a port without a tag, and leave vlan out")
        return replace(wanted, vlan=None)
    if not 1 <= wanted.vlan <= 4094:
        fitting.refuse(field, wanted.vlan, "Invalid value for vlan attribute specified.", "they stop", "1 to 4094")
    return wanted


def fcoe(fitting: Fitting, wanted: tuple[Fcoe, ...]) -> tuple[Fcoe, ...]:
    """The Fibre Channel interfaces."""
    if wanted and not fitting.reads("fcoe-interface"):
        fitting.unread("fcoe-interfaces", ", ".join(one.name or one.hwaddr or "" for one in wanted), "fcoe-interface")
        return ()
    kept = [_fibre(fitting, one) for one in wanted]
    if not fitting.facts.keyed("fcoe-interface"):
        return tuple(kept)
    made: dict[str, Fcoe] = {}
    for one in kept:
        called = one.name or (one.hwaddr or "").lower()
        if called in made:
            fitting.lose("fcoe-interfaces", called, "it is named again", "only what is said last counts")
        made[called] = one
    return tuple(made.values())


def _fibre(fitting: Fitting, wanted: Fcoe) -> Fcoe:
    field = "fcoe-interfaces"
    name, hwaddr = _either(fitting, field, wanted.name, wanted.hwaddr, falls_back=True)
    dcb = fitting.word(f"{field}.dcb", wanted.dcb)
    if not name and not hwaddr:
        why = "<fcoe-interface> tag must have one of 'name' or 'hwaddr'"
        fitting.refuse(field, "", why, "they stop", "give its name or its MAC")
    if dcb is not None and not fitting.facts.has("fcoe-interface", "dcb"):
        fitting.lose(f"{field}.dcb", dcb, f"{fitting.them} do not read dcb", "the driver decides")
        dcb = None
    elif dcb is not None and dcb not in fitting.facts.words("fcoe-interface", "dcb"):
        fitting.lose(f"{field}.dcb", dcb, f"{fitting.them} know no such word", "it is on")
        dcb = None
    return Fcoe(name, hwaddr, dcb)


def backend(fitting: Fitting, wanted: str | None) -> str | None:
    """What switches the host's networks."""
    if wanted is None:
        return None
    if not fitting.reads("network-backend"):
        only = "vswitch" if fitting.facts.since("6.0") else "bridge"
        if wanted == only and fitting.mode is not Mode.UPGRADE:
            return None  # it is what every new host of that generation has
        fitting.unread("network-backend", wanted, "network-backend")
        return None
    kind = fitting.text("network-backend", wanted)
    if kind not in _BACKENDS:
        fitting.refuse("network-backend", kind, "it is neither bridge nor vswitch", "they stop or ignore it", "bridge or vswitch")
    return kind


def elements(answers: Answers) -> Iterator[Element]:
    """What a file says about the management interface."""
    if (nic := answers.admin_interface) is None:
        return
    vlan = str(nic.vlan) if nic.vlan is not None else None
    attributes = {"name": nic.name, "hwaddr": nic.hwaddr, "proto": nic.proto, "protov6": nic.protov6, "vlan": vlan}
    inside = [Element(element, value) for name, _modern, element in _STATIC if (value := getattr(nic, name)) is not None]
    inside += [Element(name, value) for name in _STATIC_V6 if (value := getattr(nic, name)) is not None]
    yield Element("admin-interface", "", attributes, inside)


def fibre_elements(answers: Answers) -> Iterator[Element]:
    """What a file says about Fibre Channel interfaces."""
    for one in answers.fcoe:
        yield Element("fcoe-interface", "", {"name": one.name, "hwaddr": one.hwaddr, "dcb": one.dcb})
