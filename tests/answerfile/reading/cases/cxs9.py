"""How XenServer 9 refuses: as XenServer 8, in Python 3, with file systems and names that have to be there."""

from __future__ import annotations

from tests.answerfile.reading.cases import cxs8
from tests.answerfile.reading.cases.c4_1 import UPGRADE, nic
from tests.answerfile.reading.cases.case import DISK, MACHINE, SOURCE, Case, changed

_FILE_SYSTEM = ("AnswerfileException", "Expected fs-type to be one of ext3, ext4")
_GONE = {
    "a password that is not ASCII",
    "an attribute that is not ASCII",
    "an unused spelling that is not ASCII",
    "Fibre Channel by nothing",
    "Fibre Channel by nothing, in a restore",
}

CASES = {
    **{name: case for name, case in cxs8.CASES.items() if name not in _GONE},
    "an interface that is not there": Case(
        nic('name="eth7" proto="dhcp"'),
        "AnswerfileException",
        "<admin-interface> name 'eth7' not found on system.",
        "admin-interface",
        MACHINE,
    ),
    "an interface in capitals": Case(
        nic('name="ETH0" proto="dhcp"'),
        "AnswerfileException",
        "<admin-interface> name 'ETH0' not found on system.",
        "admin-interface",
        MACHINE,
    ),
    "a file system that it does not make": Case(
        changed((DISK, '<primary-disk fs-type="xfs">sda</primary-disk>')), *_FILE_SYSTEM, "primary-disk"
    ),
    "a file system that it does not find": Case(
        changed((DISK, '<existing-installation fs-type="btrfs">sda</existing-installation>'), root=UPGRADE),
        *_FILE_SYSTEM,
        "existing-installation",
    ),
    "a LUN": Case(
        changed((DISK, "<primary-disk>iscsi:192.0.2.7::3260:0:iqn.x</primary-disk>")),
        "AttributeError",
        "module 'diskutil' has no attribute 'rfc4173_to_disk'",
        "primary-disk",
    ),
    "no name of a disk": Case(
        changed((DISK, "<primary-disk/>")),
        "FileNotFoundError",
        "[Errno 2] No such file or directory: '/sys/block/!dev/queue/logical_block_size'",
        "primary-disk",
    ),
    "a source with a bracket of nonsense": Case(
        changed((SOURCE, '<source type="url">http://[x/m</source>')), "ValueError", "Invalid IPv6 URL", "source"
    ),
}
