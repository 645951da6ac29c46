"""The elements that a site, a profile or a host may declare, by their modern names; and where a value belongs that is none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pxeserve.answerfile.declared import machine
from pxeserve.answerfile.declared import values as v

Check = Callable[[str, Any], Any]


def _words(*allowed: str) -> Check:
    return lambda where, value: v.one_of(where, value, allowed)


def _each(check: Check) -> Check:
    return lambda where, value: v.many(where, value, check)


def _backend(where: str, value: Any) -> str:
    said = v.one_of(where, value, ("bridge", "vswitch", "openvswitch"))
    return "vswitch" if said == "openvswitch" else said


def _ssh(where: str, value: Any) -> str:
    return v.one_of(where, {True: "on", False: "off"}.get(value, value) if isinstance(value, bool) else value, ("on", "off", "auto"))


ANSWERS: Mapping[str, tuple[str, Check]] = {
    "primary-disk": ("primary_disk", machine.disk),
    "guest-disks": ("guest_disks", _each(v.device)),
    "raid": ("raids", _each(machine.raid)),
    "sr-type": ("sr_type", _words("lvm", "ext", "largeblock")),
    "existing-installation": ("existing_installation", machine.installed),
    "backup-disk": ("backup_disk", v.device),
    "initial-partitions": ("partitions", _each(machine.partition)),
    "admin-interface": ("admin_interface", machine.interface),
    "nameservers": ("nameservers", _each(v.address)),
    "hostname": ("hostname", v.host_name),
    "timezone": ("timezone", v.zone),
    "ntp-source": ("ntp_source", _words("dhcp", "default", "manual", "none")),
    "ntp-servers": ("ntp_servers", _each(v.server)),
    "keymap": ("keymap", v.word),
    "root-password": ("root_password", machine.password),
    "services": ("services", machine.services),
    "ssh-mode": ("ssh_mode", _ssh),
    "bootloader": ("bootloader", machine.bootloader),
    "network-backend": ("network_backend", _backend),
    "fcoe-interfaces": ("fcoe", _each(machine.fcoe)),
    "drivers": ("drivers", machine.drivers),
    "repo-gpgcheck": ("repo_gpgcheck", v.yes),
    "gpgcheck": ("gpgcheck", v.yes),
    "netinstall-gpg-check": ("netinstall_gpg_check", v.yes),
    "target-platform": ("target_platform", v.word),
    "ui-confirmation-prompt": ("ui_confirmation_prompt", v.yes),
}
"""Element to the field of `Answers` and its check."""

OWN = ("source", "sources", "driver-sources", "scripts", "post-install-script", "template")
"""What is pxeserve's own: it becomes part of the answers when a host is armed."""

KEYS = (*ANSWERS, *OWN)

_KERNEL = "boot.kernel_args"
ELSEWHERE: Mapping[str, str] = {
    "boot": "to a profile: pxeserve profile set PROFILE --set boot.KEY=VALUE",
    "multipath": "boot.multipath = enabled",
    "device_mapper_multipath": "boot.multipath = enabled",
    "no_mpath": "boot.multipath = disabled",
    "network_device": "boot.network_device = eth0",
    "answerfile_device": "boot.network_device = eth0",
    "network_config": f"{_KERNEL} = network_config=...",
    "map_netdev": f"{_KERNEL} = map_netdev=...",
    "use_ibft": f"{_KERNEL} = use_ibft",
    "disable-gpt": f"{_KERNEL} = disable-gpt",
    "legacy-partitions": f"{_KERNEL} = legacy-partitions",
    "disable-uefi": f"{_KERNEL} = disable-uefi",
    "install-xen64": f"{_KERNEL} = install-xen64",
    "extrarepo": "sources",
    "atexit": f"{_KERNEL} = atexit=...",
    "sshpassword": f"{_KERNEL} = sshpassword=...",
    "console": "boot.serial = ttyS0,115200",
    "serial": "boot.serial = ttyS0,115200",
    "dom0_mem": "boot.dom0_mem = 752M",
    "xen_args": "boot.xen_args",
    "kernel_args": _KERNEL,
    "install": "nothing: pxeserve always sends it on the kernel line",
    "mode": "pxeserve host install NAME --mode MODE",
}
"""Words that people look for here and that stand on the boot line: where they belong."""

SPELT: Mapping[str, str] = {
    "name-server": "nameservers",
    "nameserver": "nameservers",
    "ntp-server": "ntp-servers",
    "ntp": "ntp-source",
    "guest-disk": "guest-disks",
    "gueststorage": "primary-disk.guest-storage",
    "guest-storage": "primary-disk.guest-storage",
    "swraid": "primary-disk.mirror",
    "srtype": "sr-type",
    "ip": "admin-interface.ipaddr",
    "ipaddr": "admin-interface.ipaddr",
    "subnet": "admin-interface.subnet",
    "subnet-mask": "admin-interface.subnet",
    "netmask": "admin-interface.subnet",
    "gateway": "admin-interface.gateway",
    "vlan": "admin-interface.vlan",
    "service": "services",
    "script": "scripts.STAGE",
    "install-failed-script": "scripts.install-failed",
    "driver-source": "driver-sources",
    "fcoe-interface": "fcoe-interfaces",
    "selected-multiversion-drivers": "drivers",
    "zap-utility-partitions": "primary-disk.preserve-first-partition = false",
}
"""Names that dialects have and that are said otherwise here."""

NOWHERE: Mapping[str, str] = dict.fromkeys(
    ("license", "pool-token", "eula", "time-config-method", "xenserver-network-backend"),
    "no installer reads it; a first-boot script does such a thing",
)
"""Names that manuals and rumour have, and no installer."""


def strange(key: str) -> str:
    """What to say about a key that is no element."""
    if key in ELSEWHERE:
        return f"this is no answer, it belongs elsewhere: {ELSEWHERE[key]}"
    if key in SPELT:
        return f"say it as {SPELT[key]}"
    return NOWHERE.get(key) or f"unknown; {v.nearest(key, KEYS)}"
