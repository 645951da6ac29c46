"""What people declare becomes the one model, or is refused with its element, its value and what is allowed."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.answerfile.answers import (
    Answers,
    Bootloader,
    Disk,
    DriverVariant,
    Fcoe,
    Installed,
    Interface,
    Mode,
    Partition,
    Raid,
    RootPassword,
    Script,
    Service,
    Source,
    Stage,
)
from pxeserve.answerfile.declared import KEYS, AnswerError, Pack, SiteScript, read
from pxeserve.answerfile.declared.elements import ANSWERS, ELSEWHERE, NOWHERE, SPELT
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.finding import Severity
from pxeserve.answerfile.lint import lint
from pxeserve.answerfile.writing import WritingError, write

GOLDEN = Path(__file__).parent / "golden"
DHCP = {"name": "eth0", "proto": "dhcp"}
STATIC = {"hwaddr": "00:16:3E:00:00:01", "proto": "static", "ipaddr": "192.0.2.11", "subnet": "255.255.255.0", "gateway": "192.0.2.1"}

TAKEN: list[tuple[str, Any, Any]] = [
    ("primary-disk", "sda", Disk("sda")),
    ("primary-disk", "/dev/disk/by-id/ata-one", Disk("disk/by-id/ata-one")),
    ("primary-disk", "iscsi:192.0.2.9::::iqn.2008-03.org.example:root", Disk("iscsi:192.0.2.9::::iqn.2008-03.org.example:root")),
    ("primary-disk", {"device": "sda", "guest-storage": False}, Disk("sda", guest_storage=False)),
    ("primary-disk", {"device": "sda", "preserve-first-partition": "no"}, Disk("sda", preserve_first_partition="false")),
    ("primary-disk", {"device": "sda", "preserve-first-partition": "if-utility"}, Disk("sda", preserve_first_partition="if-utility")),
    ("primary-disk", {"device": "sda", "sr-at-end": "no", "fs-type": "ext4"}, Disk("sda", sr_at_end=False, fs_type="ext4")),
    ("primary-disk", {"mirror": ["sda", "missing"]}, Disk("", mirror=("sda", "missing"))),
    ("guest-disks", ["sdb", "/dev/sdc"], ("sdb", "sdc")),
    ("guest-disks", "sdb", ("sdb",)),
    ("raid", [{"device": "md127", "disks": ["sda", "sdb"]}], (Raid("md127", ("sda", "sdb")),)),
    ("sr-type", "largeblock", "largeblock"),
    ("existing-installation", "sda", Installed("sda")),
    ("existing-installation", {"device": "sda", "fs-type": "ext3"}, Installed("sda", "ext3")),
    ("backup-disk", "sda", "sda"),
    ("initial-partitions", [{"number": "1", "size": 100, "id": 222}], (Partition(1, 100, 222),)),
    ("admin-interface", DHCP, Interface("eth0", proto="dhcp")),
    (
        "admin-interface", {**STATIC, "vlan": 20},
        Interface(None, "00:16:3e:00:00:01", "static", "192.0.2.11", "255.255.255.0", "192.0.2.1", vlan=20),
    ),
    (
        "admin-interface", {"name": "eth0", "proto": "none", "protov6": "static", "ipv6": "2001:DB8::11/64", "gatewayv6": "2001:db8::1"},
        Interface("eth0", proto="none", protov6="static", ipv6="2001:db8::11/64", gatewayv6="2001:db8::1"),
    ),
    ("admin-interface", {"ipaddr": "192.0.2.11"}, Interface(ip="192.0.2.11")),  # a host adds to what its profile says
    ("nameservers", ["192.0.2.1", "2001:db8::53"], ("192.0.2.1", "2001:db8::53")),
    ("hostname", "xen01.example.com", "xen01.example.com"),
    ("timezone", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("ntp-source", "manual", "manual"),
    ("ntp-servers", ["ntp.example.com", "192.0.2.9"], ("ntp.example.com", "192.0.2.9")),
    ("keymap", "de-latin1", "de-latin1"),
    ("root-password", {"hash": "$6$salt$hash"}, RootPassword("$6$salt$hash", hashed=True)),
    ("root-password", {"plaintext": "s3cret word"}, RootPassword("s3cret word")),
    ("root-password", "random", None),
    ("services", {"sshd": "disabled", "ntpd": True}, (Service("sshd", False), Service("ntpd", True))),
    ("ssh-mode", True, "on"),
    ("ssh-mode", "auto", "auto"),
    ("bootloader", "grub2", Bootloader("grub2")),
    ("bootloader", {"location": "partition", "write-boot-entry": "no"}, Bootloader("", "partition", False)),
    ("network-backend", "openvswitch", "vswitch"),
    ("fcoe-interfaces", ["eth2", {"hwaddr": "00:16:3E:00:00:02", "dcb": "off"}], (Fcoe("eth2"), Fcoe(None, "00:16:3e:00:00:02", "off"))),
    ("drivers", {"igb": "5.13.16"}, (DriverVariant("igb", "5.13.16"),)),
    ("repo-gpgcheck", "no", False),
    ("gpgcheck", True, True),
    ("netinstall-gpg-check", "yes", True),
    ("target-platform", "xen", "xen"),
    ("ui-confirmation-prompt", "yes", True),
    ("ui-confirmation-prompt", "false", False),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "means"), TAKEN, ids=lambda one: str(one)[:30])
def test_each_element_becomes_its_part_of_the_answers(key: str, value: Any, means: Any) -> None:
    assert read({key: value}).answers == replace(Answers(), **{ANSWERS[key][0]: means})


def test_every_field_of_the_answers_can_be_declared_or_is_completed_when_a_host_is_armed() -> None:
    by_arming = {"mode", "sources", "driver_sources", "scripts"}
    oem = {"oem"}  # what only the OEM modes of 5.0 and 5.5 read, which nobody can arm
    assert {one.name for one in fields(Answers)} == {field for field, _check in ANSWERS.values()} | by_arming | oem
    assert {key for key, _value, _means in TAKEN} == set(ANSWERS)


@pytest.mark.parametrize(
    ("key", "value", "means"),
    [
        ("sources", ["linux-pack"], (Pack("linux-pack"),)),
        ("sources", "http://192.0.2.1/packs", (Pack(None, "url", "http://192.0.2.1/packs"),)),
        ("sources", ["nfs://192.0.2.1/packs", "srv:/packs"], (Pack(None, "nfs", "192.0.2.1:/packs"), Pack(None, "nfs", "srv:/packs"))),
        ("sources", ["local"], (Pack(None, "local"),)),
        ("sources", [{"medium": "pack", "gpgcheck": "no"}], (Pack("pack", gpgcheck=False),)),
        ("sources", [{"address": "ftp://a/b", "repo-gpgcheck": True}], (Pack(None, "url", "ftp://a/b", repo_gpgcheck=True),)),
    ],
)
def test_more_packages_are_media_by_name_or_addresses(key: str, value: Any, means: Any) -> None:
    assert read({key: value}).packs == means
    assert read({"driver-sources": value}).driver_packs == means


def test_scripts_run_in_the_order_of_their_stages_and_the_old_key_still_counts() -> None:
    found = read({
        "scripts": {"installation-complete": "http://192.0.2.1/end.sh", "filesystem-populated": ["tune.sh", "https://192.0.2.1/a"]},
        "post-install-script": "http://192.0.2.1/old.sh",
    })  # fmt: skip
    filled, complete = Stage.FILESYSTEM_POPULATED, Stage.INSTALLATION_COMPLETE
    assert found.scripts == (
        SiteScript(filled, "tune.sh"), SiteScript(filled, "https://192.0.2.1/a"), SiteScript(complete, "http://192.0.2.1/end.sh"),
        SiteScript(filled, "http://192.0.2.1/old.sh"),
    )  # fmt: skip
    assert [one.is_address for one in found.scripts] == [False, True, True, True]


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"primry-disk": "sda"}, "primry-disk: unknown; did you mean primary-disk?"),
        ({"primary-disk": "../sda"}, "'../sda' is not a disk such as sda"),
        ({"primary-disk": {"device": "sda", "guest-storage": "maybe"}}, "primary-disk.guest-storage: 'maybe' is neither yes nor no"),
        ({"primary-disk": {"device": "sda", "mirror": ["sda", "sdb"]}}, "either device or mirror"),
        ({"primary-disk": {"mirror": ["sda"]}}, "is not two disks"),
        ({"primary-disk": {"mirror": ["missing", "missing"]}}, "is not two disks"),
        ({"primary-disk": {"device": "sda", "preserve-first-partition": "maybe"}}, "none of true, false and if-utility"),
        ({"primary-disk": {"device": "sda", "fs-type": "xfs"}}, "'xfs' is none of ext3 and ext4"),
        ({"primary-disk": {"gueststorage": "no"}}, "primary-disk.gueststorage: unknown; did you mean guest-storage?"),
        ({"raid": [{"device": "md127", "disks": ["sda"]}]}, "is not two disks or more"),
        ({"raid": [{"disks": ["sda", "sdb"]}]}, "device is needed"),
        ({"timezone": " London"}, "without blanks at the ends"),
        ({"timezone": "Europe, London"}, "is not a time zone such as Europe/London"),
        ({"hostname": "xen\u00e9"}, "ASCII only"),
        ({"hostname": 5}, "not a plain text"),
        ({"hostname": "a b"}, "'a b' is not a host name"),
        ({"hostname": "a" * 2000}, "..."),
        ({"nameservers": ["ns1"]}, "'ns1' is not an IPv4 address"),
        ({"nameservers": 5}, "not a list"),
        ({"ntp-servers": ["a/b"]}, "is not a host name"),
        ({"ntp-source": "always"}, "none of dhcp, default, manual and none"),
        ({"sr-type": "zfs"}, "none of lvm, ext and largeblock"),
        ({"root-password": {"md5": "x"}}, "is needed"),
        ({"root-password": {"plaintext": ""}}, "is empty"),
        ({"admin-interface": "eth0"}, "not a table"),
        ({"admin-interface": {**DHCP, "hwaddr": "00:16:3e:00:00:01"}}, "either name or hwaddr"),
        ({"admin-interface": {"name": "eth0", "proto": "bootp"}}, "'bootp' is none of static, dhcp and none"),
        ({"admin-interface": {"proto": "none", "protov6": "none"}}, "leaves the host without a network"),
        ({"admin-interface": {**STATIC, "subnet": "24"}}, "'24' is not a mask"),
        ({"admin-interface": {**STATIC, "subnet": "255.0.255.0"}}, "ones first, then zeros"),
        ({"admin-interface": {**STATIC, "subnet": "0.0.0.255"}}, "ones first, then zeros"),
        ({"admin-interface": {**STATIC, "subnet": "0.0.0.0"}}, "is not a mask"),
        ({"admin-interface": {**STATIC, "gateway": "198.51.100.1"}}, "198.51.100.1 is not in 192.0.2.0/24"),
        ({"admin-interface": {**STATIC, "ipaddr": "192.0.2.255"}}, "own network or broadcast address"),
        ({"admin-interface": {**STATIC, "ipaddr": "192.0.2.999"}}, "'192.0.2.999' is not an IPv4 address"),
        ({"admin-interface": {"ipv6": "2001:db8::1"}}, "with its prefix"),
        ({"admin-interface": {**DHCP, "vlan": "4095"}}, "is not a VLAN from 1 to 4094"),
        ({"admin-interface": {**DHCP, "netmask": "255.0.0.0"}}, "admin-interface.netmask: unknown"),
        ({"boot": {"dom0_mem": "1G"}}, "boot: this is no answer, it belongs elsewhere: to a profile"),
        ({"template": "http://u:geheim7@h/ x"}, "template: 'http://u:********@h/ x' is not the name of a file"),
        ({"services": ["sshd"]}, "is not a table such as {sshd: disabled}"),
        ({"services": {"sshd": []}}, "services.sshd: [] is none of enabled and disabled"),
        ({"services": {"sshd": {"a": "b"}}}, "services.sshd: {'a': 'b'} is none of enabled and disabled"),
        ({"nameservers": ["fe80::1%eth0"]}, "'fe80::1%eth0' is not an IPv4 address or an IPv6 one"),
        ({"nameservers": ["fe80::1%a\n$(b)"]}, "is not an IPv4 address or an IPv6 one"),
        ({"ntp-servers": ["fe80::1%a\nb"]}, "ntp-servers: "),
        ({"admin-interface": {**DHCP, "protov6": "static", "ipv6": "fe80::1%a b/64"}}, "with its prefix"),
        ({"admin-interface": {**DHCP, "gatewayv6": "fe80::1%a\nb"}}, "is not an IPv6 address"),
        ({"services": {"sshd": "off"}}, "'off' is none of enabled and disabled"),
        ({"source": "https"}, "'https' is none of http, nfs, ftp"),
        ({"sources": [{"medium": "a", "address": "http://a/"}]}, "either medium or address"),
        ({"sources": ["gopher://a/b"]}, "is none of these"),
        ({"scripts": {"late": ["a"]}}, "scripts.late: unknown"),
        ({"scripts": {"filesystem-populated": ["http://x/'"]}}, "neither the name of a script"),
        ({"post-install-script": "ssh://x"}, "not an http:// or ftp:// address"),
        ({"template": "../rack.xml.j2"}, "is not the name of a file"),
        ({"template": ".hidden"}, "is not the name of a file"),
        ({"fcoe-interfaces": [{"dcb": "on"}]}, "either name or hwaddr"),
        ({"bootloader": "lilo"}, "'lilo' is none of grub, extlinux and grub2"),
    ],
)
def test_what_nobody_could_mean_is_refused_by_element_and_value(declared: dict[str, Any], says: str) -> None:
    with pytest.raises(AnswerError) as error:
        read(declared)
    assert says in str(error.value)
    assert str(error.value).startswith(next(iter(declared)))


@pytest.mark.parametrize(("key", "where"), [*ELSEWHERE.items(), *SPELT.items(), *NOWHERE.items()])
def test_a_value_in_the_wrong_place_is_told_its_right_one(key: str, where: str) -> None:
    with pytest.raises(AnswerError) as error:
        read({key: "x"})
    assert where in str(error.value)
    assert key not in KEYS


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(KEYS), _JSON, max_size=3))
def test_no_value_does_worse_than_be_refused(declared: dict[str, Any]) -> None:
    try:
        read(declared)
    except AnswerError as error:
        assert str(error).isprintable() or len(str(error)) < 2000


# --- what is declared, as each generation reads it ---

LEAST = {"primary-disk": "sda", "timezone": "Europe/London", "admin-interface": DHCP}
FULL = {
    "primary-disk": {"device": "/dev/sda", "guest-storage": "no"},
    "guest-disks": ["sdb", "sdc"],
    "timezone": "Europe/London",
    "keymap": "uk",
    "hostname": "xen01",
    "nameservers": ["192.0.2.1", "192.0.2.2"],
    "ntp-servers": ["ntp.example.com"],
    "admin-interface": STATIC,
    "sr-type": "ext",
}


def written(dialect: str, declared: dict[str, Any], mode: Mode) -> bytes:
    scripts = (Script(Stage.FILESYSTEM_POPULATED, "http://192.0.2.1/s/TOKEN/hook"),)
    sources = (Source("url", "http://192.0.2.1/media/disc"),)
    password = RootPassword("pass<word>&more")
    answers = replace(read(declared).answers, mode=mode, scripts=scripts, sources=sources, root_password=password)
    return write(answers, DIALECTS[dialect])


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("name", "declared", "mode"),
    [
        ("least", LEAST, Mode.FRESH),
        ("full", FULL, Mode.FRESH),
        ("reinstall", {**FULL, "existing-installation": "sda"}, Mode.REINSTALL),
        ("upgrade", {"existing-installation": "sda"}, Mode.UPGRADE),
        ("restore", {"backup-disk": "sda"}, Mode.RESTORE),
    ],
)
def test_the_answerfile_is_this_to_the_letter(dialect: str, name: str, declared: dict[str, Any], mode: Mode) -> None:
    golden = GOLDEN / dialect / f"{name}.xml"
    if mode not in DIALECTS[dialect].modes:
        assert not golden.exists()
        with pytest.raises(WritingError, match=r"know fresh, (reinstall|oemflash)"):
            written(dialect, declared, mode)
        return
    text = written(dialect, declared, mode)
    assert text.decode() == golden.read_text(encoding="utf-8")
    assert [one for one in lint(text, DIALECTS[dialect]) if one.severity is Severity.ERROR] == []
