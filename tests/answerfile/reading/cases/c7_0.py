"""How 7.0 refuses: as 6.5, with Fibre Channel and another boot loader."""

from __future__ import annotations

from tests.answerfile.reading.cases import c6_5
from tests.answerfile.reading.cases.c6_0 import bootloader, key
from tests.answerfile.reading.cases.case import Case, plus, within

NEITHER = ("AnswerfileException", "<fcoe-interface> tag must have one of 'name' or 'hwaddr'", "fcoe-interface")

CASES = {
    **{name: case for name, case in c6_5.CASES.items() if name != "no boot loader"},
    "a place for the boot loader": Case(plus('<bootloader location="x">grub2</bootloader>'), *key("x", "bootloader")),
    "the boot loader before": Case(plus("<bootloader>extlinux</bootloader>"), *bootloader("extlinux")),
    "Fibre Channel by nothing": Case(plus('<fcoe-interface dcb="on"/>'), *NEITHER),
    "Fibre Channel by nothing, in a restore": Case(within("<fcoe-interface/>", "<restore>"), *NEITHER),
}
