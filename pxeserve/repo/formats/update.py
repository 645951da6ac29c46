"""Supplemental packs and driver disks of 7.1 and later: `update.xml` with a `repodata/` beside it.

The installer installs the package that `control` names and `update-` with the label; from a driver disk, the group `drivers`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from pxeserve.domain.medium import Role
from pxeserve.repo.formats import xml
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import Files, Found, Read, together
from pxeserve.repo.formats.markup import SMALL, Document, short
from pxeserve.repo.formats.repodata import REPOMD, read_repodata
from pxeserve.repo.formats.treeinfo import TREEINFO

NAME = "yum"
UPDATE_FILE = "update.xml"
MARKERS = (UPDATE_FILE, REPOMD)
DRIVERS = "drivers"
"""The group of comps that makes a pack a driver disk."""

_WORD = re.compile(r"[A-Za-z0-9_.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Update:
    """What update.xml says to an installer: its label, the package that is its control, and its version ("" for none)."""

    label: str
    control: str
    version: str = ""
    description: str = ""


def read_update(text: bytes, file: str = UPDATE_FILE) -> Update:
    """update.xml. Attributes beyond these are the host agent's and are passed over. Raises FormatError."""
    document = Document(text, file, SMALL)
    root = document.root
    if root.tag != "update":
        raise document.wrong(root, f"the outermost element is {short(root.tag)!r} and not update")
    for name in ("name-label", "control"):
        value = root.get(name, "")
        if not _WORD.fullmatch(value):
            why = "it names the packages that are installed" if not value else "it is part of a package's name"
            raise document.wrong(root, f"{name} {value!r}: {why}", name)
    description = (root.findtext("name-description") or "").strip()
    return Update(str(root.get("name-label")), str(root.get("control")), str(root.get("version", "")), description)


def render_update(update: Update, uuid: str) -> bytes:
    """The same as an update.xml file, under a UUID of its own (the host's agent knows updates by it)."""
    said = {"name-label": update.label, "version": update.version, "control": update.control, "uuid": uuid}
    root = etree.Element("update", {**said, "enforce-homogeneity": "false", "installation-size": "0", "after-apply-guidance": ""})
    etree.SubElement(root, "name-description").text = update.description
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="us-ascii", xml_declaration=True)) + b"\n"


def read_medium(files: Files, read: Read) -> Found | None:
    """What a tree of this format is; None when update.xml is not there, or stands in a main medium."""
    if UPDATE_FILE not in files or TREEINFO in files:
        return None
    if REPOMD not in files:
        return _refused(f"{UPDATE_FILE} is there and {REPOMD} is not: installers look for both, and find nothing")
    try:
        update = read_update(read(UPDATE_FILE))
        data = read_repodata(files, read)
    except FormatError as error:
        return _refused(str(error))
    role = Role.DRIVER_DISK if DRIVERS in data.groups else Role.PACK
    wanted = (update.control, f"update-{update.label}")
    missing = [f"{UPDATE_FILE}: no package {name}, which is what installers install" for name in wanted if name not in data.names]
    notes = data.notes + (tuple(missing) if role is Role.PACK else ())
    found = Found(
        NAME, role, update.label, update.version, "", "", ("",), data.lines, (UPDATE_FILE, *data.indexes), data.faults,
        notes,
    )  # fmt: skip
    other = xml.read_medium(files, read)  # a pack for 7.0 and for later products in one folder: both indexes list the same RPMs
    return together(found, other) if other is not None else found


def _refused(fault: str) -> Found:
    return Found(NAME, Role.PACK, "", "", "", "", ("",), (), (), (fault,))
