"""The same entry as GRUB and iPXE read it: golden files, and what can never stand in one."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.boot import entry as entries
from pxeserve.boot import grub, ipxe
from pxeserve.boot.entry import Entry, MenuError
from pxeserve.domain.decide import Decision, Reason, Target, Weight
from pxeserve.domain.host import BootWords, Host, PlainBoot, Profile
from pxeserve.domain.install import Install, InstallState
from pxeserve.domain.medium import BootFiles, Medium

GOLDEN = Path(__file__).parent / "golden"
URL = "http://10.77.0.1/a/4WZr0cVn3kq1yQk2m8tXwA"
HOST = Host(1, "xen01", ("52:54:00:77:00:01",), "rack-a")
WORDS = BootWords(serial="ttyS0,115200", dom0_mem="max:8192M", xen_args="dom0_max_vcpus=1-16", kernel_args="network_config=static:ip=a;b=c")
BOOT = BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")
MEDIUM = Medium("xcp83", "xcp83-1", "yum", "XCP-ng", "8.3.0", "cloud", "xcp-8.3", "r", BOOT)
XS9 = replace(MEDIUM, name="xs9", product="XenServer", version="9.0.0", dialect="xs9", boot=replace(BOOT, xen="boot/xen.efi"))
INSTALL = Install("k3d9", 1, "fresh", False, True, InstallState.BOOTING, 2e9, medium="xcp83", medium_revision="r")
INTERACTIVE = replace(INSTALL, interactive=True, wants_answerfile=False)
CHOSEN = (Reason(Weight.CHOSE, "armed", "xen01 is armed", "install k3d9"),)
ARMED = Decision(Target.INSTALLER, CHOSEN, None, HOST, Profile("rack-a", medium="xcp83", words=WORDS), MEDIUM, INSTALL)
LINUX = Profile("debian", plain=PlainBoot(kernel="debian/linux", initrd="debian/initrd.gz", args="auto=true console=ttyS0"))
PLAIN = Decision(Target.PLAIN, CHOSEN, None, HOST, LINUX, None, INTERACTIVE)
HTTP, TFTP = "(http,10.77.0.1)/b/SESSION/SET", "(tftp,10.77.0.1)/b/SESSION/SET"
BASE = "http://10.77.0.1/b/SESSION/SET"
BIOS, UEFI = ipxe.Host(uefi=False), ipxe.Host(uefi=True, grub="grubx64.efi")


def own(leave: str = "") -> Entry:
    return entries.own_disk("xen01", BootWords(leave=leave))


STORIES = {
    "grub-xen.cfg": grub.write(entries.entry(ARMED, answerfile_url=URL), (HTTP, TFTP)),
    "grub-xs9.cfg": grub.write(entries.entry(replace(ARMED, medium=XS9), answerfile_url=URL), ("",)),
    "grub-interactive.cfg": grub.write(entries.entry(replace(ARMED, install=INTERACTIVE)), (HTTP,)),
    "grub-linux.cfg": grub.write(entries.entry(PLAIN), (HTTP, TFTP)),
    "grub-own-disk.cfg": grub.write(own(), (HTTP,)),
    "grub-own-disk-exit.cfg": grub.write(own("exit"), (HTTP,)),
    "ipxe-xen-bios.ipxe": ipxe.write(entries.entry(ARMED, answerfile_url=URL), BASE, BIOS),
    "ipxe-xen-uefi.ipxe": ipxe.write(entries.entry(ARMED, answerfile_url=URL), BASE, UEFI),
    "ipxe-linux.ipxe": ipxe.write(entries.entry(PLAIN), BASE, UEFI),
    "grub-own-disk-disk.cfg": grub.write(own("disk"), (HTTP,)),
    "ipxe-own-disk-bios.ipxe": ipxe.write(own(), BASE, BIOS),
    "ipxe-own-disk-uefi.ipxe": ipxe.write(own(), BASE, UEFI),
    "ipxe-own-disk-disk.ipxe": ipxe.write(own("disk"), BASE, UEFI),
    "ipxe-own-disk-error.ipxe": ipxe.write(own("error"), BASE, BIOS),
    "ipxe-own-disk-exit.ipxe": ipxe.write(own("exit"), BASE, UEFI),
    "ipxe-anybody.ipxe": ipxe.anybody("http://10.77.0.1"),
    "ipxe-asking.ipxe": ipxe.asking(f"{BASE}/boot.ipxe"),
    "grub-asking.cfg": grub.asking([f"{HTTP}/grub.cfg", f"{TFTP}/grub.cfg"], ""),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.quirk("grub-same-ports")
@pytest.mark.quirk("grub-exits-well")
@pytest.mark.quirk("ipxe-uefi-exit")
@pytest.mark.quirk("efi-stub-initrd")
def test_the_menu_is_the_one_that_was_looked_at(story: str) -> None:
    if os.environ.get("REWRITE"):
        (GOLDEN / story).write_bytes(STORIES[story])
    assert STORIES[story].decode() == (GOLDEN / story).read_text()


@pytest.mark.parametrize("story", [story for story in STORIES if story.endswith(".cfg")])
def test_grubs_own_reader_takes_each_of_them(story: str, tmp_path: Path) -> None:
    if shutil.which("grub-script-check") is None:
        pytest.skip("grub-script-check is not installed (grub-common)")
    (tmp_path / "grub.cfg").write_bytes(STORIES[story])
    subprocess.run(["grub-script-check", tmp_path / "grub.cfg"], check=True)


@pytest.mark.quirk("grub-splits-at-semicolons")
def test_what_would_end_a_line_is_quoted_or_refused() -> None:
    assert b"'network_config=static:ip=a;b=c'" in STORIES["grub-xen.cfg"]
    words = replace(WORDS, kernel_args="it's;")
    decision = replace(ARMED, profile=Profile("rack-a", medium="xcp83", words=words))
    with pytest.raises(MenuError, match="quotation mark"):
        grub.write(entries.entry(decision, answerfile_url=URL), (HTTP,))


@pytest.mark.parametrize("text", ["a || b", "a && b", "x=${net0/mac}", "#a"])
def test_what_means_something_to_ipxe_is_refused(text: str) -> None:
    decision = replace(ARMED, profile=Profile("rack-a", medium="xcp83", words=replace(WORDS, kernel_args=text)))
    with pytest.raises(MenuError, match="means something to iPXE"):
        ipxe.write(entries.entry(decision, answerfile_url=URL), BASE, BIOS)


def test_a_hypervisor_on_uefi_needs_grub() -> None:
    with pytest.raises(MenuError, match="no GRUB image"):
        ipxe.write(entries.entry(ARMED, answerfile_url=URL), BASE, ipxe.Host(uefi=True))
