"""How 6.1 and 6.2 refuse: as 6.0, with restore and IPv6."""

from __future__ import annotations

from tests.answerfile.reading.cases import c6_0
from tests.answerfile.reading.cases.c4_1 import nic
from tests.answerfile.reading.cases.c6_0 import missing
from tests.answerfile.reading.cases.case import BARE, DISK, MACHINE, NIC, PATHS, V6, Case, changed, plus, within

_NO_PROTOCOL = ("AnswerfileException", "<admin-interface> tag must have IPv4 or IPv6 defined.", "admin-interface")
_GONE = {"a restore", "another protocol", "a disk with several paths", "a disk for guests that is not there", "a LUN"}
_LUN = "iscsi:192.0.2.7::3260:0:iqn.2008-01.example:one"


def _v6(old: str, new: str = "") -> str:
    assert old in V6
    return changed((NIC, V6.replace(old, new)))


CASES = {
    **{name: case for name, case in c6_0.CASES.items() if name not in _GONE},
    "no protocol at all": Case(nic('name="eth0" proto="none"'), *_NO_PROTOCOL),
    "a protocol in capitals": Case(nic('name="eth0" proto="DHCP" protov6="none"'), *_NO_PROTOCOL),
    "no IPv6 address": Case(_v6("<ipv6>2001:db8::9/64</ipv6>"), *missing("ipv6", "admin-interface")),
    "no IPv6 gateway": Case(_v6("<gatewayv6>fe80::1</gatewayv6>"), *missing("gatewayv6", "admin-interface")),
    "an empty IPv6 address": Case(_v6("2001:db8::9/64"), "AssertionError", "", "ipv6"),
    "no backup": Case(within("", "<restore>"), "AnswerfileException", "Could not locate exsisting backup.", "restore", BARE),
    "two backups": Case(
        within("", "<restore>"),
        "AnswerfileException",
        "Multiple backups were found. Unable to deduce which backup to restore from.",
        "restore",
        MACHINE,
    ),
    "two disks for two backups": Case(
        within("<backup-disk>sda</backup-disk><backup-disk>sdb</backup-disk>", "<restore>"),
        "AnswerfileException",
        "Multiple backups were found. Unable to deduce which backup to restore from.",
        "restore",
        MACHINE,
    ),
    "a disk without backup": Case(
        within("<backup-disk>sdz</backup-disk>", "<restore>"),
        "AnswerfileException",
        "Unable to find a backup to restore.",
        "backup-disk",
        MACHINE,
    ),
    "a disk with several paths": Case(
        plus("<guest-disk>sdb</guest-disk>"), "Exception", "Non-local disk /dev/sdb specified to be added to Local SR", "guest-disk", PATHS
    ),
    "a LUN that cannot be read": Case(
        changed((DISK, "<primary-disk>iscsi:192.0.2.7</primary-disk>")),
        "IscsiDeviceException",
        "Cannot parse spec iscsi:192.0.2.7",
        "primary-disk",
    ),
    "a LUN that is not there": Case(changed((DISK, f"<primary-disk>{_LUN}</primary-disk>")), "AssertionError", "", "primary-disk", MACHINE),
}
