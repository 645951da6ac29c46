"""What was looked at, and why the rest came to nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.document import MalformedError, parse
from pxeserve.answerfile.reading import Passed, read
from tests.answerfile.reading.cases.c4_1 import nic
from tests.answerfile.reading.cases.case import BASE, NIC, STATIC, changed, plus

WHY = [
    ("8.2", plus("<primary_disk>sdb</primary_disk>"), [("primary_disk", Passed.UNKNOWN)]),
    ("8.2", plus("<ssh-mode>on</ssh-mode>"), [("ssh-mode", Passed.UNKNOWN)]),
    ("8.2", plus("<keymap>us</keymap>", "<keymap>de</keymap>"), [("keymap", Passed.SECOND)]),
    ("5.6", plus("<keymap>us</keymap>", "<keymap>de</keymap>"), [("keymap", Passed.NOT_ALONE), ("keymap", Passed.NOT_ALONE)]),
    ("8.2", plus("<existing-installation>sda</existing-installation>"), [("existing-installation", Passed.MODE)]),
    ("8.2", plus("<ip>192.0.2.9</ip>"), [("ip", Passed.PLACE)]),
    ("8.2", changed((NIC, NIC.replace("/>", "><ip>192.0.2.9</ip></admin-interface>"))), [("ip", Passed.UNASKED)]),
    ("8.2", changed((NIC, STATIC.replace("<ip>", "<ipaddr>192.0.2.8</ipaddr><ip>"))), [("ipaddr", Passed.SECOND)]),
    ("4.1", changed((NIC, STATIC.replace("<ip>", "<ipaddr>192.0.2.8</ipaddr><ip>"))), [("ipaddr", Passed.UNKNOWN)]),
    ("8.2", plus("<initial-partitions><partition/></initial-partitions>"), [("partition", Passed.NEVER)]),
    ("8.2", plus("<guest-disks><guest-disk>sdb</guest-disk></guest-disks>"), [("guest-disks", Passed.UNKNOWN)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "expected"), WHY)
def test_why_an_element_was_passed_over(name: str, text: str, expected: list[tuple[str, Passed]]) -> None:
    document = parse(text.encode())
    reading = read(document, DIALECTS[name])
    assert reading.refusal is None
    assert [(node.name, why) for node, why in reading.trace.passed(document, DIALECTS[name])] == expected


def test_which_attributes_were_not_read() -> None:
    text = nic('name="eth0" hwaddr="52:54:00:77:00:01" proto="dhcp" protov="6" vlan="5"')
    document = parse(text.encode())
    node = next(node for node in document.nodes if node.name == "admin-interface")
    assert read(document, DIALECTS["8.2"]).trace.unread(node) == ["hwaddr", "protov"]
    assert read(document, DIALECTS["7.1"]).trace.unread(node) == ["hwaddr", "protov", "vlan"]


def test_the_trace_ends_where_the_installer_stopped() -> None:
    document = parse(plus("<bootloader>lilo</bootloader>", "<keymap>us</keymap>").replace("sda", "é").encode())
    reading = read(document, DIALECTS["8.2"])
    assert reading.refusal is not None
    names = [node.name for node in document.nodes if node in reading.trace.texts]
    assert names == ["primary-disk"]


@given(st.sampled_from(sorted(DIALECTS)), st.text(alphabet="<>/ase\"'= ndaimtrcef-plouy", max_size=120), st.integers(0, len(BASE)))
def test_no_document_makes_it_fall_over(name: str, noise: str, place: int) -> None:
    try:
        document = parse((BASE[:place] + noise + BASE[place:]).encode())
    except MalformedError:
        return
    reading = read(document, DIALECTS[name])
    assert (reading.refusal is None) != (reading.answers is None)
    assert reading.trace.passed(document, DIALECTS[name]) is not None
