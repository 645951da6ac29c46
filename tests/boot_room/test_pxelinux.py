"""Menus as the loader reads them: golden files for each kind of decision, and what can never stand in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.boot import pxelinux
from pxeserve.boot.entry import MAX_KERNEL_WORDS
from pxeserve.domain.decide import Decision, Reason, Target, Weight
from pxeserve.domain.host import BootWords, Host, PlainBoot, Profile
from pxeserve.domain.install import Install, InstallState
from pxeserve.domain.medium import BootFiles, Medium

GOLDEN = Path(__file__).parent / "golden"
URL = "http://10.77.0.1/a/4WZr0cVn3kq1yQk2m8tXwA"
HOST = Host(1, "xen01", ("52:54:00:77:00:01",), "rack-a")
WORDS = BootWords(serial="ttyS0,115200", dom0_mem="752M", xen_args="watchdog", kernel_args="acpi=off")
PROFILE = Profile("rack-a", medium="xs41", words=WORDS)
MEDIUM = Medium(
    "xs41", "xs41-1", "text", "XenServer", "4.1.0", "7843", "4.1", "r" * 64, BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")
)
INSTALL = Install("k3d9", 1, "fresh", False, True, InstallState.BOOTING, 2e9, medium="xs41", medium_revision="r" * 64)
INTERACTIVE = replace(INSTALL, interactive=True, wants_answerfile=False)
CHOSEN = (Reason(Weight.CHOSE, "armed", "xen01 is armed", "install k3d9"),)
UNATTENDED = Decision(Target.INSTALLER, CHOSEN, None, HOST, PROFILE, MEDIUM, INSTALL)


def with_words(**words: str | None) -> Decision:
    return replace(UNATTENDED, profile=replace(PROFILE, words=replace(WORDS, **words)))


def with_plain(plain: PlainBoot) -> Decision:
    profile = Profile("debian12", plain=plain)
    return Decision(Target.PLAIN, CHOSEN, None, HOST, profile, None, INTERACTIVE)


STORIES = {
    "unattended-serial": (UNATTENDED, URL),
    "unattended-screen": (with_words(serial=None), URL),
    "unattended-second-serial": (with_words(serial="ttyS1,57600"), URL),
    "interactive": (replace(UNATTENDED, install=INTERACTIVE), None),
    "modern-dialect": (replace(UNATTENDED, medium=replace(MEDIUM, name="xcp83", dialect="xcp-8.3")), URL),
    "plain-linux": (with_plain(PlainBoot(kernel="debian/vmlinuz", initrd="debian/initrd.gz", args="console=ttyS0 auto")), None),
    "plain-kernel-only": (with_plain(PlainBoot(kernel="memtest.bin")), None),
    "plain-multiboot": (with_plain(PlainBoot(multiboot=("xen.gz dom0_mem=1G", "vmlinuz console=hvc0 ro", "install.img"))), None),
    "own-disk": (Decision(Target.OWN_DISK, CHOSEN, None, HOST, replace(PROFILE, words=BootWords())), None),
    "own-disk-unknown": (Decision(Target.OWN_DISK, CHOSEN), None),
}


@pytest.mark.parametrize("story", sorted(STORIES))
def test_the_menu_is_the_one_that_was_looked_at(story: str) -> None:
    decision, url = STORIES[story]
    assert pxelinux.menu(decision, answerfile_url=url).decode() == (GOLDEN / f"{story}.cfg").read_text()


def test_a_menu_of_a_decision_for_no_boot_file_is_the_own_disk() -> None:
    assert b"localboot" in pxelinux.menu(Decision(Target.ADDRESS_ONLY, CHOSEN))


def test_an_unattended_installation_never_starts_without_its_answerfile() -> None:
    with pytest.raises(pxelinux.MenuError, match="answerfile"):
        pxelinux.menu(UNATTENDED)


@pytest.mark.parametrize("text", ["quiet\nlabel evil", "quiet\rx", "a\0b", "caf\u00e9", "x --- evil.img"])
def test_no_word_ends_the_line_or_the_module(text: str) -> None:
    for words in ({"xen_args": text}, {"kernel_args": text}):
        with pytest.raises(pxelinux.MenuError, match=f"boot.{next(iter(words))}"):
            pxelinux.menu(with_words(**words), answerfile_url=URL)
    with pytest.raises(pxelinux.MenuError, match=r"boot.args"):
        pxelinux.menu(with_plain(PlainBoot(kernel="vmlinuz", args=text)))


@pytest.mark.parametrize("serial", ["ttyS0", "ttyS9,115200", "tty0,9600", "ttyS0,115200 x"])
def test_a_serial_port_that_no_bios_has_is_refused(serial: str) -> None:
    with pytest.raises(pxelinux.MenuError, match=r"boot.serial"):
        pxelinux.menu(with_words(serial=serial), answerfile_url=URL)


def test_a_path_with_a_blank_is_refused() -> None:
    with pytest.raises(pxelinux.MenuError, match="no blanks"):
        pxelinux.menu(with_plain(PlainBoot(kernel="my kernel")))


def test_words_that_their_reader_would_cut_off_are_refused() -> None:
    fits = "x" * (MAX_KERNEL_WORDS - 300)
    pxelinux.menu(with_words(kernel_args=fits), answerfile_url=URL)
    with pytest.raises(pxelinux.MenuError, match="1023"):
        pxelinux.menu(with_words(kernel_args=fits + "x" * 300), answerfile_url=URL)
    with pytest.raises(pxelinux.MenuError, match="2047"):
        pxelinux.menu(with_words(xen_args="x" * 2000), answerfile_url=URL)
