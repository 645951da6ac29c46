"""XCP-ng 7.4 to 8.2: the installer of 8.2 with software RAID 1, which XenServer's ignores."""

from __future__ import annotations

import re

from pxeserve.answerfile.dialects.old.modern import BOOLEAN, SETTINGS, dialect
from pxeserve.answerfile.dialects.old.shape import Element

RAID = (
    Element("raid", SETTINGS, attributes={"device": re.compile(r"md\d+")}, repeatable=True),
    Element("disk", SETTINGS, text=re.compile(r"[!-~]+"), says="a disk such as sda", repeatable=True, parent="raid"),
)

DIALECT = dialect("xcp-8.2", "XCP-ng 8.2 installer, answerfile parser", RAID, {"netinstall-gpg-check": BOOLEAN})
