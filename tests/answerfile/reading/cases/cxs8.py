"""How XenServer 8 refuses: as 8.2, with the source of time, a mirror, and disks that have to be there."""

from __future__ import annotations

from tests.answerfile.reading.cases import c8_2
from tests.answerfile.reading.cases.c6_0 import lacking
from tests.answerfile.reading.cases.case import DISK, LARGE, MACHINE, Case, changed, plus

_SERVERS = '<ntp-server> and <ntp-servers> elements are only valid when using <ntp source="manual" />'

NTP = {
    "a source of time that it does not know": Case(
        plus('<ntp source="pool"/>'), "AnswerfileException", "Expected <ntp> source to be one of (dhcp, default, manual, none)", "ntp"
    ),
    "a source of time that is not said": Case(plus("<ntp/>"), *lacking("source", "ntp")),
    "two sources of time": Case(
        plus('<ntp source="dhcp"/><ntp source="dhcp"/>'),
        "AnswerfileException",
        "Expected zero or one <ntp> elements but found 2",
        "ntp",
        nth=1,
    ),
    "servers beside another source": Case(
        plus('<ntp source="dhcp"/><ntp-server>192.0.2.3</ntp-server>'), "AnswerfileException", _SERVERS, "ntp-server"
    ),
    "servers in the old spelling beside another source": Case(
        plus('<ntp source="none"/><ntp-servers>192.0.2.3</ntp-servers>'), "AnswerfileException", _SERVERS, "ntp-servers"
    ),
}


def mirror(text: str) -> str:
    """A primary disk that is a mirror of these."""
    return changed((DISK, f'<primary-disk swraid="true">{text}</primary-disk>'))


CASES = {
    **c8_2.CASES,
    **NTP,
    "a mirror of one": Case(
        mirror("sda"), "AnswerfileException", "swraid primary-disk requires exactly two physical disks", "primary-disk"
    ),
    "a mirror of three": Case(
        mirror("sda,sdb,sdc"), "AnswerfileException", "swraid primary-disk requires exactly two physical disks", "primary-disk"
    ),
    "a mirror of nothing": Case(
        mirror("missing,missing"), "AnswerfileException", "swraid primary-disk supports only one missing disk", "primary-disk"
    ),
    "a mirror with a blank": Case(mirror("sda, sdb"), "AnswerfileException", "Primary disk /dev/ sdb is missing", "primary-disk"),
    "a disk that is not there": Case(
        changed((DISK, "<primary-disk>sdz</primary-disk>")),
        "AnswerfileException",
        "Primary disk /dev/sdz is missing",
        "primary-disk",
        MACHINE,
    ),
    "a disk for guests that is not there": Case(
        plus("<guest-disk>sdz</guest-disk>"), "AnswerfileException", "Guest disk /dev/sdz is missing", "guest-disk", MACHINE
    ),
    "no name of a disk": Case(
        changed((DISK, "<primary-disk/>")),
        "IOError",
        "[Errno 2] No such file or directory: '/sys/block/!dev/queue/logical_block_size'",
        "primary-disk",
    ),
    "an SR type that does not take 4 KiB sectors": Case(
        changed(root='<installation srtype="lvm">'),
        "AnswerfileException",
        "/dev/sda not compatible with SR type lvm",
        "installation",
        LARGE,
    ),
}
