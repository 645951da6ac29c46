"""Who said each value of a file, whatever generation it was written for, and whatever was said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.answers import Answers, Mode, RootPassword, Script, Source, Stage
from pxeserve.answerfile.declared import read
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.document import Document, parse
from pxeserve.answerfile.inheritance import Layer, Merged, merged
from pxeserve.answerfile.origins import Value, defaults, origins
from pxeserve.answerfile.reading import read as reading
from pxeserve.answerfile.writing import WritingError, write
from tests.answerfile.answer_samples import ANSWERS, WHOLE

SITE = {"nameservers": ["192.0.2.1"], "sr-type": "ext", "services": {"sshd": "enabled"}, "sources": ["http://192.0.2.7/site"]}
RACK = {
    "primary-disk": "sda", "nameservers+": ["192.0.2.2"], "admin-interface": {"name": "eth0", "proto": "static", "gateway": "10.0.0.1"},
    "services": {"ntpd": "disabled"}, "bootloader": {"location": "mbr"}, "sources+": ["http://192.0.2.7/rack"], "timezone": "Etc/UTC",
    "raid": [{"device": "md127", "disks": ["sdx", "sdy"]}], "fcoe-interfaces": ["eth2"], "drivers": {"igb": "5.1"}, "gpgcheck": "no",
}  # fmt: skip
HOST = {
    "hostname": "xen01", "admin-interface": {"ipaddr": "10.0.0.11", "subnet": "255.0.0.0", "vlan": 5}, "guest-disks": ["sdb", "sdc"],
    "primary-disk": {"guest-storage": "no"}, "root-password": {"hash": "$6$x"}, "ui-confirmation-prompt": "yes", "ssh-mode": "off",
}  # fmt: skip
ORIGINS = {
    "sr-type": "site", "gpgcheck": "profile rack", "primary-disk.device": "profile rack", "primary-disk.guest-storage": "host xen01",
    "guest-disks.0": "host xen01", "guest-disks.1": "host xen01", "sources.0.kind": "pxeserve", "sources.0.address": "pxeserve",
    "sources.1.kind": "site", "sources.1.address": "site", "sources.2.address": "profile rack", "admin-interface.name": "profile rack",
    "admin-interface.proto": "profile rack", "admin-interface.ipaddr": "host xen01", "admin-interface.subnet": "host xen01",
    "admin-interface.gateway": "profile rack", "admin-interface.vlan": "host xen01", "root-password.text": "host xen01",
    "nameservers.0": "site", "nameservers.1": "profile rack", "hostname": "host xen01", "timezone": "profile rack",
    "services.sshd.name": "site", "services.sshd.enabled": "site", "services.ntpd.name": "profile rack",
    "services.ntpd.enabled": "profile rack", "bootloader.location": "profile rack", "raid.0.device": "profile rack",
    "raid.0.disks": "profile rack", "fcoe-interfaces.0.name": "profile rack", "drivers.igb.name": "profile rack",
    "drivers.igb.variant": "profile rack", "ui-confirmation-prompt": "host xen01", "ssh-mode": "host xen01",
    "bootloader.kind": "pxeserve",  # 6.0 to 6.5 want one beside a location
}  # fmt: skip


def said(document: Document) -> list[tuple[int, str, str | None]]:
    return [
        (node.line, node.name, attribute)
        for node in document.nodes
        for attribute in (*node.attributes, *([None] if node.text.strip() else []))
    ]


def told(values: list[Value]) -> list[tuple[int, str, str | None]]:
    return [(one.line, one.element, one.attribute) for one in values]


def written(dialect: str, found: Merged, **more: Any) -> tuple[Document, Answers]:
    declared = read(found.values)
    answers = replace(
        declared.answers,
        sources=(Source("url", "http://192.0.2.1/media/x"), *(Source(one.kind, one.address) for one in declared.packs)),
        scripts=(Script(Stage.FILESYSTEM_POPULATED, "http://192.0.2.1/s/T/hook"),),
        **more,
    )
    document = parse(write(answers, DIALECTS[dialect]))
    taken = reading(document, DIALECTS[dialect]).answers
    assert taken is not None
    return document, taken


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_value_is_whose_it_is_in_every_generation(dialect: str) -> None:
    found = merged([Layer("site", SITE), Layer("profile rack", RACK), Layer("host xen01", HOST)])
    old = dialect in ("4.1", "5.0", "5.5")
    values = dict(found.values)
    if dialect not in ("8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"):
        values["admin-interface"] = {key: value for key, value in values["admin-interface"].items() if key != "vlan"}
    more = {"root_password": RootPassword("word")} if old else {}
    document, answers = written(dialect, replace(found, values=values), **more)
    values_told = origins(document, answers, found)
    assert told(values_told) == said(document)
    for one in values_told:
        expected = "pxeserve" if one.answer.startswith("scripts") else ORIGINS.get(one.answer)
        assert one.origin == (expected or ORIGINS[one.answer.rpartition(".")[0]]), one


def test_what_nobody_declared_is_pxeserves_or_the_templates() -> None:
    found = merged([Layer("profile rack", {"primary-disk": "sda", "admin-interface": {"name": "eth0", "proto": "dhcp"}})])
    document, answers = written("8.2", found)
    text = '<installation><primary-disk>sda</primary-disk><hostname>{}</hostname></installation>'
    by_hand = parse(text.format("mine").encode())
    assert [(one.element, one.origin) for one in origins(by_hand, replace(answers, hostname="mine"), found, "template t.j2")] == [
        ("primary-disk", "profile rack"), ("hostname", "template t.j2"),
    ]  # fmt: skip
    assert {one.origin for one in origins(document, answers, Merged())} == {"pxeserve"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_file_leaves_to_the_generation_is_told_with_its_default(dialect: str) -> None:
    document = parse(b"<installation><hostname>a</hostname></installation>")
    found = {one.answer: (one.text, one.origin) for one in defaults(document, DIALECTS[dialect], Mode.FRESH)}
    assert found["sr-type"] == ("ext" if dialect == "xcp-8.3" else "lvm", f"default of {dialect}")
    assert "hostname" not in found
    full = parse(b'<installation srtype="ext"><keymap>de</keymap></installation>')
    assert not {"sr-type", "keymap"} & {one.answer for one in defaults(full, DIALECTS[dialect], Mode.FRESH)}


@given(ANSWERS | WHOLE, st.sampled_from(sorted(DIALECTS)))
def test_no_value_is_without_an_origin(answers: Answers, dialect: str) -> None:
    try:
        document = parse(write(answers, DIALECTS[dialect]))
    except WritingError:
        return
    taken = reading(document, DIALECTS[dialect]).answers or answers
    found = origins(document, taken, Merged())
    assert told(found) == said(document)
    assert all(one.origin and one.answer for one in found)
    assert answers.root_password is None or answers.root_password.text not in {
        one.text for one in found if one.element == "root-password" and one.attribute is None
    }
