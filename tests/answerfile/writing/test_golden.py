"""What is written for each generation, to the letter. To make them anew: PXESERVE_GOLDEN=new, and read the difference."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.answerfile.answers import (
    Answers,
    Bootloader,
    Disk,
    Installed,
    Interface,
    Mode,
    RootPassword,
    Script,
    Service,
    Source,
    Stage,
)
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.lint import Severity, lint
from pxeserve.answerfile.writing import WritingError, faults, lost, write

GOLDEN = Path(__file__).parent / "golden"
PLAIN_ONLY = ("4.1", "5.0", "5.5")
HASH = "$6$rounds=656000$0123456789abcdef$" + "x" * 86
STATIC = Interface(hwaddr="00:16:3e:00:00:01", proto="static", ip="192.0.2.11", mask="255.255.255.0", gateway="192.0.2.1")
FULL = Answers(
    primary_disk=Disk("sda", guest_storage=False),
    guest_disks=("sdb", "disk/by-id/scsi-36001"),
    existing_installation=Installed("sda"),
    sr_type="ext",
    sources=(Source("url", "http://192.0.2.1/media/m"), Source("nfs", "192.0.2.1:/media/pack")),
    admin_interface=STATIC,
    root_password=RootPassword("<pass>&'word\""),
    nameservers=("192.0.2.1", "192.0.2.2"),
    hostname="xen01",
    timezone="Europe/London",
    ntp_servers=("ntp1.example.com", "ntp2.example.com"),
    keymap="uk",
    services=(Service("sshd", False),),
    scripts=(Script(Stage.FILESYSTEM_POPULATED, "http://192.0.2.1/s/TOKEN/hook"), Script(Stage.INSTALLATION_COMPLETE, "nfs://192.0.2.1:/end")),
    bootloader=Bootloader("", "mbr"),
    network_backend="bridge",
)


@pytest.mark.parametrize("mode", [Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE, Mode.RESTORE])
@pytest.mark.parametrize("name", DIALECTS)
def test_to_the_letter(name: str, mode: Mode) -> None:
    password = FULL.root_password if name in PLAIN_ONLY else RootPassword(HASH, hashed=True)
    answers = replace(FULL, mode=mode, backup_disk="sda" if mode is Mode.RESTORE else None, root_password=password)
    if mode not in DIALECTS[name].modes:
        assert faults(answers, DIALECTS[name]) == [
            f"mode: installers of {name} know {', '.join(sorted(DIALECTS[name].modes))}; they stop: choose one of them"
        ]
        return
    text = write(answers, DIALECTS[name], note="Written by a test.")
    file = GOLDEN / f"{name}.{mode}.xml"
    if os.environ.get("PXESERVE_GOLDEN") == "new":
        GOLDEN.mkdir(exist_ok=True)
        file.write_bytes(text)
    assert text.decode() == file.read_text(encoding="ascii")
    findings = lint(text, DIALECTS[name])
    assert [one for one in findings if one.severity is not Severity.INFO and "plain text" not in one.message] == []


def test_what_4_1_cannot_be_told_is_named_one_by_one() -> None:
    assert [(one.field, one.value) for one in lost(FULL, DIALECTS["4.1"])] == [
        ("existing-installation", "sda"),
        ("source", "192.0.2.1:/media/pack"),
        ("services", "sshd"),
        ("scripts", "installation-complete: nfs://192.0.2.1:/end"),
        ("bootloader.location", "mbr"),
    ]


def test_what_is_missing_is_named_with_how_to_say_it() -> None:
    said = faults(Answers(), DIALECTS["4.1"])
    assert said[0] == "primary-disk is missing: set it for the host or its profile, for example --set primary-disk=sda"
    assert [one.partition(" ")[0] for one in said] == ["primary-disk", "source", "admin-interface", "root-password", "timezone"]
    assert [one.partition(" ")[0] for one in faults(Answers(), DIALECTS["xs9"])] == ["primary-disk", "source", "admin-interface"]


@pytest.mark.parametrize(
    ("name", "answers", "says"),
    [
        ("5.5", replace(FULL, root_password=RootPassword("$6$a$b", True)), "root-password: installers of 5.5 read no hash; they would"),
        ("7.1", replace(FULL, admin_interface=replace(STATIC, vlan=7)), "admin-interface.vlan: installers of 7.1 know no VLAN"),
        ("6.0", replace(FULL, admin_interface=replace(STATIC, proto="none")), "set no network up without an IPv4 address"),
        ("8.2", replace(FULL, hostname="xén"), "hostname: installers of 8.2 read ASCII only"),
        ("8.2", replace(FULL, root_password=RootPassword("pässword")), "give a hash, or a password in ASCII"),
        ("8.2", replace(FULL, root_password=RootPassword(" password")), "root-password: it begins or ends with white space"),
        ("8.2", replace(FULL, hostname="a\0b"), "XML has no place for such a character"),
        ("8.2", replace(FULL, sr_type="largeblock"), "sr-type: installers of 8.2 know lvm and ext, not largeblock"),
        ("8.2", replace(FULL, sources=(Source("url", "192.0.2.1/m"),)), "Unsupported URL scheme: say one of these, such as http://"),
        ("8.2", replace(FULL, primary_disk=Disk("", mirror=("sda", "sdb"))), "make no RAID of two disks themselves"),
        ("5.6", replace(FULL, scripts=(Script(Stage.FILESYSTEM_POPULATED, "https://h/x"),)), "fetch no script over https"),
        ("xs8", replace(FULL, ntp_source="dhcp"), "time servers are named, which needs the source manual"),
        ("5.0", replace(FULL, primary_disk=Disk("iscsi:192.0.2.1::::iqn.x")), "installers of 5.0 know no iSCSI disks"),
    ],
)
def test_what_would_come_out_otherwise_is_refused(name: str, answers: Answers, says: str) -> None:
    with pytest.raises(WritingError) as error:
        write(answers, DIALECTS[name])
    assert says in str(error.value)
    assert str(error.value) == "\n".join(faults(answers, DIALECTS[name]))


def test_no_fault_and_no_loss_shows_a_password() -> None:
    for name in DIALECTS:
        for password in (RootPassword("s3cret\0word"), RootPassword(" s3cretword"), RootPassword("s3cretword", True)):
            answers = replace(FULL, root_password=password)
            assert "s3cret" not in str(faults(answers, DIALECTS[name])) + repr(lost(answers, DIALECTS[name]))


def test_the_one_minimal_file_serves_every_generation() -> None:
    least = Answers(
        primary_disk=Disk("sda"), keymap="us", root_password=RootPassword("s3cretword"), sources=(Source("url", "http://192.0.2.1/m"),),
        admin_interface=Interface("eth0", proto="dhcp"), timezone="Europe/London",
    )  # fmt: skip
    texts = {write(least, dialect).replace(b' type="plaintext"', b"") for dialect in DIALECTS.values()}
    assert len(texts) == 1
