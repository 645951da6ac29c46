"""XCP-ng 8.3 (xcp-ng/host-installer v10.10.19.xcpng.5, 46df38e82005): RAID, GPG switches, and ext as the SR type when none is named."""

from __future__ import annotations

from dataclasses import replace

from pxeserve.answerfile.dialects.old.dxcp_8_2 import RAID
from pxeserve.answerfile.dialects.old.dxs8 import NTP
from pxeserve.answerfile.dialects.old.modern import BOOLEAN, READING, dialect

SOURCE = "XCP-ng 8.3 installer 10.10.19.xcpng.5, answerfile parser"

_source = dialect("xcp-8.3", SOURCE).elements["source"]
_GPG = {"repo-gpgcheck": BOOLEAN, "gpgcheck": BOOLEAN}

DIALECT = dialect(
    "xcp-8.3",
    SOURCE,
    (*RAID, NTP, replace(_source, attributes={**_source.attributes, **_GPG})),
    dict(_GPG),
    replace(READING, ntp_source=True, sr_types=("lvm", "ext", "largeblock")),
)
