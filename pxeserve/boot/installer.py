"""Words on the kernel's part that an installer reads, in the spelling of its generation, and where words belong that stand elsewhere.

The start script of every installer takes the kernel's words and no others: what stands behind xen.gz never reaches it. Refuses to know
loaders, and who boots.
"""

from __future__ import annotations

from pxeserve.domain.host import BootWords
from pxeserve.errors import PxeserveError

MULTIPATH = ("enabled", "disabled", "if-multiple")

_NO_MULTIPATH = frozenset({"4.1", "5.0", "5.5"})
_NO_DEVICE = frozenset({"4.1"})
_FIRST_DEVICE = frozenset({"5.0", "5.5", "5.6"})

_WRITTEN = ("answerfile", "rt_answerfile", "answerfile_generator", "install")
_INSTALLERS = frozenset({
    "answerfile_device", "network_device", "network_config", "device_mapper_multipath", "no_mpath", "use_ibft", "map_netdev", "output",
    "keymap", "extrarepo", "disable-gpt", "legacy-partitions", "disable-uefi", "atexit", "sshpassword", "interactive-modules",
    "extramodules", "make-ramdisk", "xsinst", "netinstall", "no-repo-gpgcheck", "no-gpgcheck", "kernel-alt", "install-xen64",
})  # fmt: skip
_XENS = {"dom0_mem": "boot.dom0_mem", "dom0_max_vcpus": "boot.xen_args", "com1": "boot.serial", "com2": "boot.serial"}
_NAMED = {
    "answerfile_device": "boot.network_device",
    "network_device": "boot.network_device",
    "device_mapper_multipath": "boot.multipath",
    "no_mpath": "boot.multipath",
}


class WordError(PxeserveError):
    """A word that an installer of this generation does not read; the message begins with the profile's key."""


def kernel_words(dialect: str, words: BootWords) -> list[str]:
    """What `words` come to for installers of `dialect`. Raises WordError."""
    return [word for word in (_multipath(dialect, words.multipath), _device(dialect, words.network_device)) if word]


def misplaced(key: str, words: str) -> str | None:
    """What to say about the words of `xen_args` or `kernel_args` when one of them belongs elsewhere; None when none does."""
    for word in words.split():
        name = word.partition("=")[0]
        if name in _WRITTEN and name != "install":
            return f"{name} is written by pxeserve itself for each installation; leave it out"
        if key == "kernel_args" and name in _NAMED:
            return f"{name} belongs in {_NAMED[name]}, which says it as each generation reads it"
        if key == "xen_args" and (name in _INSTALLERS or name == "install"):
            return f"{name} is read from the kernel's part alone: it belongs in {_NAMED.get(name, 'boot.kernel_args')}"
        if key == "kernel_args" and name in _XENS:
            return f"{name} is read by the hypervisor alone: it belongs in {_XENS[name]}"
    return None


def _multipath(dialect: str, wanted: str) -> str:
    if not wanted:
        return ""
    if dialect in _NO_MULTIPATH:
        raise WordError(f"boot.multipath: installers of {dialect} know no multipath to their own disk", fix="leave it out: boot.multipath=")
    if wanted == "if-multiple" and dialect != "xs9":
        raise WordError(f"boot.multipath: if-multiple is read by installers of xs9, not by those of {dialect}", fix="enabled or disabled")
    if dialect == "5.6":
        return "no_mpath" if wanted == "disabled" else ""  # it looks for multipath unless it is told not to
    return f"device_mapper_multipath={wanted}"


def _device(dialect: str, wanted: str) -> str:
    if not wanted:
        return ""
    if dialect in _NO_DEVICE:
        said = f"boot.network_device: installers of {dialect} bring up all their network cards by DHCP and read no such word"
        raise WordError(said, fix="leave it out: boot.network_device=")
    return f"{'answerfile_device' if dialect in _FIRST_DEVICE else 'network_device'}={wanted}"
