"""An existing file becomes declared values; what one machine alone can have is kept apart, and what stays behind is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from pxeserve.answerfile.answers import (
    Answers,
    Bootloader,
    Disk,
    DriverVariant,
    Fcoe,
    Installed,
    Interface,
    Mode,
    Raid,
    RootPassword,
    Script,
    Service,
    Source,
    Stage,
)
from pxeserve.answerfile.declared import read
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.importing import imported
from pxeserve.answerfile.writing import fit
from tests.answerfile.answer_samples import ANSWERS, WHOLE

HASH = "$6$rounds=656000$0123456789abcdef$" + "x" * 86
TOKEN = "http://192.0.2.1/s/0123456789abcdef0123/hook"
FULL = Answers(
    mode=Mode.FRESH,
    primary_disk=Disk("sda", guest_storage=False),
    guest_disks=("sdb", "sdc"),
    existing_installation=Installed("sda"),
    raids=(Raid("md127", ("sda", "sdb")),),
    sr_type="ext",
    sources=(Source("url", "http://192.0.2.1/xcp83"), Source("nfs", "192.0.2.1:/pack", gpgcheck=False)),
    driver_sources=(Source("local"),),
    admin_interface=Interface(None, "00:16:3E:00:00:01", "static", "192.0.2.11", "255.255.255.0", "192.0.2.1", vlan=7),
    root_password=RootPassword(HASH, hashed=True),
    nameservers=("192.0.2.1",),
    hostname="xen01",
    timezone="Europe/London",
    ntp_servers=("ntp1.example.com",),
    keymap="uk",
    services=(Service("sshd", False),),
    scripts=(Script(Stage.FILESYSTEM_POPULATED, "http://192.0.2.1/own.sh"), Script(Stage.INSTALLATION_COMPLETE, TOKEN)),
    bootloader=Bootloader("", "partition", False),
    network_backend="bridge",
    fcoe=(Fcoe("eth2"),),
    drivers=(DriverVariant("igb", "igb-2"),),
)


def _never(_password: str) -> list[str]:
    raise AssertionError("nothing is to be hashed")


def test_everything_that_can_be_declared_is_taken() -> None:
    found = imported(FULL, _never)
    assert found.shared == {
        "primary-disk": {"device": "sda", "guest-storage": False},
        "guest-disks": ["sdb", "sdc"],
        "existing-installation": "sda",
        "raid": [{"device": "md127", "disks": ["sda", "sdb"]}],
        "sr-type": "ext",
        "sources": [{"address": "nfs://192.0.2.1:/pack", "gpgcheck": False}],
        "driver-sources": ["local"],
        "admin-interface": {"proto": "static", "subnet": "255.255.255.0", "gateway": "192.0.2.1", "vlan": 7},
        "root-password": {"hash": HASH},
        "nameservers": ["192.0.2.1"],
        "timezone": "Europe/London",
        "ntp-servers": ["ntp1.example.com"],
        "keymap": "uk",
        "services": {"sshd": "disabled"},
        "scripts": {"filesystem-populated": ["http://192.0.2.1/own.sh"]},
        "bootloader": {"location": "partition", "write-boot-entry": False},
        "network-backend": "bridge",
        "fcoe-interfaces": [{"name": "eth2"}],
        "drivers": {"igb": "igb-2"},
    }


def test_what_is_one_machines_own_is_kept_apart() -> None:
    found = imported(FULL, _never)
    assert found.own == {"hostname": "xen01", "admin-interface": {"hwaddr": "00:16:3E:00:00:01", "ipaddr": "192.0.2.11"}}
    assert found.for_host["admin-interface"] == {
        "hwaddr": "00:16:3E:00:00:01", "proto": "static", "ipaddr": "192.0.2.11", "subnet": "255.255.255.0", "gateway": "192.0.2.1",
        "vlan": 7,
    }  # fmt: skip


def test_what_is_pxeserves_own_stays_behind_and_is_named() -> None:
    left = {one.field: one for one in imported(FULL, _never).left}
    assert left.keys() == {"mode", "source", "scripts"}
    assert left["source"].value == "http://192.0.2.1/xcp83"
    assert "a hook of pxeserve's" in left["scripts"].why


def test_a_plain_password_is_hashed_and_shown_nowhere() -> None:
    found = imported(replace(FULL, root_password=RootPassword("s3cretword")), lambda password: [f"$6$made-of-{len(password)}", "$6$again"])
    assert found.shared["root-password"] == {"hashes": ["$6$made-of-10", "$6$again"]}
    assert "s3cretword" not in repr(found)


def test_a_password_that_cannot_be_one_is_left_and_shown_nowhere() -> None:
    def refuse(_password: str) -> list[str]:
        raise ValueError("a root password has 6 characters at least")

    found = imported(replace(FULL, root_password=RootPassword("s3c")), refuse)
    [left] = [one for one in found.left if one.field == "root-password"]
    assert left.why == "it is plain text, and cannot be hashed: a root password has 6 characters at least"
    assert "root-password" not in found.shared
    assert "s3c" not in repr(found).replace("s3cret", "")


def test_the_password_in_an_address_is_not_shown() -> None:
    found = imported(replace(FULL, sources=(Source("url", "http://me:w0rd@192.0.2.1/x"),)), _never)
    assert "w0rd" not in repr(found.left)


@pytest.mark.parametrize(
    ("answers", "field", "says"),
    [
        (replace(FULL, primary_disk=Disk("../sda")), "primary-disk", "is not a disk"),
        (replace(FULL, hostname="no name"), "hostname", "is not a host name"),
        (replace(FULL, nameservers=("192.0.2.999",)), "nameservers", "is not an IPv4 address"),
        (replace(FULL, admin_interface=replace(FULL.admin_interface, mask="24")), "admin-interface.subnet", "is not a mask"),
        (replace(FULL, scripts=(Script("never", "http://192.0.2.1/x"),)), "scripts", "never: unknown"),
    ],
)
def test_what_nobody_could_mean_is_left_with_what_is_wrong(answers: Answers, field: str, says: str) -> None:
    found = imported(answers, _never)
    [left] = [one for one in found.left if one.field == field]
    assert says in left.why


@pytest.mark.parametrize("name", DIALECTS)
@settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=12)
@given(answers=WHOLE | ANSWERS)
def test_what_is_taken_reads_back_as_the_answers(name: str, answers: Answers) -> None:
    fitted = fit(answers, DIALECTS[name])
    assume(not fitted.faults)
    before = fitted.answers
    found = imported(before, lambda _password: [HASH])
    left = {one.field for one in found.left}
    after = read(found.for_host).answers
    for key, value in _worth(before).items():
        assert getattr(after, key) == value or key.replace("_", "-") in left, key


def _worth(answers: Answers) -> dict[str, Any]:
    """Answers that stand for themselves in declared values."""
    keys = ("primary_disk", "guest_disks", "sr_type", "existing_installation", "timezone", "keymap", "nameservers", "ntp_servers")
    return {key: getattr(answers, key) for key in keys if getattr(answers, key)}
