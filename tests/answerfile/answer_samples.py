"""Answers of every kind for hypothesis: what people could mean, for any generation, sense or none."""

from __future__ import annotations

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
    Oem,
    Partition,
    Raid,
    RootPassword,
    Script,
    Service,
    Source,
    Stage,
)  # fmt: skip

WORD = st.from_regex(r"[A-Za-z0-9_.-]{1,12}", fullmatch=True)
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
BLANKS = st.sampled_from(("", " ", "\n  ", "\t\r"))
BLANKED = st.builds(lambda before, text, after: before + text + after, BLANKS, TEXT, BLANKS)
DEVICE = st.sampled_from(("sda", "sdb", "sdc", "nvme0n1", "cciss/c0d0", "disk/by-id/scsi-36001", "md127"))
MAC = st.from_regex(r"([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}", fullmatch=True)
NIC = st.sampled_from(("eth0", "eth1", "ens3"))
MAYBE = st.sampled_from((None, True, False))
PASSWORD = st.builds(RootPassword, TEXT, st.booleans())


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | strategy


def several(strategy: st.SearchStrategy, most: int = 3) -> st.SearchStrategy:
    return st.lists(strategy, max_size=most).map(tuple)


ADDRESS = st.sampled_from(
    ("http://192.0.2.1/x", "https://192.0.2.1/x", "ftp://192.0.2.1/x", "file:///mnt/x", "192.0.2.1/x", "nfs://192.0.2.1:/x", "http://u:p@h/x?a=1&b=2")
)
SOURCE = st.one_of(
    st.builds(Source, st.just("url"), ADDRESS, MAYBE, MAYBE),
    st.builds(Source, st.just("nfs"), st.just("192.0.2.1:/media/x"), MAYBE, MAYBE),
    st.just(Source("local")),
)
FS_TYPE = st.sampled_from(("ext3", "ext4"))
DISK = st.one_of(
    st.builds(Disk, DEVICE, MAYBE, MAYBE, maybe(st.sampled_from(("true", "false", "if-utility"))), st.just(()), maybe(FS_TYPE)),
    st.builds(Disk, st.just(""), MAYBE, MAYBE, st.none(), st.sampled_from((("sda", "sdb"), ("sda", "missing")))),
)
INTERFACE = st.builds(
    Interface,
    name=maybe(NIC), hwaddr=maybe(MAC), proto=st.sampled_from(("static", "dhcp", "none", None)),
    ip=maybe(st.just("192.0.2.11")), mask=maybe(st.just("255.255.255.0")), gateway=maybe(st.just("192.0.2.1")),
    protov6=st.sampled_from((None, "static", "dhcp", "autoconf", "none")), ipv6=maybe(st.just("2001:db8::11/64")),
    gatewayv6=maybe(st.just("2001:db8::1")), vlan=maybe(st.integers(0, 4095)),
)  # fmt: skip
GOOD_INTERFACE = st.builds(
    Interface,
    name=NIC, proto=st.sampled_from(("static", "dhcp")),
    ip=st.just("192.0.2.11"), mask=st.just("255.255.255.0"), gateway=st.just("192.0.2.1"),
)  # fmt: skip
LOADER = st.builds(Bootloader, st.sampled_from(("", "grub", "extlinux", "grub2")), maybe(st.sampled_from(("mbr", "partition"))), MAYBE)
SCRIPT = st.builds(Script, st.sampled_from([*Stage, "Filesystem-Populated", "never"]), ADDRESS)
ANSWERS = st.builds(
    Answers,
    mode=st.sampled_from(Mode),
    primary_disk=maybe(DISK),
    guest_disks=several(DEVICE),
    existing_installation=maybe(st.builds(Installed, DEVICE, maybe(FS_TYPE))),
    backup_disk=maybe(DEVICE),
    raids=several(st.builds(Raid, st.sampled_from(("md127", "md126")), several(DEVICE))),
    sr_type=maybe(st.sampled_from(("lvm", "ext", "largeblock"))),
    sources=several(SOURCE),
    driver_sources=several(SOURCE),
    repo_gpgcheck=MAYBE,
    gpgcheck=MAYBE,
    admin_interface=maybe(INTERFACE | GOOD_INTERFACE),
    root_password=maybe(PASSWORD),
    nameservers=several(BLANKED),
    hostname=maybe(BLANKED),
    timezone=maybe(BLANKED),
    ntp_source=maybe(st.sampled_from(("dhcp", "default", "manual", "none"))),
    ntp_servers=several(BLANKED),
    keymap=maybe(WORD),
    services=several(st.builds(Service, st.sampled_from(("sshd", "ntpd", "x")), st.booleans())),
    scripts=several(SCRIPT, 5),
    bootloader=maybe(LOADER),
    network_backend=maybe(st.sampled_from(("bridge", "vswitch"))),
    fcoe=several(st.builds(Fcoe, maybe(NIC), maybe(MAC), maybe(st.sampled_from(("on", "off"))))),
    ui_confirmation_prompt=st.booleans(),
    target_platform=maybe(WORD),
    ssh_mode=maybe(st.sampled_from(("on", "off", "auto"))),
    drivers=several(st.builds(DriverVariant, WORD, maybe(BLANKED | st.just("")))),
    netinstall_gpg_check=MAYBE,
    partitions=several(st.builds(Partition, st.integers(1, 4), st.integers(1, 9999), st.integers(0, 255))),
    oem=maybe(st.builds(Oem, st.booleans(), maybe(TEXT), maybe(WORD), MAYBE)),
)
"""Any answers."""

WHOLE = st.builds(
    Answers,
    mode=st.sampled_from((Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE)),
    primary_disk=st.builds(Disk, DEVICE, MAYBE),
    guest_disks=several(DEVICE),
    existing_installation=st.builds(Installed, DEVICE),
    sr_type=maybe(st.sampled_from(("lvm", "ext"))),
    sources=st.just((Source("url", "http://192.0.2.1/x"),)),
    driver_sources=several(SOURCE, 1),
    admin_interface=GOOD_INTERFACE,
    root_password=st.builds(RootPassword, TEXT),
    nameservers=several(WORD),
    hostname=maybe(WORD),
    timezone=st.sampled_from(("Etc/UTC", "Europe/London")),
    ntp_servers=several(WORD),
    keymap=maybe(WORD),
    scripts=several(SCRIPT, 5),
    network_backend=maybe(st.sampled_from(("bridge", "vswitch"))),
)
"""Answers that nearly every generation takes, so that few examples are thrown away."""
