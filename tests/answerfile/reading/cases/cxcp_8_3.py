"""How XCP-ng 8.3 refuses: as its 8.2, with the source of time and disks whose sectors are looked at."""

from __future__ import annotations

from tests.answerfile.reading.cases import cxcp_8_2
from tests.answerfile.reading.cases.case import DISK, LARGE, MACHINE, Case, changed, plus
from tests.answerfile.reading.cases.cxs8 import NTP

CASES = {
    **cxcp_8_2.CASES,
    **NTP,
    "an SR type that does not take 4 KiB sectors": Case(
        changed(root='<installation sr-type="ext">'),
        "AnswerfileException",
        "/dev/sda not compatible with SR type ext",
        "installation",
        LARGE,
    ),
    "a disk that is not there": Case(
        changed((DISK, "<primary-disk>sdz</primary-disk>")),
        "IOError",
        "[Errno 2] No such file or directory: '/sys/block/sdz/queue/logical_block_size'",
        "primary-disk",
        MACHINE,
    ),
    "a disk for guests that is not there": Case(
        plus("<guest-disk>cciss/c0d9</guest-disk>"),
        "IOError",
        "[Errno 2] No such file or directory: '/sys/block/cciss!c0d9/queue/logical_block_size'",
        "guest-disk",
        MACHINE,
    ),
}
