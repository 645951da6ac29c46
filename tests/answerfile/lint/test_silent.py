"""Whatever an installer takes without a word and does not do as it looks: a file that provokes each finding, at its place."""

from __future__ import annotations

import pytest

from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.finding import Finding, Severity, Verdict, verdict
from pxeserve.answerfile.lint import lint
from tests.answerfile.lint.samples import (
    ALL,
    DHCP,
    END,
    HASH,
    MODERN,
    NAMED,
    OLD,
    PLAIN,
    SOURCE,
    STATIC,
    good,
    known,
    place,
    spoilt,
    upgrade,
)
from tests.answerfile.lint.silently import EACH
from tests.answerfile.lint.spoiling import KEYMAP, ZONE, Case, changed, since

W = Severity.WARNING


@pytest.mark.parametrize(("case", "dialect"), EACH, ids=[f"{case.code} {dialect} {case.new[-60:]!r}" for case, dialect in EACH])
def test_what_is_taken_without_a_word_is_said(case: Case, dialect: str) -> None:
    text = changed(case, dialect)
    findings = lint(text.encode(), known(dialect))
    line, column = place(text, case.at)
    found = [one for one in findings if one.code == case.code and (one.line, one.column) == (line, column)]
    assert found, f"no {case.code} at {line}:{column}; there is {shown(findings)}"
    one = found[0]
    assert one.severity is case.severity
    assert case.says in f"{one.message} {one.fix}", one
    assert one.message and one.fix and one.source
    assert not any(one.severity is Severity.ERROR for one in findings), shown(findings)
    assert verdict(findings) is (Verdict.SURPRISING if any(one.severity is W for one in findings) else Verdict.ACCEPTED)


@pytest.mark.parametrize("dialect", ALL)
def test_a_good_file_is_accepted_without_a_remark(dialect: str) -> None:
    findings = lint(good(dialect).encode(), known(dialect))
    assert verdict(findings) is Verdict.ACCEPTED
    assert [one.code for one in findings] == (["XA-075"] if dialect in OLD else [])


@pytest.mark.parametrize("dialect", ALL)
def test_a_static_interface_is_as_good(dialect: str) -> None:
    findings = lint(spoilt(dialect, DHCP, STATIC).encode(), known(dialect))
    assert [one.code for one in findings] == (["XA-075"] if dialect in OLD else [])


@pytest.mark.parametrize("dialect", ALL)
def test_the_least_upgrade_is_accepted(dialect: str) -> None:
    findings = lint(upgrade(dialect).encode(), known(dialect))
    assert [one.code for one in findings] == ["XA-066"]


@pytest.mark.parametrize("dialect", ALL)
def test_what_an_upgrade_does_not_read_is_said(dialect: str) -> None:
    findings = lint(upgrade(dialect, f"{KEYMAP}{ZONE}{DHCP}").encode(), known(dialect))
    assert [one.code for one in findings if one.severity is W] == ["XA-021"] * 3


@pytest.mark.parametrize("dialect", since("6.2"))
def test_a_restore_reads_next_to_nothing(dialect: str) -> None:
    text = f"<restore>{KEYMAP}<backup-disk>sda</backup-disk></restore>"
    assert [one.code for one in lint(text.encode(), known(dialect))] == ["XA-021", "XA-066"]


