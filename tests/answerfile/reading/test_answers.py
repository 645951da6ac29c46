"""What the installers would do, in the one model: white space, spellings, what counts, and what a machine adds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pxeserve.answerfile.answers import (
    Answers,
    Bootloader,
    Disk,
    DriverVariant,
    Fcoe,
    Installed,
    Interface,
    Mode,
    Oem,
    Partition,
    Raid,
    RootPassword,
    Script,
    Service,
    Source,
)  # fmt: skip
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.reading import Machine, read
from tests.answerfile.reading.cases.c4_1 import UPGRADE, nic
from tests.answerfile.reading.cases.case import DISK, MACHINE, NIC, PASSWORD, SOURCE, STATIC, V6, changed, plus, within

_DRIVERS = "selected-multiversion-drivers"
NAMES = tuple(DIALECTS)
UP_TO_5_5, UP_TO_5_6, FROM_5_6, FROM_6_0 = NAMES[:3], NAMES[:4], NAMES[3:], NAMES[4:]
BASE_ANSWERS = Answers(
    primary_disk=Disk("sda"),
    sources=(Source("url", "http://192.0.2.1/media"),),
    admin_interface=Interface(name="eth0", proto="dhcp"),
    root_password=RootPassword("secret1"),
    timezone="Europe/London",
)


def _answers(text: str, name: str, machine: Machine | None = None) -> Answers:
    reading = read(parse(text.encode()), DIALECTS[name], machine)
    assert reading.refusal is None, reading.refusal
    assert reading.answers is not None
    return reading.answers


def _disk(attributes: str = "", text: str = "sda") -> str:
    return changed((DISK, f"<primary-disk {attributes}>{text}</primary-disk>"))


CASES: list[tuple[tuple[str, ...], str, dict[str, Any]]] = [
    (NAMES, changed(), {}),
    (NAMES, changed(root='<installation mode="fresh">'), {}),
    (FROM_6_0, changed(root="<upgrade>"), {}),
    (UP_TO_5_6, changed(root="<anything>"), {}),
    (FROM_6_0, changed(root='<installation mode="reinstall">'), {"mode": Mode.REINSTALL}),
    # disks
    (UP_TO_5_5, _disk(text="/dev/sda"), {"primary_disk": Disk("/dev/sda")}),
    (FROM_5_6, _disk(text="/dev/sda"), {}),
    (UP_TO_5_5, _disk(text="\n sda\n"), {"primary_disk": Disk("\n sda\n")}),
    (FROM_5_6, _disk(text="\n sda\n"), {}),
    (NAMES, _disk('gueststorage="NO"'), {"primary_disk": Disk("sda", False)}),
    (NAMES, _disk('gueststorage="Yes"'), {"primary_disk": Disk("sda", True)}),
    (NAMES, _disk('gueststorage="1"'), {"primary_disk": Disk("sda", False)}),
    (UP_TO_5_6, _disk('guest-storage="no"'), {}),
    (FROM_6_0, _disk('guest-storage="no" gueststorage="yes"'), {"primary_disk": Disk("sda", False)}),
    (FROM_6_0, _disk('guest-storage="" gueststorage="no"'), {"primary_disk": Disk("sda", False)}),
    (FROM_6_0, _disk('preserve-first-partition="yes"'), {"primary_disk": Disk("sda", preserve_first_partition="true")}),
    (NAMES[4:11], plus("<zap-utility-partitions/>"), {"primary_disk": Disk("sda", preserve_first_partition="false")}),
    (("xs8", "xs9"), _disk('swraid="yes"', "sda,missing"), {"primary_disk": Disk("", mirror=("sda", "missing"))}),
    (("8.2", "xcp-8.3"), _disk('swraid="yes"', "sda,missing"), {"primary_disk": Disk("sda,missing")}),
    (("xs9",), _disk('fs-type="ext3"'), {"primary_disk": Disk("sda", fs_type="ext3")}),
    (NAMES[:6], plus("<guest-disk>sdb</guest-disk>", "<guest-disk>sdb</guest-disk>"), {"guest_disks": ("sdb", "sdb")}),
    (NAMES[6:], plus("<guest-disk>sdb</guest-disk>", "<guest-disk>/dev/sdb</guest-disk>"), {"guest_disks": ("sdb",)}),
    (
        NAMES,
        within(DISK + SOURCE + NIC + PASSWORD + "<timezone>Europe/London</timezone><x><y><guest-disk>sdb</guest-disk></y></x>"),
        {"guest_disks": ("sdb",)},
    ),
    (("5.6", "6.2", "7.1"), _disk(text="iscsi:192.0.2.7::3260:0:iqn.x"), {"primary_disk": Disk("iscsi:192.0.2.7::3260:0:iqn.x")}),
    (
        ("xcp-8.2", "xcp-8.3"),
        plus('<raid device="md127"><disk>sda</disk><disk>/dev/sdb</disk></raid>'),
        {"raids": (Raid("md127", ("sda", "sdb")),)},
    ),
    (("8.2", "xs8"), plus('<raid device="md127"><disk>sda</disk><disk>/dev/sdb</disk></raid>'), {}),
    (
        ("5.6",),
        plus('<initial-partitions><partition number="1" size="0x10" id="010"/><partition number="x"/></initial-partitions>'),
        {"partitions": (Partition(1, 16, 8),)},
    ),
    (("6.0", "8.2"), plus('<initial-partitions><partition number="1" size="1" id="1"/></initial-partitions>'), {}),
    # the SR
    (NAMES, changed(root='<installation srtype="ext">'), {"sr_type": "ext"}),
    (FROM_6_0, changed(root='<installation srtype="lvm" sr-type="ext">'), {"sr_type": "ext"}),
    (UP_TO_5_6, changed(root='<installation srtype="lvm" sr-type="ext">'), {"sr_type": "lvm"}),
    (("xcp-8.3",), changed(root='<installation srtype="largeblock">'), {"sr_type": "largeblock"}),
    # sources
    (NAMES, changed((SOURCE, '<source type="local">anything</source>')), {"sources": (Source("local"),)}),
    (NAMES, changed((SOURCE, '<source type="nfs">h:/m</source>')), {"sources": (Source("nfs", "h:/m"),)}),
    (UP_TO_5_6, changed((SOURCE, '<source type="url">nfs://h:/m</source>')), {"sources": (Source("url", "nfs://h:/m"),)}),
    (FROM_6_0, changed((SOURCE, '<source type="url">nfs://h:/m</source>')), {"sources": (Source("nfs", "h:/m"),)}),
    (UP_TO_5_5, changed((SOURCE, '<source type="url">\nhttp://h/m\n</source>')), {"sources": (Source("url", "\nhttp://h/m\n"),)}),
    (FROM_5_6, changed((SOURCE, '<source type="url">\nhttp://h/m\n</source>')), {"sources": (Source("url", "http://h/m"),)}),
    (NAMES, changed((SOURCE, '<source type="url"><![CDATA[http://h/m]]></source>')), {"sources": (Source("url", ""),)}),
    (NAMES, changed((SOURCE, '<source type="url">http://<!-- c -->h/m</source>')), {"sources": (Source("url", "http://h/m"),)}),
    (NAMES[:8], changed((SOURCE, f'{SOURCE}<source type="local"/>')), {}),
    (NAMES[8:], changed((SOURCE, f'{SOURCE}<source type="local"/>')), {"sources": (*BASE_ANSWERS.sources, Source("local"))}),
    (NAMES[2:], plus('<driver-source type="url">http://h/d</driver-source>'), {"driver_sources": (Source("url", "http://h/d"),)}),
    (
        ("xcp-8.3",), changed((' type="url"', ' type="url" gpgcheck="no"'), root='<installation repo-gpgcheck="off">'),
        {"sources": (Source("url", "http://192.0.2.1/media", None, False),), "repo_gpgcheck": False},
    ),
    (("xcp-8.2",), changed(root='<installation netinstall-gpg-check="no">'), {"netinstall_gpg_check": False}),
    # the network
    (NAMES, changed((NIC, STATIC)), {"admin_interface": Interface("eth0", None, "static", "192.0.2.9", "255.255.255.0", "192.0.2.1")}),
    (
        FROM_6_0,
        changed((NIC, STATIC.replace("<ip>", "<ipaddr>192.0.2.8</ipaddr><ip>"))),
        {"admin_interface": Interface("eth0", None, "static", "192.0.2.9", "255.255.255.0", "192.0.2.1")},
    ),
    (
        NAMES[5:],
        changed((NIC, V6)),
        {"admin_interface": Interface("eth0", None, "none", protov6="static", ipv6="2001:db8::9/64", gatewayv6="fe80::1")},
    ),
    (("4.1",), nic('name="eth0" proto="none"'), {"admin_interface": Interface("eth0", None, "none")}),
    (("4.1",), nic('name="eth0"'), {"admin_interface": Interface("eth0")}),
    (NAMES[1:4], nic('hwaddr="52:54:00:AA:00:01" proto="dhcp"'), {"admin_interface": Interface(None, "52:54:00:aa:00:01", "dhcp")}),
    (FROM_6_0, nic('hwaddr="52:54:00:AA:00:01" proto="dhcp"'), {"admin_interface": Interface(None, "52:54:00:AA:00:01", "dhcp")}),
    (NAMES, nic('name="eth0" hwaddr="52:54:00:aa:00:01" proto="dhcp"'), {}),
    (NAMES[9:], nic('name="eth0" proto="dhcp" vlan="0012"'), {"admin_interface": Interface("eth0", None, "dhcp", vlan=12)}),
    (NAMES[:9], nic('name="eth0" proto="dhcp" vlan="0012"'), {}),
    (NAMES, plus("<nameserver>192.0.2.2</nameserver>", "<nameserver>192.0.2.3</nameserver>"), {"nameservers": ("192.0.2.2", "192.0.2.3")}),
    (
        FROM_6_0,
        plus("<nameserver>192.0.2.2</nameserver>", "<name-server>192.0.2.3</name-server>"),
        {"nameservers": ("192.0.2.3", "192.0.2.2")},
    ),
    (UP_TO_5_6, plus("<hostname>a</hostname>", "<hostname>b</hostname>"), {}),
    (FROM_6_0, plus("<hostname>a</hostname>", "<hostname>b</hostname>"), {"hostname": "a"}),
    (("7.0", "7.1"), plus('<fcoe-interface name="eth1" dcb="off"/>'), {"fcoe": (Fcoe("eth1", None, "off"),)}),
    (("7.0",), plus('<fcoe-interface name="eth1" dcb="off"/>', '<fcoe-interface name="eth1" dcb="OFF"/>'), {"fcoe": (Fcoe("eth1"),)}),
    (("8.2", "xs8"), plus('<fcoe-interface name="eth1" dcb="off"/>'), {"fcoe": (Fcoe("eth1"),)}),
    (NAMES[3:13], plus("<network-backend>openvswitch</network-backend>"), {"network_backend": "vswitch"}),
    (NAMES[4:13], plus("<network-backend>xenserver</network-backend>"), {}),
    (("xs9",), plus("<network-backend>bridge</network-backend>"), {}),
    # settings
    (UP_TO_5_5, changed((PASSWORD, '<root-password type="hash">$6$x$y</root-password>')), {"root_password": RootPassword("$6$x$y")}),
    (FROM_5_6, changed((PASSWORD, '<root-password type="hash">$6$x$y</root-password>')), {"root_password": RootPassword("$6$x$y", True)}),
    (FROM_5_6, changed((PASSWORD, "")), {"root_password": None}),
    (FROM_6_0, changed(("<timezone>Europe/London</timezone>", "")), {"timezone": None}),
    (NAMES, plus("<ntp-servers>192.0.2.3</ntp-servers>"), {"ntp_servers": ("192.0.2.3",)}),
    (UP_TO_5_6, plus("<ntp-server>192.0.2.3</ntp-server>"), {}),
    (NAMES[11:], plus('<ntp source="none"/>'), {"ntp_source": "none"}),
    (NAMES, plus("<keymap>de</keymap>"), {"keymap": "de"}),
    (UP_TO_5_6, plus("<keymap>de</keymap>", "<keymap>us</keymap>"), {}),
    (NAMES[:4], plus("<bootloader>grub</bootloader>"), {"bootloader": Bootloader("grub")}),
    (NAMES[:4], plus("<bootloader>lilo</bootloader>"), {}),
    (("5.6",), plus('<bootloader location="PARTITION">lilo</bootloader>'), {"bootloader": Bootloader("", "partition")}),
    (("6.0", "6.5"), plus('<bootloader location="partition">extlinux</bootloader>'), {"bootloader": Bootloader("extlinux", "partition")}),
    (NAMES[8:], plus('<bootloader write-boot-entry="no"/>'), {"bootloader": Bootloader("", None, False)}),
    (NAMES[9:], plus('<service name="sshd" state="disabled"/>'), {"services": (Service("sshd", False),)}),
    (NAMES[8:], plus("<ui-confirmation-prompt>false</ui-confirmation-prompt>"), {"ui_confirmation_prompt": True}),
    (NAMES[8:], plus("<ui-confirmation-prompt> </ui-confirmation-prompt>"), {}),
    (("xs8",), plus("<target-platform>one</target-platform>"), {"target_platform": "one"}),
    (("xs9",), plus("<ssh-mode>Off</ssh-mode>"), {"ssh_mode": "off"}),
    (("xs9",), plus("<ssh-mode>never</ssh-mode>"), {}),
    (
        ("xs9",),
        plus(f"<{_DRIVERS}><driver name='ice'> 1.2</driver><driver><!--3--></driver><driver><b/></driver></{_DRIVERS}>"),
        {"drivers": (DriverVariant("ice", " 1.2"), DriverVariant("", "3"), DriverVariant("", None))},
    ),
    (("xs9",), changed(("secret1", "sécret")), {"root_password": RootPassword("sécret")}),
    # scripts
    (UP_TO_5_5, plus('<post-install-script type="nfs">h:/s</post-install-script>'), {"scripts": (Script("filesystem-populated", "h:/s"),)}),
    (("6.0",), plus('<post-install-script type="nfs">h:/s</post-install-script>'), {"scripts": (Script("filesystem-populated", "h:/s"),)}),
    (
        ("5.6", *NAMES[5:]),
        plus('<post-install-script type="nfs">h:/s</post-install-script>'),
        {"scripts": (Script("filesystem-populated", "nfs://h:/s"),)},
    ),
    (("5.5",), plus("<install-failed-script>http://h/s</install-failed-script>"), {"scripts": (Script("install-failed", "http://h/s"),)}),
    (
        FROM_5_6,
        plus("<install-failed-script>http://h/s</install-failed-script>"),
        {"scripts": (Script("installation-complete", "http://h/s"),)},
    ),
    (("5.6",), plus('<script stage="X" type="nfs">h:/s</script>'), {"scripts": (Script("x", "h:/s"),)}),
    (("6.0",), plus('<script stage="X" type="nfs">nfs://h:/s</script>'), {"scripts": (Script("x", "nfs://nfs://h:/s"),)}),
    (NAMES[5:], plus('<script stage="X" type="NFS">nfs://h:/s</script>'), {"scripts": (Script("x", "nfs://h:/s"),)}),
    (NAMES[:3], plus('<script stage="installation-complete" type="url">http://h/s</script>'), {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "fields"), [(name, text, fields) for names, text, fields in CASES for name in names])
def test_the_installer_would(name: str, text: str, fields: dict[str, Any]) -> None:
    assert _answers(text, name) == replace(BASE_ANSWERS, **fields)


def test_an_upgrade() -> None:
    text = changed((DISK, "<existing-installation>sda</existing-installation>"), root=UPGRADE)
    expected = Answers(Mode.UPGRADE, existing_installation=Installed("sda"), sources=BASE_ANSWERS.sources)
    for name in NAMES:
        assert _answers(text, name) == expected


def test_a_reinstallation_up_to_5_6_names_an_installation() -> None:
    text = changed((DISK, "<existing-installation>sda</existing-installation>"), root='<installation mode="reinstall">')
    expected = replace(BASE_ANSWERS, mode=Mode.REINSTALL, primary_disk=None, existing_installation=Installed("sda"))
    for name in UP_TO_5_6:
        assert _answers(text, name) == expected


def test_an_upgrade_may_move_the_installation_from_5_6_to_xs8() -> None:
    text = changed((DISK, f"<existing-installation>sda</existing-installation>{DISK}"), root=UPGRADE)
    moved = [name for name in NAMES if _answers(text, name).primary_disk == Disk("sda")]
    assert moved == list(NAMES[3:13])


def test_a_restore_reads_its_disk_and_what_all_files_have() -> None:
    script = '<script stage="installation-start" type="url">http://h/s</script>'
    text = within(f"<backup-disk>/dev/sda</backup-disk>{SOURCE}{PASSWORD}{script}", "<restore>")
    for name in NAMES[5:]:
        assert _answers(text, name) == Answers(Mode.RESTORE, backup_disk="sda", scripts=(Script("installation-start", "http://h/s"),))
        assert _answers(text, name, MACHINE).backup_disk == "sda"


def test_the_oem_edition() -> None:
    xenrt = '<xenrt scorch="false" serial="ttyS0">a</xenrt><rootfs-writable/>'
    image = (SOURCE, '<source type="local">image.bz2</source>')
    disk = changed((NIC, xenrt), image, root='<installation mode="oemhdd">')
    flash = within(f"{DISK}{SOURCE}", '<installation mode="oemflash">')
    for name in ("5.0", "5.5"):
        assert _answers(disk, name) == Answers(
            Mode.OEM_HDD, primary_disk=Disk("sda"), sources=(Source("local", "image.bz2"),), oem=Oem(True, "a", "ttyS0", False)
        )
        assert _answers(flash, name) == Answers(Mode.OEM_FLASH, primary_disk=Disk("sda"), sources=BASE_ANSWERS.sources)


def test_a_machine_decides_between_name_and_mac() -> None:
    text = nic('name="eth7" hwaddr="52:54:00:77:00:01" proto="dhcp"')
    assert _answers(text, "8.2").admin_interface == Interface("eth7", None, "dhcp")
    assert _answers(text, "8.2", MACHINE).admin_interface == Interface(None, "52:54:00:77:00:01", "dhcp")
    nowhere = nic('name="eth7" hwaddr="52:54:00:77:00:99" proto="dhcp"')
    assert _answers(nowhere, "8.2", MACHINE).admin_interface == Interface("eth7", "52:54:00:77:00:99", "dhcp")


def test_a_machine_knows_disks_by_identity() -> None:
    text = changed((DISK, "<existing-installation>disk/by-id/one</existing-installation>"), root=UPGRADE)
    for name in NAMES[2:]:
        assert _answers(text, name, MACHINE).existing_installation == Installed("disk/by-id/one")
    twice = plus("<guest-disk>sdb</guest-disk>", "<guest-disk>disk/by-id/two</guest-disk>")
    machine = replace(MACHINE, links={"/dev/disk/by-id/two": "/dev/sdb"})
    assert _answers(twice, "8.2", machine).guest_disks == ("sdb",)
    assert _answers(twice, "8.2").guest_disks == ("sdb", "disk/by-id/two")


def test_two_installations_are_one_too_many_up_to_5_6() -> None:
    text = changed((DISK, "<existing-installation>sda</existing-installation>"), root=UPGRADE)
    machine = replace(MACHINE, installations=("/dev/sda", "/dev/sda"))
    refused = [name for name in NAMES if read(parse(text.encode()), DIALECTS[name], machine).refusal is not None]
    assert refused == list(UP_TO_5_6)
