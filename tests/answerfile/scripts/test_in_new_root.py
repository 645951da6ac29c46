"""What pxeserve's own scripts change in a new system: boot menus as each family of installers writes them, and root's password."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.answerfile import passwords
from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.scripts.compose import Wishes, compose
from pxeserve.answerfile.scripts.names import DOM0_MEM, ROTATION

Run = Callable[..., subprocess.CompletedProcess[str]]
SHELLS = ("dash", "busybox", "bash")

EXTLINUX = """\
# location mbr
serial 0 115200
default xe
prompt 1
timeout 50

label xe
  # XenServer
  kernel mboot.c32
  append /boot/xen.gz {memory}lowmem_emergency_pool=16M --- /boot/vmlinuz-2.6-xen root=LABEL=root-x ro --- /boot/initrd.img

label xe-serial
  kernel mboot.c32
  append /boot/xen.gz com1=115200,8n1 console=com1,tty {memory}watchdog --- /boot/vmlinuz-2.6-xen ro --- /boot/initrd.img

label chain
  kernel chain.c32
  append hd0 2
"""
MENU_LST = """\
terminal console
default 0
timeout 5

title XenServer
   kernel /boot/xen.gz {memory}lowmem_emergency_pool=16M crashkernel=64M@32M
   module /boot/vmlinuz-2.6-xen root=LABEL=root-x ro console=tty0
   module /boot/initrd-2.6-xen.img
title XenServer (Xen 3.2 / Linux 2.6.18)
   kernel /boot/xen-3.2.0.gz {memory}crashkernel=64M@32M
   module /boot/vmlinuz-2.6.18 root=LABEL=root-x ro
   module /boot/initrd-2.6.18.img
