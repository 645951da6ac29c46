"""How 5.0 refuses: as 4.1, and more."""

from __future__ import annotations

from tests.answerfile.reading.cases import c4_1
from tests.answerfile.reading.cases.c4_1 import nic, static
from tests.answerfile.reading.cases.case import DISK, SOURCE, Case, changed, within

_PROTO = ("AnswerfileError", "<admin-interface> tag must have attribute proto='static' or proto='dhcp'")
HDD, FLASH = '<installation mode="oemhdd">', '<installation mode="oemflash">'

OEM = {
    "OEM to disk without source": Case(changed((SOURCE, ""), root=HDD), "AnswerfileError", "No source media specified.", "installation"),
    "OEM to disk, SR type": Case(
        changed(root='<installation mode="oemhdd" srtype="x">'),
        "RuntimeError",
        "Specified SR Type unknown.  Should be 'lvm' or 'ext'",
        "installation",
    ),
    "OEM to flash without source": Case(within(DISK, FLASH), "AnswerfileError", "No OEM image specified.", "installation"),
    "OEM to flash from an unknown type": Case(
        changed(('type="url"', 'type="x"'), root=FLASH), "AnswerfileError", "No media for OEM image specified.", "source"
    ),
    "OEM to flash without disk": Case(within(SOURCE, FLASH), *c4_1.INDEX, "installation"),
    "a console of the laboratory that is not ASCII": Case(
        changed((DISK, f'{DISK}<xenrt serial="é"/>'), root=FLASH),
        "UnicodeEncodeError",
        "'ascii' codec can't encode character u'\\xe9' in position 0: ordinal not in range(128)",
        "xenrt",
    ),
}

CASES = {
    **{name: case for name, case in c4_1.CASES.items() if name != "a MAC in capitals"},
    "no protocol": Case(nic('name="eth0"'), *_PROTO, "admin-interface"),
    "another protocol": Case(nic('name="eth0" proto="none"'), *_PROTO, "admin-interface"),
    "a protocol in capitals": Case(nic('name="eth0" proto="DHCP"'), *_PROTO, "admin-interface"),
    "an empty address": Case(static("<ip>192.0.2.9</ip>", "<ip/>"), "AssertionError", "", "ip"),
    "an empty netmask": Case(static("<subnet-mask>255.255.255.0</subnet-mask>", "<subnet-mask/>"), "AssertionError", "", "subnet-mask"),
    **OEM,
}
