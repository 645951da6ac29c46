"""How 5.6 refuses: as 5.5 without the OEM edition, with other words here and there, and more."""

from __future__ import annotations

from tests.answerfile.reading.cases import c5_0, c5_5
from tests.answerfile.reading.cases.c4_1 import UPGRADE, nic
from tests.answerfile.reading.cases.case import DISK, MACHINE, PASSWORD, PATHS, Case, changed, plus

_PROTO = ("AnswerfileError", "<admin-interface> tag must have attribute proto='static' or proto='dhcp'.", "admin-interface")
_NO_MAC = "interfaces matching the MAC specified for the management interface."
_LUN = "iscsi:192.0.2.7::3260:0:iqn.2008-01.example:one"
_GONE = {*c5_0.OEM, "no root password", "an installation on a line of its own"}

CASES = {
    **{name: case for name, case in c5_5.CASES.items() if name not in _GONE},
    "an OEM mode": Case(
        changed(root='<installation mode="oemhdd">'),
        "UnboundLocalError",
        "local variable 'results' referenced before assignment",
        "installation",
    ),
    "an SR type that it does not know": Case(
        changed(root='<installation srtype="nfs">'),
        "AnswerfileError",
        "Specified SR Type unknown.  Should be 'lvm' or 'ext'.",
        "installation",
    ),
    "an interface that is not there": Case(
        nic('name="eth7" proto="dhcp"'), "AnswerfileError", "Interface eth7 not found.", "admin-interface", MACHINE
    ),
    "a MAC that is not there": Case(
        nic('hwaddr="52:54:00:77:00:09" proto="dhcp"'), "AnswerfileError", f"0 {_NO_MAC}", "admin-interface", MACHINE
    ),
    "a MAC that is there twice": Case(
        nic('hwaddr="52:54:00:77:00:02" proto="dhcp"'), "AnswerfileError", f"2 {_NO_MAC}", "admin-interface", MACHINE
    ),
    "no protocol": Case(nic('name="eth0"'), *_PROTO),
    "another protocol": Case(nic('name="eth0" proto="none"'), *_PROTO),
    "a protocol in capitals": Case(nic('name="eth0" proto="DHCP"'), *_PROTO),
    "a password of an unknown type": Case(
        changed((PASSWORD, '<root-password type="md5">x</root-password>')),
        "AnswerfileError",
        "Invalid type for root-password specified.",
        "root-password",
    ),
    "a backend that it does not know": Case(
        plus("<network-backend>xenserver</network-backend>"),
        "AnswerfileError",
        'Specified Network backend type "xenserver" unknown.',
        "network-backend",
    ),
    "a backend that it does not know, in a mode that it does not know": Case(
        plus("<network-backend/>", root='<installation mode="x">'),
        "AnswerfileError",
        'Specified Network backend type "" unknown.',
        "network-backend",
    ),
    "a disk with several paths": Case(
        plus("<guest-disk>sdb</guest-disk>"),
        "AnswerfileError",
        "Answerfile specifies non-local disk /dev/sdb to add to Local SR",
        "guest-disk",
        PATHS,
    ),
    "a LUN that cannot be read": Case(
        changed((DISK, "<primary-disk>iscsi:192.0.2.7</primary-disk>")),
        "IscsiDeviceException",
        "Cannot parse spec iscsi:192.0.2.7",
        "primary-disk",
    ),
    "no name of a disk to upgrade": Case(
        changed((DISK, "<existing-installation/>"), root=UPGRADE),
        "RuntimeError",
        "Couldn't find sysfs dir for device /dev/",
        "existing-installation",
        MACHINE,
    ),
    "a disk that is not there": Case(
        changed((DISK, "<primary-disk>sdz</primary-disk>")),
        "OSError",
        "[Errno 2] No such file or directory: '/dev/sdz'",
        "primary-disk",
        MACHINE,
    ),
    "no name of a disk, on a machine": Case(
        changed((DISK, "<primary-disk/>")),
        "RuntimeError",
        "Couldn't find sysfs dir for device /dev",
        "primary-disk",
        MACHINE,
    ),
    "an installation with /dev/, on a machine": Case(
        changed((DISK, "<existing-installation>/dev/sda</existing-installation>"), root=UPGRADE),
        "OSError",
        "[Errno 2] No such file or directory: '/dev//dev/sda'",
        "existing-installation",
        MACHINE,
    ),
    "a LUN that is not there": Case(changed((DISK, f"<primary-disk>{_LUN}</primary-disk>")), "AssertionError", "", "primary-disk", MACHINE),
    "a LUN to upgrade that cannot be read": Case(
        changed((DISK, "<existing-installation>iscsi:x</existing-installation>"), root=UPGRADE),
        "IscsiDeviceException",
        "Cannot parse spec iscsi:x",
        "existing-installation",
    ),
}
