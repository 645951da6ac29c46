"""XenServer 8 (host-installer release/xs8, 05720e0c0421): NTP by source, a large-block SR, software RAID for the primary disk."""

from __future__ import annotations

import re
from dataclasses import replace

from pxeserve.answerfile.dialects.old.modern import ALL, BOOLEAN, READING, SETTINGS, dialect
from pxeserve.answerfile.dialects.old.shape import Element

NTP = Element("ntp", SETTINGS, attributes={"source": re.compile("dhcp|default|manual|none")})
SOURCE = "XenServer 8 installer (release/xs8), answerfile parser"

_plain = dialect("xs8", SOURCE)
_primary = _plain.elements["primary-disk"]
PRIMARY = replace(_primary, attributes={**_primary.attributes, "swraid": BOOLEAN})

DIALECT = dialect("xs8", SOURCE, (NTP, PRIMARY, Element("target-platform", ALL)), reading=replace(READING, ntp_source=True))
