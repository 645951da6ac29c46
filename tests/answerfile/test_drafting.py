"""A file and its values, each made of the other: nothing that a person has not touched may be lost on the way."""

from __future__ import annotations

from typing import Any

import pytest

from pxeserve.answerfile.answers import Mode, Source
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.drafting import Around, Draft, drafted, told, unsaid, written
from pxeserve.answerfile.layering import same

HERE = Around(
    {"http": Source("url", "http://10.77.0.1/media/xcp83"), "nfs": Source("nfs", "10.77.0.1:/media/xcp83")},
    {"xcp83": Source("url", "http://10.77.0.1/media/xcp83"), "pack": Source("url", "http://10.77.0.1/media/pack")},
)
PLENTY: dict[str, Any] = {
    "primary-disk": {"device": "sda", "guest-storage": "no", "fs-type": "ext4"},
    "guest-disks": ["sdb"],
    "admin-interface": {"name": "eth0", "proto": "static", "subnet": "255.255.255.0"},
    "nameservers": ["192.0.2.1", "192.0.2.2"],
    "timezone": "Europe/London",
    "root-password": "random",
    "network-backend": "bridge",
    "services": {"sshd": "disabled"},
    "sources": ["pack", "http://192.0.2.9/more", "gone"],  # the last one is a medium that is not here
    "scripts": {"filesystem-populated": ["site.sh", "http://192.0.2.9/late.sh"]},
    "template": "rack.xml.j2",
    "ssh-mode": "off",
    "keymap": "us",
}


def _differ(one: dict[str, Any], other: Any) -> set[str]:
    return {key for key in {*one, *other} if not same(key, one.get(key), other.get(key))}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("mode", [Mode.FRESH, Mode.UPGRADE])
def test_what_is_written_is_read_back_whole_whatever_the_generation_can_be_told(dialect: Any, mode: Mode) -> None:
    before = Draft(PLENTY, mode)
    made = written(before, dialect, HERE)
    assert made.text is not None, made.problems
    back = drafted(made.text, dialect, before, HERE)
    assert back.draft is not None, [one.message for one in back.found.findings]
    assert (_differ(PLENTY, back.draft.values), back.draft.mode) == (set(), mode)
    assert back.draft.values["primary-disk"] == PLENTY["primary-disk"] and list(back.draft.values) == list(PLENTY)  # as it was spelt


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda one: one.name)
def test_nothing_said_yet_is_a_file_all_the_same_and_reads_as_nothing(dialect: Any) -> None:
    made = written(Draft({}), dialect, HERE)
    assert made.text is not None
    back = drafted(made.text, dialect, Draft({}), HERE)
    assert back.draft is not None and back.draft.values == {}
    assert any(one.severity == "error" for one in back.found.findings)  # and it is still said that something is missing


def test_one_thing_typed_in_the_file_changes_one_value() -> None:
    dialect, before = DIALECTS["xcp-8.3"], Draft(PLENTY)
    text = written(before, dialect, HERE).text
    assert text is not None
    back = drafted(text.replace(b"Europe/London", b"Europe/Vienna"), dialect, before, HERE)
    assert back.draft is not None
    assert _differ(PLENTY, back.draft.values) == {"timezone"}
    assert back.draft.values["timezone"] == "Europe/Vienna"


def test_what_is_taken_out_of_the_file_goes_and_what_it_never_said_stays() -> None:
    dialect, before = DIALECTS["xcp-8.3"], Draft(PLENTY)
    text = written(before, dialect, HERE).text
    assert text is not None
    less = text.replace(b"  <timezone>Europe/London</timezone>\n", b"").replace(b"  <guest-disk>sdb</guest-disk>\n", b"")
    back = drafted(less, dialect, before, HERE)
    assert back.draft is not None
    assert PLENTY.keys() - back.draft.values.keys() == {"timezone", "guest-disks"}
    assert back.draft.values["ssh-mode"] == "off"  # no file for XCP-ng 8.3 says it
    assert back.draft.values["primary-disk"]["fs-type"] == "ext4"


def test_an_incomplete_interface_is_read_as_far_as_it_is_said() -> None:
    text = b'<installation><admin-interface name="eth0" proto="static"><ip>192.0.2.11</ip></admin-interface></installation>'
    for name in ("4.1", "6.5", "xs9"):
        back = drafted(text, DIALECTS[name], Draft({}), Around())
        assert back.draft is not None
        assert back.draft.values == {"admin-interface": {"name": "eth0", "proto": "static", "ipaddr": "192.0.2.11"}}


