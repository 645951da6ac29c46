"""What the 4.1 installer would do with every line: a fixture a finding."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.dialects.old import old_spoken
from pxeserve.answerfile.lint import MAX_BYTES, Severity, Verdict, lint, verdict

DIALECT = old_spoken("4.1")
assert DIALECT is not None
GOOD = """<?xml version="1.0"?>
<installation>
  <primary-disk>sda</primary-disk>
  <source type="url">http://192.0.2.1/xs41</source>
  <keymap>us</keymap>
  <root-password>s3cretword</root-password>
  <admin-interface name="eth0" proto="dhcp"/>
  <timezone>Europe/London</timezone>
</installation>
"""
STATIC = (
    '<admin-interface name="eth0" proto="static"><ip>192.0.2.5</ip><subnet-mask>255.255.255.0</subnet-mask>'
    "<gateway>192.0.2.1</gateway></admin-interface>"
)
DHCP = '<admin-interface name="eth0" proto="dhcp"/>'


def test_the_minimal_file_that_every_generation_takes_is_accepted() -> None:
    assert lint(GOOD.encode(), DIALECT) == []
    assert verdict([]) is Verdict.ACCEPTED


def test_the_example_of_the_dialects_folder_is_accepted() -> None:
    example = Path(__file__).parents[2] / "answerfiles" / "4.1" / "example.xml"
    assert lint(example.read_bytes(), DIALECT) == []


E, W = Severity.ERROR, Severity.WARNING
CASES = [
    # what is replaced, by what, the finding, its grade, a line, a part of the message
    ("</installation>", "", "XA-002", E, 10, "not XML"),
    ('<?xml version="1.0"?>', '<!DOCTYPE a [<!ENTITY x "y">]>', "XA-003", E, 1, "DOCTYPE"),
    ("<keymap>us</keymap>", "<a>" * 40 + "</a>" * 40, "XA-004", E, 0, "deeper than"),
    ("<keymap>us</keymap>", "<a/>" * 2001, "XA-004", E, 0, "elements"),
    ("<installation>", '<installation colour="red">', "XA-011", W, 2, "attribute colour"),
    ("<installation>", '<installation sr-type="ext">', "XA-011", W, 2, "sr-type"),
    ("<installation>", '<installation mode="wipe">', "XA-012", E, 2, "local variable 'results' referenced before assignment"),
    ("<installation>", '<installation srtype="zfs">', "XA-013", E, 2, "Should be 'lvm' or 'ext'"),
    ("<timezone>Europe/London</timezone>", "<time-zone>Europe/London</time-zone>", "XA-020", W, 8, "did you mean <timezone>?"),
    ("<keymap>us</keymap>", "<existing-installation>sda</existing-installation>", "XA-021", W, 5, "not read in mode fresh"),
    ("<keymap>us</keymap>", "<ssh-mode>on</ssh-mode>", "XA-022", W, 5, "XenServer 9 and later"),
    ("<keymap>us</keymap>", "<network-backend>bridge</network-backend>", "XA-022", W, 5, "4.1 ignores it"),
    ("<keymap>us</keymap>", "<guest-disks><guest-disk>sdb</guest-disk></guest-disks>", "XA-024", W, 5, "wrapper"),
    ("<root-password>", '<root-password type="hash">', "XA-048", E, 6, "the hash itself would become root's password"),
    ("<root-password>", '<root-password type="plaintext">', "XA-030", W, 6, "not read"),
    (DHCP, '<admin-interface name="eth0" proto="static" ip="1.2.3.4"/>', "XA-031", E, 7, "never as an attribute"),
    (DHCP, '<admin-interface name="eth0" proto="dhcp" vlan="5"/>', "XA-032", W, 7, "vlan"),
    (DHCP, '<admin-interface name="eth0" proto="bootp"/>', "XA-033", E, 7, "leaves the network unset"),
    (DHCP, '<admin-interface name="eth0"/>', "XA-033", E, 7, "has no proto"),
    (DHCP, '<admin-interface hwaddr="00:16:3E:00:00:01" proto="dhcp"/>', "XA-034", E, 7, "0 interfaces matching the MAC"),
    (DHCP, '<admin-interface hwaddr="eth0" proto="dhcp"/>', "XA-037", E, 7, "cannot be right"),
    (DHCP, '<admin-interface proto="dhcp"/>', "XA-070", E, 7, "AssertionError"),
    (DHCP, STATIC.replace("<gateway>192.0.2.1</gateway>", ""), "XA-071", E, 7, "<gateway> is missing"),
    (DHCP, STATIC.replace("192.0.2.5", "192.0.2.999"), "XA-044", E, 7, "is not an IPv4 address"),
    ('type="url"', 'type="ftp"', "XA-035", E, 4, "No source media specified."),
    (' type="url"', "", "XA-035", E, 4, "no type"),
    ("<primary-disk>", '<primary-disk gueststorage="1">', "XA-036", W, 3, "means no"),
    ("<primary-disk>sda", "<primary-disk><![CDATA[sda]]>", "XA-040", E, 3, "read as nothing at all"),
    ("s3cretword", "s\u00e9cret", "XA-041", E, 6, "UnicodeEncodeError"),
    ("http://192.0.2.1/xs41", "\nhttp://192.0.2.1/xs41\n", "XA-042", E, 4, "white space"),
    ("sda", "/dev/sda", "XA-043", W, 3, "/dev//dev/sda"),
    ("Europe/London", "Europe London", "XA-044", E, 8, "'Europe London'"),
    ("http://192.0.2.1/xs41", "", "XA-045", E, 4, "is empty"),
    ("http://", "https://", "XA-046", E, 4, "not known before 6.2"),
    ('type="url">http://192.0.2.1/xs41', 'type="nfs">192.0.2.1', "XA-047", E, 4, "is not server:/path"),
    ("http://192.0.2.1/xs41", "192.0.2.1/xs41", "XA-049", W, 4, "http:// is put in front"),
    ("http://", "http://user:word@", "XA-050", W, 4, "log"),
    ("/xs41", "/{{medium}}", "XA-051", E, 4, "template"),
    ("<primary-disk>sda</primary-disk>", "", "XA-060", E, 2, "list index out of range"),
    ("<timezone>Europe/London</timezone>", "", "XA-060", E, 2, "<timezone> is missing"),
    ('<source type="url">http://192.0.2.1/xs41</source>', "", "XA-060", E, 2, "No source media specified."),
    ("<keymap>us</keymap>", "<keymap>us</keymap><keymap>de</keymap>", "XA-061", W, 5, "none of them counts"),
    ("<primary-disk>", "<primary-disk>sdb</primary-disk><primary-disk>", "XA-062", W, 3, "only the first counts"),
]


@pytest.mark.parametrize(("old", "new", "code", "severity", "line", "says"), CASES, ids=[f"{case[2]} {case[1][:30]}" for case in CASES])
def test_each_finding_has_its_line_cause_fix_and_source(old: str, new: str, code: str, severity: Severity, line: int, says: str) -> None:
    assert old in GOOD
    findings = lint(GOOD.replace(old, new, 1).encode(), DIALECT)
    found = next((one for one in findings if one.code == code), None)
    assert found is not None, findings
    assert found.severity is severity
    assert says in f"{found.message} {found.fix}"
    assert found.line == line
    assert found.fix
    assert found.source
    assert verdict(findings) is (Verdict.REFUSED if any(one.severity is E for one in findings) else Verdict.SURPRISING)


def test_the_root_may_have_any_name_and_later_ones_may_not() -> None:
    [finding] = lint(GOOD.replace("installation>", "install>").encode(), DIALECT)
    assert (finding.code, finding.severity) == ("XA-010", W)


def test_each_mode_has_its_own_needs() -> None:
    upgrade = '<installation mode="upgrade"><existing-installation>sda</existing-installation><source type="local"/></installation>'
    assert lint(upgrade.encode(), DIALECT) == []
    codes = [finding.code for finding in lint(b'<installation mode="reinstall"/>', DIALECT)]
    assert codes == ["XA-060"] * 5


def test_a_huge_file_is_not_even_read() -> None:
    assert [one.code for one in lint(b" " * (MAX_BYTES + 1), DIALECT)] == ["XA-001"]


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted")
    bomb = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "&x;&x;">]><installation><keymap>&y;</keymap></installation>'
    findings = lint(bomb.encode(), DIALECT)
    assert [one.code for one in findings] == ["XA-003"]
    assert "planted" not in str(findings)


def test_one_files_mistakes_are_not_told_of_the_next() -> None:
    lint(b"<broken", DIALECT)
    assert lint(GOOD.encode(), DIALECT) == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"<installation>{text}</installation>".encode("utf-8", "replace")))
def test_no_bytes_raise(content: bytes) -> None:
    for finding in lint(content, DIALECT):
        assert finding.message and finding.fix
