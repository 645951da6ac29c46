"""The installers of 8.2, XenServer 8 and XCP-ng: what is written for them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from pxeserve.answerfile.model import read
from pxeserve.answerfile.render import RenderError, Wanted, hook_script, render

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
