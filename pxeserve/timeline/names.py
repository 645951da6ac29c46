"""What a boot file is called, without the folder of its boot. Refuses to know what it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxeserve.boot.entry import SAYS

RAM_DISK = re.compile(r"(^|/)(install\.img|initrd[^/]*|initramfs[^/]*)$")
"""What RAM disks are called, by all installers."""

_BOOT = re.compile(r"/?b/[a-z0-9]+/[^/]+/(.+)")


def boot_name(data: Mapping[str, Any]) -> str:
    """The name of the file that a transfer's `data` tells of, relative to its boot's own folder, without what its
    loader says of the machine behind it."""
    file = str(data.get("file", "")).partition(SAYS)[0]
    found = _BOOT.fullmatch(file)
    return found[1] if found else file.lstrip("/")
