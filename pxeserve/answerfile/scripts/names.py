"""What scripts are called where they are served and where their end is reported."""

from __future__ import annotations

import re

HOOK = "hook"
"""The hook's name."""

ROTATION = "filesystem-populated.pxeserve.root-password.sh"
DOM0_MEM = "filesystem-populated.pxeserve.dom0-mem.sh"
FIRST_BOOT = "filesystem-populated.pxeserve.first-boot.sh"
"""The names of pxeserve's own scripts, as they are reported. The site's are called STAGE.NUMBER.NAME."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
"""What a site's script may be called."""
