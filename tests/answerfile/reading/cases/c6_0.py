"""How 6.0 refuses: in words of its own."""

from __future__ import annotations

from tests.answerfile.reading.cases.c4_1 import UPGRADE, nic, static
from tests.answerfile.reading.cases.case import DISK, MACHINE, NIC, PASSWORD, PATHS, SOURCE, Case, changed, plus

_PROTO = ("AnswerfileException", "<admin-interface> tag must have attribute proto='static' or proto='dhcp'.", "admin-interface")
_LOCATE = ("AnswerfileException", "Could not locate the installation specified to be reinstalled.", "existing-installation")
_ENCODE = "'ascii' codec can't encode character u'\\xe9' in position 0: ordinal not in range(128)"


def missing(element: str, node: str = "installation") -> tuple[str, str, str]:
    """The lack of an element."""
    return "XmlUnwrapError", f"Missing mandatory element {element}", node


def lacking(attribute: str, node: str) -> tuple[str, str, str]:
    """The lack of an attribute."""
    return "XmlUnwrapError", f"Missing mandatory attribute {attribute}", node


def key(value: str, node: str) -> tuple[str, str, str]:
    """A value that is none of its words."""
    return "XmlUnwrapError", f"Unexpected key {value} for attribute", node


def bootloader(text: str) -> tuple[str, str, str]:
    """A boot loader that it does not write."""
    return "AnswerfileException", f"Unsupported bootloader '{text}'", "bootloader"


def script(attributes: str) -> str:
    """A script with these attributes."""
    return plus(f"<script {attributes}>http://h/s</script>")


CASES = {
    "another outermost element": Case(changed(root="<answerfile>"), "AnswerfileException", "Unexpected top level element", "answerfile"),
    "an outermost element in capitals": Case(
        changed(root="<Installation>"), "AnswerfileException", "Unexpected top level element", "Installation"
    ),
    "a restore": Case(changed(root="<restore>"), "UnboundLocalError", "local variable 'results' referenced before assignment", "restore"),
    "a mode that it does not know": Case(changed(root='<installation mode="x">'), "AnswerfileException", "Unknown mode, x", "installation"),
    "no primary disk": Case(changed((DISK, "")), *missing("primary-disk")),
    "a reinstallation as 4.1 has it": Case(
        changed((DISK, "<existing-installation>sda</existing-installation>"), root='<installation mode="reinstall">'),
        *missing("primary-disk"),
    ),
    "no admin interface": Case(changed((NIC, "")), *missing("admin-interface")),
    "no source": Case(changed((SOURCE, "")), *missing("source")),
    "no existing installation": Case(changed(root=UPGRADE), *missing("existing-installation")),
    "an installation that is not there": Case(
        changed((DISK, "<existing-installation>sdb</existing-installation>"), root=UPGRADE), *_LOCATE, MACHINE
    ),
    "an installation on no disk": Case(changed((DISK, "<existing-installation/>"), root=UPGRADE), *_LOCATE),
    "no address": Case(static("<ip>192.0.2.9</ip>"), *missing("ip", "admin-interface")),
    "no netmask": Case(static("<subnet-mask>255.255.255.0</subnet-mask>"), *missing("subnet-mask", "admin-interface")),
    "no gateway": Case(static("<gateway>192.0.2.1</gateway>"), *missing("gateway", "admin-interface")),
    "an empty address": Case(static("<ip>192.0.2.9</ip>", "<ip/>"), "AssertionError", "", "ip"),
    "an empty netmask": Case(static("<subnet-mask>255.255.255.0</subnet-mask>", "<subnet-mask/>"), "AssertionError", "", "subnet-mask"),
    "an SR type that it does not know": Case(changed(root='<installation srtype="nfs">'), *key("nfs", "installation")),
    "an SR type in the new spelling": Case(changed(root='<installation sr-type="nfs" srtype="ext">'), *key("nfs", "installation")),
    "a first partition kept in capitals": Case(
        changed((DISK, '<primary-disk preserve-first-partition="Yes">sda</primary-disk>')), *key("Yes", "primary-disk")
    ),
    "a password of an unknown type": Case(changed((PASSWORD, '<root-password type="md5">x</root-password>')), *key("md5", "root-password")),
    "a place for the boot loader": Case(plus('<bootloader location="MBR">extlinux</bootloader>'), *key("MBR", "bootloader")),
    "no boot loader": Case(plus("<bootloader/>"), *bootloader("")),
    "another boot loader": Case(plus("<bootloader>grub</bootloader>"), *bootloader("grub")),
    "a source of an unknown type": Case(
        changed(('type="url"', 'type="ftp"')), "AnswerfileException", "Invalid type for <source> media specified.", "source"
    ),
    "a source without type": Case(changed((' type="url"', "")), *lacking("type", "source")),
    "drivers of an unknown type": Case(
        plus('<driver-source type="ftp">ftp://h/d</driver-source>'),
        "AnswerfileException",
        "Invalid type for <driver-source> media specified.",
        "driver-source",
    ),
    "drivers without type": Case(plus("<driver-source>http://h/d</driver-source>"), *lacking("type", "driver-source")),
    "neither name nor MAC": Case(
        nic('proto="dhcp"'), "AnswerfileException", "<admin-interface> tag must have one of 'name' or 'hwaddr'", "admin-interface"
    ),
    "no protocol": Case(nic('name="eth0"'), *lacking("proto", "admin-interface")),
    "another protocol": Case(nic('name="eth0" proto="none"'), *_PROTO),
    "a script without stage": Case(script('type="url"'), *lacking("stage", "script")),
    "a script without type": Case(script('stage="installation-complete"'), *lacking("type", "script")),
    "a disk with several paths": Case(
        plus("<guest-disk>sdb</guest-disk>"),
        "AnswerfileException",
        "Answerfile specifies non-local disk /dev/sdb to add to Local SR",
        "guest-disk",
        PATHS,
    ),
    "a disk for guests that is not there": Case(
        plus("<guest-disk>sdz</guest-disk>"), "OSError", "[Errno 2] No such file or directory: '/dev/sdz'", "guest-disk", MACHINE
    ),
    "a LUN": Case(
        changed((DISK, "<primary-disk>iscsi:192.0.2.7::3260:0:iqn.x</primary-disk>")),
        "NameError",
        "global name 'pd_text' is not defined",
        "primary-disk",
    ),
    "a password that is not ASCII": Case(changed(("secret1", "é")), "UnicodeEncodeError", _ENCODE, "root-password"),
    "an attribute that is not ASCII": Case(nic('name="é" proto="dhcp"'), "UnicodeEncodeError", _ENCODE, "admin-interface"),
    "an unused spelling that is not ASCII": Case(
        changed(root='<installation sr-type="lvm" srtype="é">'), "UnicodeEncodeError", _ENCODE, "installation"
    ),
}