def test_the_form_waits_while_the_installer_stops_at_something_that_is_there() -> None:
    back = drafted(b'<installation mode="frsh"><timezone>Etc/UTC</timezone></installation>', DIALECTS["8.2"], Draft({}), Around())
    assert back.draft is None
    assert [one.code for one in back.found.findings if one.severity == "error"] == ["XA-012"]
    assert drafted(b"<installation", DIALECTS["8.2"], Draft({}), Around()).draft is None


def test_a_value_that_nobody_could_mean_is_named_and_nothing_is_written() -> None:
    wrong = {"admin-interface": {"name": "eth0", "ipaddr": "300.1.1.1"}, "timezone": "Etc/UTC", "vlan": "7"}
    made = written(Draft(wrong), DIALECTS["8.2"], HERE)
    assert made.text is None
    assert [one.field for one in made.problems] == ["admin-interface.ipaddr", "vlan"]
    assert "300.1.1.1" in made.problems[0].message


def test_a_value_of_a_file_that_cannot_be_declared_is_told_with_its_place() -> None:
    text = b'<installation><nameserver>10.0.0.1</nameserver><timezone>not a zone!</timezone></installation>'
    back = drafted(text, DIALECTS["8.2"], Draft({}), Around())
    assert back.draft is not None and back.draft.values == {"nameservers": ["10.0.0.1"]}
    assert [(one.field, one.value) for one in back.left] == [("timezone", "not a zone!")]


def test_the_sign_of_a_password_stays_what_it_stood_for_and_no_finding_is_about_it() -> None:
    dialect = DIALECTS["xcp-8.3"]
    for said in ("random", {"hash": "********"}):
        before = Draft({"root-password": said})
        text = written(before, dialect, HERE).text
        assert text is not None and b'<root-password type="hash">********</root-password>' in text
        back = drafted(text, dialect, before, HERE)
        assert back.draft is not None and back.draft.values["root-password"] == said
        assert not {"XA-075", "XA-078", "XA-079"} & {one.code for one in told(back.found)}
        assert {"XA-078"} & {one.code for one in back.found.findings}


def test_the_medium_is_not_for_the_file_to_say() -> None:
    dialect, before = DIALECTS["xcp-8.3"], Draft({"timezone": "Etc/UTC"})
    text = written(before, dialect, HERE).text
    assert text is not None and b"http://10.77.0.1/media/xcp83" in text
    back = drafted(text.replace(b"http://10.77.0.1/media/xcp83", b"http://192.0.2.1/other"), dialect, before, HERE)
    assert [(one.field, one.value) for one in back.left] == [("source", "http://192.0.2.1/other")]
    over_nfs = text.replace(b'type="url">http://10.77.0.1/media/xcp83', b'type="nfs">10.77.0.1:/media/xcp83')
    found = drafted(over_nfs, dialect, before, HERE)
    assert found.draft is not None and found.draft.values["source"] == "nfs" and not found.left


def test_a_file_by_itself_keeps_its_own_source_and_packs_are_told_by_their_media() -> None:
    text = (
        b'<installation><source type="url">http://192.0.2.1/x</source>'
        b'<source type="url" gpgcheck="no">http://10.77.0.1/media/pack</source></installation>'
    )
    back = drafted(text, DIALECTS["xcp-8.3"], Draft({}), Around({}, HERE.media))
    assert back.draft is not None
    assert back.draft.source == Source("url", "http://192.0.2.1/x")
    assert back.draft.values == {"sources": [{"medium": "pack", "gpgcheck": False}]}
    again = written(back.draft, DIALECTS["xcp-8.3"], Around({}, HERE.media)).text
    assert again is not None and b"http://192.0.2.1/x" in again and b'gpgcheck="no">http://10.77.0.1/media/pack' in again


def test_what_writing_from_values_loses_of_a_file_is_counted() -> None:
    text = b"<installation><!-- mine --><!-- and this --><primary-disk>sda</primary-disk>\n<pool-token>x</pool-token></installation>"
    said = unsaid(text, DIALECTS["7.1"])
    assert said[0] == "2 comments"
    complete = b'<installation><primary-disk>sda</primary-disk><source type="url">http://x/</source>\n<pool-token>x</pool-token>' \
        b'<admin-interface name="eth0" proto="dhcp"/></installation>'
    assert unsaid(complete, DIALECTS["7.1"]) == ["<pool-token> in line 2, which its installer passes over"]
