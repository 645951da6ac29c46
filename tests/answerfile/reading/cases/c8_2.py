"""How 8.2 refuses: as 7.1, with VLANs, services and addresses taken apart."""

from __future__ import annotations

from tests.answerfile.reading.cases import c7_1
from tests.answerfile.reading.cases.c4_1 import nic
from tests.answerfile.reading.cases.c6_0 import lacking
from tests.answerfile.reading.cases.case import DISK, SOURCE, Case, changed, plus

_VLAN = ("AnswerfileException", "Invalid value for vlan attribute specified.", "admin-interface")
_URL = ("ValueError", "Invalid IPv6 URL")


def _vlan(value: str) -> Case:
    return Case(nic(f'name="eth0" proto="dhcp" vlan="{value}"'), *_VLAN)


CASES = {
    **{name: case for name, case in c7_1.CASES.items() if not name.startswith("a LUN")},
    "VLAN 0": _vlan("0"),
    "VLAN 4095": _vlan("4095"),
    "no number of a VLAN": _vlan("ten"),
    "a VLAN below nothing": _vlan("-1"),
    "a service twice": Case(
        plus('<service name="sshd" state="enabled"/><service name="sshd" state="enabled"/>'),
        "AnswerfileException",
        "Multiple entries for service sshd",
        "service",
        nth=1,
    ),
    "a service in no state": Case(
        plus('<service name="sshd" state="on"/>'), "AnswerfileException", "Invalid state for service sshd: on", "service"
    ),
    "a service without name": Case(plus('<service state="enabled"/>'), *lacking("name", "service")),
    "a service without state": Case(plus('<service name="sshd"/>'), *lacking("state", "service")),
    "a source with half a bracket": Case(changed((SOURCE, '<source type="url">http://[2001:db8::1/m</source>')), *_URL, "source"),
    "drivers with half a bracket": Case(plus('<driver-source type="url">http://h]/d</driver-source>'), *_URL, "driver-source"),
    "a LUN": Case(
        changed((DISK, "<primary-disk>iscsi:192.0.2.7::3260:0:iqn.x</primary-disk>")),
        "AttributeError",
        "'module' object has no attribute 'rfc4173_to_disk'",
        "primary-disk",
    ),
}
