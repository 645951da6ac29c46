"""The installers of 8.2, XenServer 8 and XCP-ng: what is written for them, and what they would do with every line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.dialects.old import OLD
from pxeserve.answerfile.lint import Severity, lint
from pxeserve.answerfile.model import read
from pxeserve.answerfile.render import RenderError, Wanted, hook_script, render

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
MODERN = ("8.2", "xcp-8.2", "xs8", "xcp-8.3")
DHCP = {"name": "eth0", "proto": "dhcp"}
FULL: dict[str, Any] = {
    "primary-disk": {"device": "disk/by-id/ata-one", "guest-storage": "no"},
    "guest-disks": ["sdb"],
    "root-password": {"hash": "$6$salt$hash"},
    "hostname": "xen01",
    "nameservers": ["192.0.2.1"],
    "ntp-servers": ["ntp.example.com"],
    "admin-interface": {
        "hwaddr": "00:16:3E:00:00:01", "proto": "static", "ipaddr": "192.0.2.11", "subnet": "255.255.255.0", "gateway": "192.0.2.1",
        "vlan": "20",
    },
    "sr-type": "ext",
}  # fmt: skip


def wanted(dialect: str, declared: dict[str, Any], mode: str = "fresh") -> Wanted:
    source, hook, progress = (f"http://192.0.2.1/{path}" for path in ("media/disc", "s/TOKEN/post-install", "p/TOKEN"))
    answers = read(declared)
    return Wanted(dialect, mode, answers, source, hook, progress, answers.root_password.hash or "word<&>")


@pytest.mark.parametrize("dialect", MODERN)
@pytest.mark.parametrize(
    ("name", "declared", "mode"),
    [
        ("full", FULL, "fresh"),
        ("least", {"primary-disk": "sda", "admin-interface": DHCP}, "fresh"),
        ("reinstall", {"primary-disk": "sda", "admin-interface": DHCP}, "reinstall"),
        ("upgrade", {"existing-installation": "sda"}, "upgrade"),
    ],
)
def test_the_answerfile_is_this_to_the_letter(dialect: str, name: str, declared: dict[str, Any], mode: str) -> None:
    assert render(wanted(dialect, declared, mode)).decode() == (GOLDEN / dialect / f"{name}.xml").read_text(encoding="utf-8")


@pytest.mark.parametrize("dialect", OLD)
def test_the_example_of_each_dialect_is_accepted_by_it(dialect: str) -> None:
    example = ROOT / "answerfiles" / dialect / "example.xml"
    assert lint(example.read_bytes(), OLD[dialect]) == []


@pytest.mark.parametrize("dialect", MODERN)
def test_the_minimal_file_of_4_1_is_accepted_by_each(dialect: str) -> None:
    text = (GOLDEN / "least.xml").read_bytes()
    assert lint(text, OLD[dialect]) == []


GOOD = """<installation>
  <primary-disk>sda</primary-disk>
  <source type="url">http://192.0.2.1/disc</source>
  <admin-interface name="eth0" proto="dhcp"/>