"""
GRUB_CFG = """\
serial --unit=0 --speed=115200
terminal_input serial console
set default=0
set timeout=5
menuentry 'XenServer' {{
\tsearch --label --set root root-abcdef
\tmultiboot2 /boot/xen.gz {memory}watchdog ucode=scan dom0_max_vcpus=1-16 crashkernel=256M,below=4G console=vga vga=mode-0x0311
\tmodule2 /boot/vmlinuz-4.19-xen root=LABEL=root-abcdef ro nolvm hpet=disable console=hvc0 console=tty0 quiet
\tmodule2 /boot/initrd-4.19-xen.img
}}
menuentry 'XenServer (Xen 4.13.5 / Linux 4.19)' {{
\tsearch --label --set root root-abcdef
\tmultiboot2 /boot/xen-fallback.gz {memory}watchdog
\tmodule2 /boot/vmlinuz-fallback root=LABEL=root-abcdef ro
\tmodule2 /boot/initrd-fallback.img
}}
menuentry 'another loader' {{
\tchainloader /EFI/xenserver/grubx64.efi
}}
"""
XEN_EFI = GRUB_CFG.replace("multiboot2", "xen_hypervisor").replace("module2", "xen_module").replace(".gz", ".efi")
FAMILIES = {
    "4.1": ("extlinux.conf", EXTLINUX, "dom0_mem=752M ", "dom0_mem=1024M "),
    "5.0": ("grub/menu.lst", MENU_LST, "dom0_mem=752M ", "dom0_mem=1024M "),
    "6.5": ("extlinux.conf", EXTLINUX, "dom0_mem=2048M,max:2048M ", "dom0_mem=1024M,max:1024M "),
    "7.1": ("grub/grub.cfg", GRUB_CFG, "dom0_mem=4096M,max:4096M ", "dom0_mem=1024M,max:1024M "),
    "8.2": ("efi/EFI/xenserver/grub.cfg", GRUB_CFG, "dom0_mem=4096M,max:4096M ", "dom0_mem=1024M,max:1024M "),
    "xs9": ("efi/EFI/xenserver/grub.cfg", XEN_EFI, "dom0_mem=4096M,max:4096M ", "dom0_mem=1024M,max:1024M "),
}
SHADOW = "root:$1$old$oldoldoldoldoldoldoldo:14000:0:99999:7:::\nbin:*:14000:0:99999:7:::\nrooter:!!:14000::::::\n"
NEW = passwords.rotated("Rotated-Password-1")


def script(name: str, dialect: str, wishes: Wishes) -> bytes:
    return compose(dialect, Mode.FRESH, [], wishes, lambda one: f"http://192.0.2.1/s/T/{one}", "http://192.0.2.1/p/T").files[name]


def placed(root: Path, name: str, text: str) -> Path:
    file = root / "boot" / name
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def with_busybox(root: Path, *applets: str) -> None:
    """A system into which `chroot` works."""
    busybox = shutil.which("busybox")
    if busybox is None or os.geteuid() != 0:
        pytest.skip("chroot needs root, and a busybox")
    for folder in ("bin", "usr/sbin"):
        (root / folder).mkdir(parents=True)
        shutil.copy(busybox, root / folder / "busybox")
        for applet in applets:
            (root / folder / applet).symlink_to("busybox")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("dialect", FAMILIES)
def test_every_entry_that_loads_xen_gets_its_memory_and_nothing_else_changes(
    installer: Run, tmp_path: Path, dialect: str, shell: str
) -> None:
    name, text, before, after = FAMILIES[dialect]
    file = placed(tmp_path, name, text.format(memory=before))
    for _ in range(2):
        assert installer(shell, script(DOM0_MEM, dialect, Wishes("1024M")), str(tmp_path)).returncode == 0
        assert file.read_text() == text.format(memory=after)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("dialect", FAMILIES)
def test_where_no_memory_was_said_it_comes_right_behind_the_hypervisor(installer: Run, tmp_path: Path, dialect: str) -> None:
    name, text, _, after = FAMILIES[dialect]
    file = placed(tmp_path, name, text.format(memory=""))
    installer("busybox", script(DOM0_MEM, dialect, Wishes("1024M")), str(tmp_path))
    wanted = [line for line in file.read_text().splitlines() if "dom0_mem" in line]
    assert len(wanted) == 2
    assert all(f"/xen{rest}" in line for line in wanted for rest in [line.split("/xen")[1].split(" ")[0] + " " + after.strip()])


def test_the_vendor_s_own_tool_is_asked_first(installer: Run, tmp_path: Path) -> None:
    file = placed(tmp_path, "grub/grub.cfg", GRUB_CFG.format(memory="dom0_mem=752M "))
    with_busybox(tmp_path, "sh")
    tool = tmp_path / "opt/xensource/libexec/xen-cmdline"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\necho "$@" >/asked\n')
    tool.chmod(0o755)
    assert installer("dash", script(DOM0_MEM, "8.2", Wishes("1024M")), str(tmp_path)).returncode == 0
    assert (tmp_path / "asked").read_text() == "--set-xen dom0_mem=1024M,max:1024M\n"
    assert file.read_text() == GRUB_CFG.format(memory="dom0_mem=1024M,max:1024M ")


def test_without_a_sed_of_its_own_the_new_system_s_is_taken(
    installer: Run, tmp_path: Path, ramdisk: Callable[[str], Path]
) -> None:
    root = tmp_path / "root"
    file = placed(root, "extlinux.conf", EXTLINUX.format(memory="dom0_mem=752M "))
    with_busybox(root, "sed")
    tools = ramdisk("wget")
    (tools / "sed").unlink()
    assert installer("dash", script(DOM0_MEM, "4.1", Wishes("1024M")), str(root), tools=tools).returncode == 0
    assert file.read_text() == EXTLINUX.format(memory="dom0_mem=1024M ")


def test_a_system_without_a_boot_menu_is_a_failure(installer: Run, tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    assert installer("dash", script(DOM0_MEM, "4.1", Wishes("1024M")), str(tmp_path)).returncode == 4
    assert installer("dash", script(DOM0_MEM, "4.1", Wishes("1024M"))).returncode == 2
    assert installer("dash", script(DOM0_MEM, "4.1", Wishes("1024M")), "/").returncode == 2


def test_a_menu_that_is_a_link_is_left_to_what_it_points_to(installer: Run, tmp_path: Path) -> None:
    file = placed(tmp_path, "grub/menu.lst", MENU_LST.format(memory="dom0_mem=752M "))
    outside = tmp_path / "outside"
    outside.write_text(GRUB_CFG.format(memory="dom0_mem=752M "))
    (file.parent / "grub.cfg").symlink_to(outside)
    assert installer("dash", script(DOM0_MEM, "5.0", Wishes("1024M")), str(tmp_path)).returncode == 0
    assert "1024M" in file.read_text()
    assert "1024M" not in outside.read_text()


@pytest.mark.parametrize("shell", SHELLS)
def test_root_s_password_is_replaced_once_and_for_all(installer: Run, tmp_path: Path, shell: str) -> None:
    shadow = tmp_path / "etc/shadow"
    shadow.parent.mkdir()
    shadow.write_text(SHADOW)
    shadow.chmod(0o400)
    for _ in range(2):
        assert installer(shell, script(ROTATION, "4.1", Wishes(root_hash=NEW)), str(tmp_path)).returncode == 0
        lines = shadow.read_text().splitlines()
        assert lines[0].split(":")[:2] == ["root", NEW]
        assert lines[1:] == SHADOW.splitlines()[1:]
    assert stat.S_IMODE(shadow.stat().st_mode) == 0o400
    assert [one.name for one in shadow.parent.iterdir()] == ["shadow"]


def test_the_new_system_s_chpasswd_does_it_where_it_can(installer: Run, tmp_path: Path) -> None:
    with_busybox(tmp_path, "sh", "cat")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/shadow").write_text(SHADOW)
    tool = tmp_path / "usr/sbin/chpasswd"
    tool.write_text('#!/bin/sh\n[ "$*" = -e ] || exit 9\nread -r line\necho "$line:15000::::::" >/etc/shadow\n')
    tool.chmod(0o755)
    for _ in range(2):
        assert installer("dash", script(ROTATION, "4.1", Wishes(root_hash=NEW)), str(tmp_path)).returncode == 0
        assert (tmp_path / "etc/shadow").read_text() == f"root:{NEW}:15000::::::\n"


def test_a_password_that_could_not_be_replaced_is_a_failure(installer: Run, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    assert installer("dash", script(ROTATION, "4.1", Wishes(root_hash=NEW)), str(tmp_path)).returncode == 2
    (tmp_path / "etc/shadow").write_text("bin:*:14000::::::\n")
    assert installer("dash", script(ROTATION, "4.1", Wishes(root_hash=NEW)), str(tmp_path)).returncode == 1


def test_no_plain_password_is_ever_in_a_script() -> None:
    assert b"Rotated-Password-1" not in script(ROTATION, "4.1", Wishes(root_hash=NEW))
    assert "Rotated-Password-1" not in repr(Wishes(root_hash=NEW))
    assert NEW not in repr(Wishes(root_hash=NEW))
