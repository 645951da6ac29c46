"""The yum format of XenServer 7.0 and later and of XCP-ng: `.treeinfo`, `repodata/repomd.xml`, and the primary list that it names.

Knows which generation reads which sections, keys and groups. Refuses to know where files lie.
"""

from __future__ import annotations

from dataclasses import replace

from pxeserve.domain.medium import Role
from pxeserve.domain.products import dialect_of, known
from pxeserve.repo.formats import places, xml
from pxeserve.repo.formats.fault import FormatError
from pxeserve.repo.formats.interface import Files, Found, Read, together
from pxeserve.repo.formats.repodata import (
    REPOMD,
    SIGNATURE,
    Metadata,
    Package,
    Repodata,
    read_groups,
    read_primary,
    read_repodata,
    read_repomd,
)
from pxeserve.repo.formats.treeinfo import TREEINFO, TreeInfo, read_treeinfo
from pxeserve.repo.formats.xs import path_fault

__all__ = [
    "MARKERS", "NAME", "REPOMD", "SIGNATURE", "TREEINFO", "Metadata", "Package", "TreeInfo", "read_groups", "read_medium", "read_primary",
    "read_repomd", "read_treeinfo",
]  # fmt: skip

NAME = "yum"
MARKERS = (TREEINFO, REPOMD)

_OLD_SECTIONS = frozenset({"7.0", "7.1", "8.2", "xcp-8.2"})
"""Generations that read [platform] and [branding] alone, and not [system-v1]."""

_EVERY_KEY = frozenset({"7.1", "8.2", "xcp-8.2"})
"""Generations that copy every file of [keys] to the new host; later ones import the first and check signatures by it."""

_GROUPS = ("xenserver_base", "xenserver_dom0")
_DEPS = "xcp-ng-deps"

_NO_TREEINFO = (
    "repodata/repomd.xml is there and .treeinfo is not: installers would take the tree for an extra repository and end with "
    "\"No main repository found\"; names that begin with a dot are lost by `cp iso/*`: copy with `cp -a iso/. FOLDER`, or import the ISO; "
    "a site's own packages need an update.xml, which `pxeserve media create` writes"
)


def read_medium(files: Files, read: Read) -> Found | None:
    """What a tree of this format is; None when neither of its markers is there."""
    beside = places.places(files, read)[0]
    if REPOMD not in files and (TREEINFO not in files or beside):
        return None
    if TREEINFO not in files:
        return _refused(_NO_TREEINFO)
    if REPOMD not in files:
        return _refused(f"{TREEINFO} is there and {REPOMD} is not: the tree has no list of its packages; copy all of the medium")
    try:
        info = read_treeinfo(read(TREEINFO))
        data = read_repodata(files, read)
    except FormatError as error:
        return _refused(str(error))
    dialect = dialect_of(info.product, info.version) or ""
    faults = list(data.faults)
    if not dialect:
        faults.append(f"{TREEINFO}: {info.product} {info.version} is no product that is known here; known are {known()}")
    faults += _section_faults(info, dialect) + _key_faults(info, dialect, files)
    found = Found(
        NAME, Role.MAIN, info.product, info.version, info.build, dialect, ("",), data.lines, (TREEINFO, *data.indexes), tuple(faults),
        tuple(_notes(info, dialect, data)),
    )  # fmt: skip
    return _with_xml(found, files, read, beside) if beside else found


def _refused(fault: str) -> Found:
    return Found(NAME, Role.MAIN, "", "", "", "", ("",), (), (), (fault,))


def _section_faults(info: TreeInfo, dialect: str) -> list[str]:
    if dialect in _OLD_SECTIONS and "branding" not in info.sections:
        said = f"installers of {dialect} read [branding] and [platform] and not [system-v1]: they would end without a product; ship both"
        return [f"{TREEINFO}:1:1: {said}"]
    return []


def _key_faults(info: TreeInfo, dialect: str, files: Files) -> list[str]:
    """7.1 to 8.2 fetch every key; XenServer 8 and XCP-ng 8.3 the first one, and then the signature of repomd.xml."""
    if not info.keys or dialect == "7.0":
        return []
    wanted = info.keys if dialect in _EVERY_KEY else (info.key, SIGNATURE)
    why = f"[keys] in {TREEINFO} makes installers of {dialect or 'XenServer 8 and XCP-ng 8.3'} ask for it"
    led_out = [f"{TREEINFO}: key {key!r} {fault}" for key in info.keys if (fault := path_fault(key))]
    return led_out or [f"{path}: missing, and {why}" for path in wanted if path not in files]


def _notes(info: TreeInfo, dialect: str, data: Repodata) -> list[str]:
    notes = list(data.notes)
    if "branding" in info.sections and not info.platform:
        notes.append(f"{TREEINFO}: no [platform]: installers up to 8.2 fail at the end, when they write down what they installed")
    if info.product.lower() == "xcp-ng":
        if _DEPS not in data.names and not (dialect == "xcp-8.2" and data.groups.issuperset(_GROUPS)):
            notes.append(f"{REPOMD}: no package {_DEPS}, which is what the installer of {info.product} {info.version} installs")
    elif dialect and not data.groups.issuperset(_GROUPS):
        notes.append(f"{REPOMD}: no groups {' and '.join(_GROUPS)} in comps, which are what the installer of {info.product} installs")
    return notes


def _with_xml(found: Found, files: Files, read: Read, beside: list[places.Place]) -> Found:
    """7.0 alone reads XML repositories beside the yum one; later ones would pass over them in silence."""
    other = xml.read_medium(files, read) if found.dialect == "7.0" else None
    if other is not None:
        return together(found, other)
    names = ", ".join(place.folder or "the top folder" for place in beside)
    fault = f"{names}: XS-REPOSITORY beside {TREEINFO}: installers of {found.dialect or 'this product'} look for none there"
    return replace(found, faults=(*found.faults, fault))