</installation>
"""
E, W = Severity.ERROR, Severity.WARNING
CASES = [
    # dialect, what is replaced, by what, the finding, its grade, a part of the message
    ("8.2", "installation>", "install>", "XA-010", E, "Unexpected top level element"),
    ("8.2", "<installation>", '<installation mode="wipe">', "XA-012", E, "Unknown mode, wipe"),
    ("8.2", "<installation>", '<installation sr-type="zfs">', "XA-013", E, "Unexpected key zfs for attribute"),
    ("8.2", "<installation>", '<installation srtype="largeblock">', "XA-013", E, "largeblock"),
    ("8.2", "<installation>", '<installation gpgcheck="no">', "XA-011", W, "gpgcheck"),
    ("8.2", "</installation>", '<ntp source="manual"/></installation>', "XA-022", W, "XenServer 8"),
    ("8.2", "</installation>", '<raid device="md127"/></installation>', "XA-022", W, "XCP-ng"),
    ("8.2", 'type="url"', 'type="ftp"', "XA-035", E, "Invalid type for <source> media specified."),
    ("8.2", ' type="url"', "", "XA-035", E, "Missing mandatory attribute type"),
    ("8.2", "http://192.0.2.1/disc", "192.0.2.1/disc", "XA-049", E, "Unsupported URL scheme"),
    ("8.2", "<primary-disk>", '<primary-disk guest-storage="1">', "XA-036", W, "means no"),
    ("8.2", "<primary-disk>", '<primary-disk preserve-first-partition="maybe">', "XA-037", E, "Unexpected key maybe for attribute"),
    ("8.2", 'proto="dhcp"', 'proto="dhcp" vlan="4095"', "XA-053", E, "Invalid value for vlan attribute specified."),
    ("8.2", ' proto="dhcp"', "", "XA-033", E, "Missing mandatory attribute proto"),
    ("8.2", ' name="eth0"', "", "XA-070", E, "tag must have one of 'name' or 'hwaddr'"),
    ("8.2", 'proto="dhcp"', 'proto="none"', "XA-072", E, "must have IPv4 or IPv6 defined"),
    ("8.2", 'proto="dhcp"', 'proto="static"', "XA-071", E, "Missing mandatory element ip"),
    ("8.2", "<primary-disk>sda</primary-disk>", "", "XA-060", E, "Missing mandatory element primary-disk"),
    ("8.2", "</installation>", '<script stage="late" type="url">http://a/b</script></installation>', "XA-052", E, "never comes"),
    ("8.2", "</installation>", '<script type="url">http://a/b</script></installation>', "XA-055", E, "Missing mandatory attribute stage"),
    ("8.2", "</installation>", "<ui-confirmation-prompt>false</ui-confirmation-prompt></installation>", "XA-044", E, "means yes"),
    ("8.2", "sda", "<![CDATA[sda]]>", "XA-040", E, "read as nothing"),
    ("xs8", "</installation>", '<ntp source="never"/></installation>', "XA-054", E, "Expected <ntp> source to be one of"),
    ("xs8", "</installation>", '<ntp source="dhcp"/><ntp source="dhcp"/></installation>', "XA-056", E, "but found 2"),
    ("xs8", "</installation>", '<ntp source="dhcp"/><ntp-server>a</ntp-server></installation>', "XA-057", E, "only valid when"),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "old", "new", "code", "severity", "says"), CASES, ids=[f"{one[3]} {one[2][:40]}" for one in CASES])
def test_each_finding_is_in_the_installers_own_words(dialect: str, old: str, new: str, code: str, severity: Severity, says: str) -> None:
    assert old in GOOD
    assert lint(GOOD.encode(), OLD[dialect]) == []
    findings = lint(GOOD.replace(old, new).encode(), OLD[dialect])
    found = next((one for one in findings if one.code == code), None)
    assert found is not None, findings
    assert found.severity is severity
    assert says in f"{found.message} {found.fix}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://192.0.2.1/disc", "\n  http://192.0.2.1/disc\n"),                     # white space is stripped
        ("http://", "https://"),
        ("sda", "/dev/sda"),
        ('name="eth0"', 'hwaddr="00:16:3E:00:00:01"'),                              # capitals are folded
        ("</installation>", '<root-password type="hash">$6$a$b</root-password></installation>'),
        ("</installation>", '<source type="url">http://192.0.2.1/pack</source></installation>'),
    ],
)  # fmt: skip
def test_what_4_1_refuses_and_these_take(old: str, new: str) -> None:
    assert lint(GOOD.replace(old, new, 1).encode(), OLD["8.2"]) == []


def test_what_a_dialect_cannot_say_is_refused_when_it_is_written() -> None:
    with pytest.raises(RenderError, match="know no VLAN"):
        render(wanted("4.1", {"primary-disk": "sda", "timezone": "UTC", "admin-interface": {**DHCP, "vlan": "5"}}))
    with pytest.raises(RenderError, match="know lvm and ext, not largeblock"):
        render(wanted("8.2", {"primary-disk": "sda", "admin-interface": DHCP, "sr-type": "largeblock"}))


@pytest.mark.parametrize(("argument", "stage"), [((), "installing"), (("0",), "done"), (("1",), "failed")])
def test_the_hook_tells_its_stage_by_its_argument(tmp_path: Path, argument: tuple[str, ...], stage: str) -> None:
    script = tmp_path / "hook"
    script.write_bytes(hook_script(wanted("xcp-8.3", {"primary-disk": "sda", "admin-interface": DHCP})))
    tool = tmp_path / "curl"
    tool.write_text(f"#!/bin/sh\necho \"$@\" >>{tmp_path}/told\n")
    tool.chmod(0o755)
    subprocess.run(["/bin/sh", script, *argument], env={"PATH": f"{tmp_path}:/bin:/usr/bin"}, check=True)
    assert (tmp_path / "told").read_text().split()[-1] == f"http://192.0.2.1/p/TOKEN/{stage}"
    assert script.read_bytes().startswith(b"#!/bin/sh\n")  # other first lines end the installation


@given(st.binary(max_size=200), st.sampled_from(sorted(OLD)))
def test_no_bytes_do_worse_than_be_refused(text: bytes, dialect: str) -> None:
    lint(text, OLD[dialect])
    lint(GOOD.encode().replace(b"sda", text), OLD[dialect])
