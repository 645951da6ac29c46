"""The rehearsal reads menus as pxelinux does, and says where a machine would stand still."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from pxeserve.rehearse.menu import names, read, word
from pxeserve.rehearse.step import StepFailedError

MULTIBOOT = """serial 0 115200
# a comment
DEFAULT install
prompt 0
label install
  kernel mboot.c32
  append m/xs41/boot/xen.gz dom0_mem=752M --- m/xs41/boot/vmlinuz answerfile=http://10.77.0.1/a/T install --- m/xs41/install.img
"""


def test_a_multiboot_entry_is_its_files_each_with_its_words() -> None:
    entry = read(MULTIBOOT)
    assert (entry.label, entry.module, entry.local) == ("install", "mboot.c32", False)
    assert [name for name, _ in entry.parts] == ["m/xs41/boot/xen.gz", "m/xs41/boot/vmlinuz", "m/xs41/install.img"]
    assert word(entry.kernel_words(), "answerfile") == "http://10.77.0.1/a/T"
    assert word(entry.kernel_words(), "dom0_mem") is None


def test_a_plain_kernel_with_its_ram_disk() -> None:
    entry = read("default plain\nlabel plain\n  linux f/vmlinuz\n  initrd i/k3d9/f/initrd.gz\n  append quiet\n")
    assert (entry.module, entry.parts) == ("", (("f/vmlinuz", "quiet"), ("i/k3d9/f/initrd.gz", "")))
    inline = read("default plain\nlabel plain\n  kernel vmlinuz\n  append initrd=one,two quiet\n")
    assert [name for name, _ in inline.parts] == ["vmlinuz", "one", "two"]


def test_the_way_out_to_the_own_disk() -> None:
    assert read("default own-disk\nlabel own-disk\n  localboot 0\n").local
    assert read("default own-disk\nlabel own-disk\n  kernel chain.c32\n  append hd0\n").local


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "default"),
        ("default gone\nlabel install\n  localboot 0\n", "'gone'"),
        (MULTIBOOT.replace("prompt 0", "prompt 1"), "nobody is there"),
        ("default a\nlabel a\n  append x\n", "no kernel"),
        (MULTIBOOT.replace("m/xs41/install.img", ""), "empty part"),
    ],
)
def test_menus_at_which_a_machine_stands_still(text: str, says: str) -> None:
    with pytest.raises(StepFailedError, match=says):
        read(text)


def test_the_names_that_pxelinux_tries_in_its_order() -> None:
    assert names("52:54:00:77:00:01", IPv4Address("10.77.0.52")) == [
        "01-52-54-00-77-00-01", "0A4D0034", "0A4D003", "0A4D00", "0A4D0", "0A4D", "0A4", "0A", "0", "default",
    ]  # fmt: skip
