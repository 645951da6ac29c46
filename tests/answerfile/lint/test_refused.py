"""Each way in which an installer refuses an answerfile: one error, at its place, in the installer's own words."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pxeserve.answerfile.finding import Severity, Verdict, verdict
from pxeserve.answerfile.lint import lint
from pxeserve.answerfile.lint.fixes import fixed
from pxeserve.answerfile.reading import Machine
from tests.answerfile.lint.samples import ALL, DHCP, END, HASHED, MODERN, NAMED, OLD, SOURCE, STATIC, good, known, place, spoilt, upgrade
from tests.answerfile.lint.spoiling import Case, between, changed, since, until

E = Severity.ERROR
INDEX = "list index out of range"
UNBOUND = "local variable 'results' referenced before assignment"
SR_PLAIN = "Specified SR Type unknown.  Should be 'lvm' or 'ext'"
XS8 = ("xs8", "xcp-8.3", "xs9")


def case(dialects: tuple[str, ...], old: str, new: str, code: str, at: str, says: str) -> Case:
    return Case(dialects, old, new, code, E, at, says)


def more(dialects: tuple[str, ...], element: str, code: str, at: str, says: str) -> Case:
    return case(dialects, END, f"{element}{END}", code, at, says)


def without(dialects: tuple[str, ...], element: str, code: str, at: str, says: str) -> Case:
    return case(dialects, element, "", code, at, says)


def static(without: str, instead: str = "") -> str:
    assert without in STATIC
    return STATIC.replace(without, instead)


CASES = [
    # root and mode
    case(NAMED, "<installation>", "<install>", "XA-010", "<install>", "Unexpected top level element"),
    case(("6.0",), "<installation>", "<restore>", "XA-077", "<restore>", UNBOUND),
    case(until("5.6"), "<installation>", '<installation mode="wipe">', "XA-012", "mode", UNBOUND),
    case(NAMED, "<installation>", '<installation mode="wipe">', "XA-012", "mode", "Unknown mode, wipe"),
    case(ALL, "<installation>", '<installation mode="Fresh">', "XA-012", "mode", ""),
    case(("5.6", "6.0", "8.2"), "<installation>", '<installation mode="oemhdd">', "XA-012", "mode", ""),
    case(OLD, "<installation>", '<installation srtype="zfs">', "XA-013", "srtype", SR_PLAIN),
    case(("5.6",), "<installation>", '<installation srtype="zfs">', "XA-013", "srtype", SR_PLAIN + "."),
    case(NAMED, "<installation>", '<installation srtype="zfs">', "XA-013", "srtype", "Unexpected key zfs for attribute"),
    case(NAMED, "<installation>", '<installation sr-type="zfs" srtype="lvm">', "XA-013", "sr-type", "Unexpected key zfs for attribute"),
    case(ALL[:11], "<installation>", '<installation srtype="largeblock">', "XA-013", "srtype", ""),
    # what is missing
    without(until("5.6"), "<primary-disk>disk/by-id/ata-one</primary-disk>", "XA-060", "<installation>", INDEX),
    without(NAMED, "<primary-disk>disk/by-id/ata-one</primary-disk>", "XA-060", "<installation>", "Missing mandatory element primary-disk"),
    without(until("5.6"), SOURCE, "XA-060", "<installation>", "No source media specified."),
    without(NAMED, SOURCE, "XA-060", "<installation>", "Missing mandatory element source"),
    without(until("5.6"), DHCP, "XA-060", "<installation>", INDEX),
    without(NAMED, DHCP, "XA-060", "<installation>", "Missing mandatory element admin-interface"),
    without(OLD, "<root-password>s3cretword</root-password>", "XA-060", "<installation>", INDEX),
    without(until("5.6"), "<timezone>Europe/London</timezone>", "XA-060", "<installation>", INDEX),
    # sources
    case(until("5.6"), '"url"', '"ftp"', "XA-035", 'type="ftp', "No source media specified."),
    case(NAMED, '"url"', '"ftp"', "XA-035", 'type="ftp', "Invalid type for <source> media specified."),
    case(until("5.6"), ' type="url"', "", "XA-035", "<source>", "No source media specified."),
    case(NAMED, ' type="url"', "", "XA-035", "<source>", "Missing mandatory attribute type"),
    more(("5.5", "5.6"), '<driver-source type="ftp"/>', "XA-035", 'type="ftp', "Invalid type for driver-source media specified."),
    more(NAMED, '<driver-source type="ftp"/>', "XA-035", 'type="ftp', "Invalid type for <driver-source> media specified."),
    more(NAMED, "<driver-source>http://a/</driver-source>", "XA-035", "<driver-source>", "Missing mandatory attribute type"),
    # the management interface
    case(
        ("4.1",),
        "52:54:00:77:00:01",
        "52:54:00:AB:00:01",
        "XA-034",
        "hwaddr",
        "0 interfaces matching the MAC specified for the management interface.",
    ),
    case(
        until("5.6"),
        "52:54:00:77:00:01",
        "eth0",
        "XA-073",
        "hwaddr",
        "0 interfaces matching the MAC specified for the management interface.",
    ),
    case(until("5.6"), 'hwaddr="52:54:00:77:00:01" ', "", "XA-070", "<admin-interface", "AssertionError"),
    case(
        NAMED, 'hwaddr="52:54:00:77:00:01" ', "", "XA-070", "<admin-interface", "<admin-interface> tag must have one of 'name' or 'hwaddr'"
    ),
    case(
        between("5.0", "6.0"),
        '"dhcp"',
        '"bootp"',
        "XA-033",
        "proto",
        "<admin-interface> tag must have attribute proto='static' or proto='dhcp'",
    ),
    case(NAMED, ' proto="dhcp"', "", "XA-033", "<admin-interface", "Missing mandatory attribute proto"),
    case(since("6.2"), '"dhcp"', '"none"', "XA-072", "proto", "<admin-interface> tag must have IPv4 or IPv6 defined."),
    case(since("8.2"), '"dhcp"', '"dhcp" vlan="4095"', "XA-053", "vlan", "Invalid value for vlan attribute specified."),
    case(since("8.2"), '"dhcp"', '"dhcp" vlan="five"', "XA-053", "vlan", "Invalid value for vlan attribute specified."),
    case(until("5.6"), DHCP, static("<ip>192.0.2.5</ip>"), "XA-071", "<admin-interface", INDEX),
    case(until("5.6"), DHCP, static("<gateway>192.0.2.1</gateway>"), "XA-071", "<admin-interface", INDEX),
    case(NAMED, DHCP, static("<ip>192.0.2.5</ip>"), "XA-071", "<admin-interface", "Missing mandatory element ip"),
    case(
        NAMED,
        DHCP,
        static("<subnet-mask>255.255.255.0</subnet-mask>"),
        "XA-071",
        "<admin-interface",
        "Missing mandatory element subnet-mask",
    ),
    case(NAMED, DHCP, static("<gateway>192.0.2.1</gateway>"), "XA-071", "<admin-interface", "Missing mandatory element gateway"),
    case(since("6.2"), '"dhcp"', '"dhcp" protov6="static"', "XA-071", "<admin-interface", "Missing mandatory element ipv6"),
    # values
    case(
        NAMED, "<primary-disk>", '<primary-disk preserve-first-partition="Yes">', "XA-037", "preserve", "Unexpected key Yes for attribute"
    ),
    case(("5.6",), '"hash"', '"md5"', "XA-037", 'type="md5', "Invalid type for root-password specified."),
    case(NAMED, '"hash"', '"md5"', "XA-037", 'type="md5', "Unexpected key md5 for attribute"),
    more(between("6.0", "6.5"), "<bootloader/>", "XA-044", "<bootloader/>", "Unsupported bootloader ''"),
    more(between("6.0", "6.5"), "<bootloader>grub</bootloader>", "XA-044", "<bootloader>", "Unsupported bootloader 'grub'"),
    more(since("7.0"), "<bootloader>extlinux</bootloader>", "XA-044", "<bootloader>", "Unsupported bootloader 'extlinux'"),
    more(since("7.0"), '<bootloader location="here"/>', "XA-037", "location", "Unexpected key here for attribute"),
    more(
        ("5.6",), "<network-backend>ovs</network-backend>", "XA-044", "<network-backend>", 'Specified Network backend type "ovs" unknown.'
    ),
    more(since("8.2"), '<service state="enabled"/>', "XA-038", "<service", "Missing mandatory attribute name"),
    more(since("8.2"), '<service name="sshd"/>', "XA-038", "<service", "Missing mandatory attribute state"),
    more(since("8.2"), '<service name="sshd" state="off"/>', "XA-037", "state", "Invalid state for service sshd: off"),
    more(
        since("8.2"),
        '<service name="a" state="enabled"/><service name="a" state="enabled"/>',
        "XA-056",
        'enabled"/><service |name="a"',
        "Multiple entries for service a",
    ),
    more(between("7.0", "xcp-8.3"), "<fcoe-interface/>", "XA-070", "<fcoe", "<fcoe-interface> tag must have one of 'name' or 'hwaddr'"),
    more(("xcp-8.2", "xcp-8.3"), "<raid/>", "XA-038", "<raid/>", "Missing mandatory attribute device"),
    case(
        ("xs8", "xs9"),
        "<primary-disk>",
        '<primary-disk swraid="yes">',
        "XA-044",
        "<primary-disk",
        "swraid primary-disk requires exactly two physical disks",
    ),
    case(
        ("xs8", "xs9"),
        "<primary-disk>disk/by-id/ata-one",
        '<primary-disk swraid="yes">missing,missing',
        "XA-044",
        "<primary-disk",
        "swraid primary-disk supports only one missing disk",
    ),
    case(("xs9",), "<primary-disk>", '<primary-disk fs-type="xfs">', "XA-037", "fs-type", "Expected fs-type to be one of ext3, ext4"),
    # scripts
    more(NAMED, '<script type="url">http://a/b</script>', "XA-055", "<script", "Missing mandatory attribute stage"),
    more(NAMED, '<script stage="installation-start">http://a/b</script>', "XA-055", "<script", "Missing mandatory attribute type"),
    # time
    more(XS8, '<ntp source="never"/>', "XA-054", 'source="never', "Expected <ntp> source to be one of (dhcp, default, manual, none)"),
    more(XS8, "<ntp/>", "XA-038", "<ntp/>", "Missing mandatory attribute source"),
    more(
        XS8, '<ntp source="dhcp"/><ntp source="none"/>', "XA-056", '<ntp source="none"', "Expected zero or one <ntp> elements but found 2"
    ),
    more(
        XS8,
        '<ntp source="dhcp"/><ntp-server>a</ntp-server>',
        "XA-057",
        "<ntp-server>",
        '<ntp-server> and <ntp-servers> elements are only valid when using <ntp source="manual" />',
    ),
    # characters
    case(
        ALL[:-1],
        "us</keymap>",
        "ü</keymap>",
        "XA-041",
        "<keymap>",
        "'ascii' codec can't encode character u'\\xfc' in position 0: ordinal not in range(128)",
    ),
    case(
        OLD,
        "s3cretword",
        "s€cretword",
        "XA-041",
        "<root-password>",
        "'ascii' codec can't encode character u'\\u20ac' in position 1: ordinal not in range(128)",
    ),
]
EACH = [(one, dialect) for one in CASES for dialect in one.dialects]


@pytest.mark.parametrize(("one", "dialect"), EACH, ids=[f"{one.code} {dialect} {one.new[-60:]!r}" for one, dialect in EACH])
def test_a_refusal_is_one_error_in_the_installers_words(one: Case, dialect: str) -> None:
    text = changed(one, dialect)
    findings = lint(text.encode(), known(dialect))
    assert verdict(findings) is Verdict.REFUSED, findings
    [error] = [found for found in findings if found.severity is E]
    assert (error.code, one.says in error.message) == (one.code, True), error
    assert (error.line, error.column) == place(text, one.at), error
    assert error.fix and error.source


@pytest.mark.parametrize("dialect", ALL)
@pytest.mark.parametrize("mode", ["upgrade", "reinstall"])
def test_an_upgrade_needs_what_it_upgrades(dialect: str, mode: str) -> None:
    if mode == "reinstall" and dialect in NAMED:
        text = upgrade(dialect).replace('"upgrade"', '"reinstall"')
        says = "Missing mandatory element primary-disk"
    else:
        text = upgrade(dialect).replace("<existing-installation>sda</existing-installation>", "").replace('"upgrade"', f'"{mode}"')
        says = {"4.1": INDEX, "5.0": INDEX, "5.5": "No existing installation specified.", "5.6": "No existing installation specified."}.get(
            dialect, "Missing mandatory element existing-installation"
        )
    [error] = [found for found in lint(text.encode(), known(dialect)) if found.severity is E]
    assert (error.code, error.line, error.column, says in error.message) == ("XA-060", 1, 1, True), error


@pytest.mark.parametrize("dialect", until("5.6"))
def test_an_installation_with_dev_in_front_is_not_found_and_said_why(dialect: str) -> None:
    findings = lint(upgrade(dialect).replace(">sda<", ">/dev/sda<").encode(), known(dialect))
    assert {"XA-073", "XA-043"} <= {found.code for found in findings}
    assert verdict(fixed(upgrade(dialect).replace(">sda<", ">/dev/sda<").encode(), known(dialect)).left) is Verdict.ACCEPTED


class Absent(NamedTuple):
    dialects: tuple[str, ...]
    text: str
    machine: Machine
    says: str


NIC = {"eth0": "52:54:00:77:00:01"}
DISKS = frozenset({"/dev/disk/by-id/ata-one", "/dev/sda"})
THERE = Machine(nics=NIC, disks=DISKS, installations=("/dev/sda",), backups=("/dev/sda",))
ABSENT = [
    Absent(until("5.5"), DHCP.replace('hwaddr="52:54:00:77:00:01"', 'name="eth7"'), THERE, "Interface eth7 not found"),
    Absent(("5.6",), DHCP.replace('hwaddr="52:54:00:77:00:01"', 'name="eth7"'), THERE, "Interface eth7 not found"),
    Absent(
        until("5.6"), DHCP.replace("77:00:01", "77:00:09"), THERE, "0 interfaces matching the MAC specified for the management interface."
    ),
    Absent(
        ("xs9",), DHCP.replace('hwaddr="52:54:00:77:00:01"', 'name="eth7"'), THERE, "<admin-interface> name 'eth7' not found on system."
    ),
]


@pytest.mark.parametrize(("one", "dialect"), [(one, dialect) for one in ABSENT for dialect in one.dialects])
def test_what_is_not_on_the_machine_is_refused_where_it_is_looked_for(one: Absent, dialect: str) -> None:
    text = spoilt(dialect, DHCP, one.text)
    [error] = [found for found in lint(text.encode(), known(dialect), one.machine) if found.severity is E]
    assert (error.code, one.says in error.message) == ("XA-073", True), error
    assert not [found for found in lint(good(dialect).encode(), known(dialect), one.machine) if found.severity is E]


@pytest.mark.parametrize("dialect", ALL)
def test_an_installation_that_is_not_there_is_not_upgraded(dialect: str) -> None:
    other = Machine(nics=NIC, disks=DISKS, installations=("/dev/sdz",))
    [error] = [found for found in lint(upgrade(dialect).encode(), known(dialect), other) if found.severity is E]
    assert "Could not locate the installation specified to be reinstalled." in error.message
    assert not [found for found in lint(upgrade(dialect).encode(), known(dialect), THERE) if found.severity is E]


@pytest.mark.parametrize("dialect", ("xs8", "xs9"))
def test_a_disk_that_is_not_there_is_refused_by_the_newest(dialect: str) -> None:
    text = spoilt(dialect, "disk/by-id/ata-one", "sdq")
    [error] = [found for found in lint(text.encode(), known(dialect), THERE) if found.severity is E]
    assert "Primary disk /dev/sdq is missing" in error.message


def test_a_refusal_without_words_says_that_it_has_none() -> None:
    text = spoilt("4.1", 'hwaddr="52:54:00:77:00:01" ', "")
    [error] = [found for found in lint(text.encode(), known("4.1")) if found.severity is E]
    assert "AssertionError without a word" in error.message


def test_a_hash_with_strange_characters_is_not_shown() -> None:
    text = spoilt("8.2", HASHED, '<root-password type="hash">h1dden-ü</root-password>')
    assert "h1dden" not in repr(lint(text.encode(), known("8.2")))
    assert MODERN
