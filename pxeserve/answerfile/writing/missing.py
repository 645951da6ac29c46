"""What a generation needs and was not answered, with the words that answer it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pxeserve.answerfile.answers import Answers, Interface
from pxeserve.answerfile.writing.facts import Facts


@dataclass(frozen=True, slots=True)
class Missing:
    """An answer that is needed: its modern name, how it is `set` for a host or a profile, and the `element` to add to a file."""

    field: str
    set: str
    element: str

    def __str__(self) -> str:
        return f"{self.field} is missing: set it for the host or its profile, for example --set {self.set}"


_DISK = Missing("primary-disk", "primary-disk=sda", "<primary-disk>sda</primary-disk>")
_INSTALLED = Missing("existing-installation", "existing-installation=sda", "<existing-installation>sda</existing-installation>")
_SOURCE = Missing("source", "source=http", '<source type="url">http://192.0.2.1/media/NAME</source>')
_INTERFACE = Missing(
    "admin-interface", "admin-interface.name=eth0 --set admin-interface.proto=dhcp", '<admin-interface name="eth0" proto="dhcp"/>'
)
_PASSWORD = Missing("root-password", "root-password=random", "<root-password>...</root-password>")
_ZONE = Missing("timezone", "timezone=Europe/London", "<timezone>Europe/London</timezone>")
_NAMED = Missing("admin-interface.name", "admin-interface.name=eth0", '<admin-interface name="eth0" ...>')
_PROTO = Missing("admin-interface.proto", "admin-interface.proto=dhcp", '<admin-interface proto="dhcp" ...>')
_ADDRESS = {
    "ip": Missing("admin-interface.ipaddr", "admin-interface.ipaddr=192.0.2.11", "<ip>192.0.2.11</ip> in <admin-interface>"),
    "mask": Missing(
        "admin-interface.subnet", "admin-interface.subnet=255.255.255.0", "<subnet-mask>255.255.255.0</subnet-mask> in <admin-interface>"
    ),
    "gateway": Missing("admin-interface.gateway", "admin-interface.gateway=192.0.2.1", "<gateway>192.0.2.1</gateway> in <admin-interface>"),
}
_ADDRESS_V6 = {
    "ipv6": Missing("admin-interface.ipv6", "admin-interface.ipv6=2001:db8::11/64", "<ipv6>2001:db8::11/64</ipv6> in <admin-interface>"),
    "gatewayv6": Missing(
        "admin-interface.gatewayv6", "admin-interface.gatewayv6=2001:db8::1", "<gatewayv6>2001:db8::1</gatewayv6> in <admin-interface>"
    ),
}


def missing(answers: Answers, facts: Facts) -> Iterator[Missing]:
    """What these answers lack for the generation, in the order of a file."""
    wanted = (
        ("primary-disk", answers.primary_disk, _DISK),
        ("existing-installation", answers.existing_installation, _INSTALLED),
        ("source", answers.sources, _SOURCE),
        ("admin-interface", answers.admin_interface, _INTERFACE),
        ("root-password", answers.root_password, _PASSWORD),
        ("timezone", answers.timezone, _ZONE),
    )
    for element, value, said in wanted:
        if answers.mode in facts.required.get(element, frozenset()) and value in (None, ()):
            yield said
    if answers.admin_interface is not None:
        yield from _of_interface(answers.admin_interface, facts)


def _of_interface(nic: Interface, facts: Facts) -> Iterator[Missing]:
    """What its interface lacks. From 5.0 on an empty address is none; an empty router always is one, to the parser."""
    empty = ("",) if facts.since("5.0") else ()
    if not nic.name and not nic.hwaddr:
        yield _NAMED
    if not nic.proto and empty:
        yield _PROTO
    if nic.proto == "static":
        yield from (said for name, said in _ADDRESS.items() if getattr(nic, name) in (None, *(empty if name != "gateway" else ())))
    if nic.protov6 == "static":
        yield from (said for name, said in _ADDRESS_V6.items() if getattr(nic, name) in (None, *(empty if name == "ipv6" else ())))
