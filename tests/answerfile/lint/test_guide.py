"""Files as the old guides show them: the spelling put right, and their habits kept, with the verdict of each generation.

The guides put an address on a line of its own within <source>, ask for what need not be said, leave out what must, and show words that no
parser reads. These files are our own, with the same mistakes.
"""

from __future__ import annotations

import pytest

from pxeserve.answerfile.finding import Severity, Verdict, verdict
from pxeserve.answerfile.lint import lint
from pxeserve.answerfile.lint.fixes import fixed
from tests.answerfile.lint.samples import ALL, MODERN, NAMED, OLD, known

WHITE = """<?xml version="1.0"?>
<installation srtype="ext">
  <primary-disk gueststorage="yes">sda</primary-disk>
  <guest-disk>sdb</guest-disk>
  <keymap>uk</keymap>
  <root-password>s3cretword</root-password>
  <source type="url">
    http://192.0.2.1/xs
  </source>
  <admin-interface name="eth0" proto="dhcp"/>
  <timezone>Europe/London</timezone>
</installation>
"""
TIGHT = WHITE.replace("\n    http://192.0.2.1/xs\n  ", "http://192.0.2.1/xs")
NOT_REQUIRED = TIGHT.replace('  <admin-interface name="eth0" proto="dhcp"/>\n', "")
WITHOUT_KEYMAP = TIGHT.replace("  <keymap>uk</keymap>\n", "")
ATTRIBUTES = TIGHT.replace('proto="dhcp"/>', 'proto="static" ip="192.0.2.5" subnet-mask="255.255.255.0" gateway="192.0.2.1"/>')
NETMASK = TIGHT.replace(
    'proto="dhcp"/>',
    'proto="static"><ip>192.0.2.5</ip><netmask>255.255.255.0</netmask><gateway>192.0.2.1</gateway></admin-interface>',
)
SPELT = TIGHT.replace("guest-disk>", "guestdisk>").replace("timezone>", "time-zone>").replace("srtype", "sr_type")
BACKEND = TIGHT.replace("</installation>", "<xenserver-network-backend>bridge</xenserver-network-backend></installation>")
UPGRADE = """<?xml version="1.0"?>
<installation mode="reinstall">
  <existing-installation>sda</existing-installation>
  <root-password>s3cretword</root-password>
  <source type="url">http://192.0.2.1/xs</source>
  <admin-interface name="eth0" proto="dhcp"/>
  <timezone>Europe/London</timezone>
</installation>
"""
FTP = TIGHT.replace('type="url">http', 'type="ftp">ftp')
HASH = TIGHT.replace("<root-password>s3cretword", '<root-password type="hash">$6$salt$' + "a" * 86)
PROMPT = HASH.replace("</installation>", "<ui-confirmation-prompt>false</ui-confirmation-prompt></installation>")
POOL = TIGHT.replace("</installation>", "<license>FREE</license><pool-token>x</pool-token></installation>")

A, S, R = Verdict.ACCEPTED, Verdict.SURPRISING, Verdict.REFUSED
TO_5_6 = (*OLD, "5.6")
VERDICTS = [
    # the file; where it is accepted, surprising, refused: of these, each generation's; and a code that says why
    ("tight", TIGHT, {A: OLD, S: MODERN}, {S: "XA-075"}),
    ("white space around an address", WHITE, {S: ALL}, {S: ""}),
    ("no admin-interface, which the guide calls optional", NOT_REQUIRED, {R: ALL}, {R: "XA-060"}),
    ("no keymap, which the guide calls required", WITHOUT_KEYMAP, {A: OLD, S: MODERN}, {S: "XA-075"}),
    ("the address as attributes", ATTRIBUTES, {R: ALL}, {R: "XA-071"}),
    ("a netmask", NETMASK, {R: ALL}, {R: "XA-071"}),
    ("spelt with other hyphens", SPELT, {R: TO_5_6, S: NAMED}, {R: "XA-060", S: "XA-020"}),
    ("another word for the network backend", BACKEND, {S: ALL}, {S: "XA-027"}),
    ("a reinstallation as 4.1 knows it", UPGRADE, {A: OLD, S: ("5.6",), R: NAMED}, {R: "XA-060"}),
    ("ftp as a type", FTP, {R: ALL}, {R: "XA-035"}),
    ("a hash", HASH, {S: OLD, A: MODERN}, {S: "XA-048"}),
    ("a prompt that is not wanted", PROMPT, {S: ALL}, {S: ""}),
    ("what only scripts can do", POOL, {S: ALL}, {S: "XA-027"}),
]
EACH = [
    (name, text, wanted, dialect, codes.get(wanted, ""))
    for name, text, verdicts, codes in VERDICTS
    for wanted, dialects in verdicts.items()
    for dialect in dialects
]


@pytest.mark.parametrize(("name", "text", "wanted", "dialect", "code"), EACH, ids=[f"{one[0]} {one[3]}" for one in EACH])
def test_each_generation_has_its_verdict(name: str, text: str, wanted: Verdict, dialect: str, code: str) -> None:
    findings = lint(text.encode(), known(dialect))
    assert verdict(findings) is wanted, findings
    grave = {one.code for one in findings if one.severity is (Severity.ERROR if wanted is R else Severity.WARNING)}
    assert not code or code in grave, findings


@pytest.mark.parametrize("verdicts", [one[2] for one in VERDICTS])
def test_no_generation_is_left_out(verdicts: dict[Verdict, tuple[str, ...]]) -> None:
    assert sorted(name for names in verdicts.values() for name in names) == sorted(ALL)


@pytest.mark.parametrize("dialect", OLD)
def test_white_space_is_what_the_old_ones_stumble_over(dialect: str) -> None:
    [finding] = [one for one in lint(WHITE.encode(), known(dialect)) if one.severity is Severity.WARNING]
    assert (finding.code, finding.line, finding.column) == ("XA-042", 8, 5)
    assert fixed(WHITE.encode(), known(dialect)).text == TIGHT.encode()


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize(
    "more",
    [
        "<keyboard>de</keyboard>",
        "<time-zone>Etc/UTC</time-zone>",
        '<admin_interface name="eth1" proto="dhcp"/>',
    ],
)
def test_nothing_is_renamed_into_one_too_many(dialect: str, more: str) -> None:
    text = TIGHT.replace("</installation>", f"{more}</installation>").encode()
    assert fixed(text, known(dialect)).text == text


@pytest.mark.parametrize("dialect", ALL)
def test_an_attribute_does_not_become_a_second_element(dialect: str) -> None:
    static = '<ip>192.0.2.5</ip><subnet-mask>255.255.255.0</subnet-mask><gateway>192.0.2.1</gateway></admin-interface>'
    text = TIGHT.replace('proto="dhcp"/>', f'proto="static" gateway="192.0.2.9">{static}').encode()
    assert fixed(text, known(dialect)).text == text


@pytest.mark.parametrize("dialect", ALL)
def test_what_no_person_has_to_decide_is_put_right(dialect: str) -> None:
    static = TIGHT.replace('proto="dhcp"/>', 'proto="static">')
    for text in (ATTRIBUTES, NETMASK):
        done = fixed(text.encode(), known(dialect))
        assert verdict(done.left) is (A if dialect in OLD else S), done.left
        assert static.split("proto=")[0].encode() in done.text
    assert verdict(fixed(SPELT.encode(), known(dialect)).left) is (A if dialect in OLD else S)
    assert b"<guest-disk>sdb</guest-disk>" in fixed(SPELT.encode(), known(dialect)).text
