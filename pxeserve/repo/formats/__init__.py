"""One module a repository format, all behind the interface of `interface.py`, and the order in which they are asked.

Each reads a tree of names and says what an installer of its generations would find. A new format is a module and a place in FORMATS.
"""

from __future__ import annotations

from pxeserve.repo.formats import netinstall, text, update, xml, yum
from pxeserve.repo.formats.interface import Format

FORMATS: tuple[Format, ...] = (update, yum, xml, text, netinstall)
"""The first that knows a tree says what it is. `update.xml` comes before yum, which refuses a repodata/ without `.treeinfo`."""
