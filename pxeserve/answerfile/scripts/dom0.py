"""`dom0_mem` of the installed host, as Xen reads it. The boot line of an installer sets the memory of the installer, not of the host."""

from __future__ import annotations

import re

_SIZE = r"-?[0-9]{1,12}[kKmMgG]"
_VALUE = re.compile(rf"(?:(?:min:|max:)?{_SIZE})(?:,(?:min:|max:)?{_SIZE}){{0,2}}", re.ASCII)
_NO_UNIT = re.compile(r"(?:max:)?[0-9]{1,12}", re.ASCII)
_BOUNDED_SINCE_6_2 = frozenset({"6.2", "6.5", "7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9"})


def dom0_mem_fault(text: str) -> str | None:
    """Why Xen would not read `text` as a dom0_mem, as a sentence; None when it would."""
    if _VALUE.fullmatch(text):
        return None
    if _NO_UNIT.fullmatch(text):
        return f"{text!r} is no dom0_mem: without a unit Xen takes it for KiB, and no host starts with so little; say {text}M"
    return f"{text!r} is no dom0_mem such as 2048M, max:8192M or 2048M,max:4096M"


def dom0_mem_of_host(text: str, dialect: str) -> str:
    """What is to stand in the host's own boot menu: from 6.2 on installers give a single amount as its own maximum, or dom0 would keep
    room for page tables as large as the machine (host-installer, backend.buildBootLoaderMenu)."""
    single = re.fullmatch(_SIZE, text) is not None
    return f"{text},max:{text}" if single and dialect in _BOUNDED_SINCE_6_2 else text
