"""How words of a site get into a shell script: quoted, in its head or behind the name of a function. Refuses to know scripts."""

from __future__ import annotations

import shlex

NOTICE = "# Written by pxeserve for this one installation; changes are lost.\n"


def head(**values: str) -> str:
    """The first lines of a script: its interpreter, and each of `values` under its name."""
    return "#!/bin/sh\n" + NOTICE + "".join(f"{name}={shlex.quote(value) if value else chr(39) * 2}\n" for name, value in values.items())


def quoted(*words: str) -> str:
    """One line of words."""
    return " ".join(shlex.quote(word) for word in words)