@pytest.mark.parametrize(
    ("dialects", "old", "new"),
    [
        (MODERN, "http://192.0.2.1/disc", "\n    http://192.0.2.1/disc\n  "),                       # white space is stripped
        (since("6.2"), "http:", "https:"),
        (ALL, SOURCE, '<source type="nfs">server:/disc</source>'),
        (ALL, SOURCE, '<source type="local"/>'),
        (NAMED, "http://192.0.2.1/disc", "nfs://server:/disc"),
        (since("5.0"), "52:54:00:77:00:01", "52:54:00:AB:CD:EF"),                                   # capitals are folded
        (ALL, END, "<nameserver>192.0.2.1</nameserver><nameserver>192.0.2.2</nameserver></installation>"),
        (ALL, END, "<guest-disk>disk/by-id/b</guest-disk><guest-disk>disk/by-id/c</guest-disk></installation>"),
        (ALL, END, "<!-- Zürich, <keymap>de</keymap> --></installation>"),
        (ALL, "us</keymap>", "u<!-- in between -->s</keymap>"),
        (ALL, "Europe/London", "Etc/UTC"),
        (ALL, "Europe/London", "America/Argentina/Buenos_Aires"),
        (ALL, END, "<hostname>xen01.example.com</hostname></installation>"),
        (ALL, END, "<post-install-script>http://192.0.2.1/hook</post-install-script></installation>"),
        (MODERN, END, '<script stage="filesystem-populated" type="url">http://192.0.2.1/hook</script></installation>'),
        (NAMED, END, '<script stage="Installation-Start" type="URL">http://192.0.2.1/hook</script></installation>'),
        (since("6.2"), END, '<script stage="installation-complete" type="nfs">server:/dir/hook</script></installation>'),
        (("5.5",), END, "<install-failed-script>http://192.0.2.1/hook</install-failed-script></installation>"),
        (since("6.2"), DHCP, DHCP.replace('"dhcp"', '"none" protov6="autoconf"')),
        (since("8.2"), DHCP, DHCP.replace('"dhcp"', '"dhcp" vlan="20"')),
        (("xs8", "xcp-8.3", "xs9"), END, '<ntp source="manual"/><ntp-server>ntp.example.com</ntp-server></installation>'),
        (("xcp-8.2", "xcp-8.3"), END, '<raid device="md127"><disk>disk/by-id/a</disk><disk>disk/by-id/b</disk></raid></installation>'),
        (since("7.1"), END, "<ui-confirmation-prompt/></installation>"),
        (ALL, "<primary-disk>", '<primary-disk gueststorage="Yes">'),
    ],
)  # fmt: skip
def test_what_does_as_it_says_is_let_be(dialects: tuple[str, ...], old: str, new: str) -> None:
    for dialect in dialects:
        findings = lint(spoilt(dialect, old, new).encode(), known(dialect))
        assert [one for one in findings if one.code != "XA-075"] == [], dialect


def test_of_a_refused_file_what_comes_after_is_said_as_well() -> None:
    text = good("8.2").replace("<primary-disk>disk/by-id/ata-one</primary-disk>", "<keymap>de</keymap>").replace("Europe/London", "London")
    assert [one.code for one in lint(text.encode(), known("8.2"))] == ["XA-060", "XA-062", "XA-044"]


def test_no_message_shows_a_password() -> None:
    words = ("{}", "$6${}", " {} ", "<![CDATA[{}]]>", "a<![CDATA[{}]]>", "{}-wörd")
    addresses = ("http://u:{}@h:80/x", "\nhttp://u:{}@h/x", "HTTP://u:{}@h/", "smb://u:{}@h/", "http://u:{}@h/ x")
    for dialect in ALL:
        for secret in (word.format("h1dden") for word in words):
            text = good(dialect).replace(PLAIN, f"<root-password>{secret}</root-password>").replace(HASH, secret)
            assert "h1dden" not in shown(lint(text.encode(), known(dialect))), (dialect, secret)
        for address in (one.format("h1dden") for one in addresses):
            text = good(dialect).replace("http://192.0.2.1/disc", address)
            assert "h1dden" not in shown(lint(text.encode(), known(dialect))), (dialect, address)


def shown(findings: list[Finding]) -> str:
    return "\n".join(f"{one.code} {one.severity.value} {one.line}:{one.column} {one.message} -> {one.fix} {one.edits}" for one in findings)


def test_no_fix_shows_a_password_that_stands_as_an_attribute() -> None:
    text = b'<installation root-password="Verysecret1" source="http://u:Verysecret2@192.0.2.1/x"/>'
    for finding in lint(text, DIALECTS["8.2"]):
        assert "Verysecret" not in finding.message + finding.fix


@pytest.mark.parametrize("address", ["u:Verysecret@192.0.2.1/x", "http://u:Verysecret @192.0.2.1/x", "http://u:a@Verysecret@192.0.2.1/x"])
def test_no_message_shows_a_password_of_an_address_that_is_none(address: str) -> None:
    text = f'<installation><source type="url">{address}</source></installation>'.encode()
    for finding in lint(text, DIALECTS["8.2"]):
        assert "Verysecret" not in finding.message + finding.fix
