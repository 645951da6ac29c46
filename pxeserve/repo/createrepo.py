"""The indexes of a site's yum repository: repodata by createrepo_c, which every distribution's media are made with, and update.xml.

What dnf needs of an RPM's header is more than a package's name and sum: dependencies with their flags, files, scripts' needs. The one
program that all others agree with writes that; here it is only asked for gzip, which installers can unpack.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from lxml import etree

from pxeserve.errors import PxeserveError
from pxeserve.repo import metapackage
from pxeserve.repo.draft import Draft
from pxeserve.repo.formats import repodata, update

_PROGRAM = "createrepo_c"
_LONGEST = 600
"""Seconds after which createrepo_c is taken for stuck."""

_NAMESPACE = uuid.UUID("8d0c8c52-8a0b-4d4f-9d4e-1f5b6f1d2a11")
"""Makes the same UUID for the same pack in the same version, so that making it twice gives the same bytes."""


def indexes(folder: Path, draft: Draft) -> dict[str, bytes]:
    """All index files of the repository, by path, with update.xml last; and before them the package update-NAME, where the RPMs have none.

    Raises PxeserveError when a program that it takes is missing or fails.
    """
    own = metapackage.file_name(draft)
    with tempfile.TemporaryDirectory(prefix="pxeserve-") as scratch:
        tree = _stage(folder, Path(scratch) / "tree", own)
        made = _run(tree, Path(scratch), None)
        names = _names(made)
        written: dict[str, bytes] = {}
        if draft.driver_disk:
            comps = Path(scratch) / "comps.xml"
            comps.write_bytes(_group(names))
            made = _run(tree, Path(scratch), comps)
        elif metapackage.name(draft) not in names:
            written[own] = metapackage.build(draft, names, Path(scratch))
            (tree / own).write_bytes(written[own])
            os.utime(tree / own, (1, 1))  # createrepo_c writes it into the list, and the same pack is to have the same list
            made = _run(tree, Path(scratch), None)
    control = f"control-{draft.label}" if f"control-{draft.label}" in names else names[0] if draft.driver_disk else metapackage.name(draft)
    said = update.Update(draft.label, control, draft.version, draft.title)
    identity = uuid.uuid5(_NAMESPACE, f"{draft.id} {draft.version}")
    first = {path: content for path, content in made.items() if path != repodata.REPOMD}
    return {**written, **first, repodata.REPOMD: made[repodata.REPOMD], update.UPDATE_FILE: update.render_update(said, str(identity))}


def _run(folder: Path, scratch: Path, comps: Path | None) -> dict[str, bytes]:
    program = shutil.which(_PROGRAM)
    if program is None:
        raise PxeserveError(f"{_PROGRAM} is not installed, and it writes the repodata of a yum repository", fix="apt install createrepo-c")
    out = Path(tempfile.mkdtemp(dir=scratch))
    options = ["--quiet", "--no-database", "--general-compress-type=gz", "--checksum=sha256", "--revision=1", "--set-timestamp-to-revision"]
    groups = ["--groupfile", str(comps)] if comps else []
    try:
        command = [program, *options, *groups, "--outputdir", str(out), str(folder.absolute())]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PxeserveError(f"{_PROGRAM}: {error}") from None
    said = (done.stderr or done.stdout).strip()
    if done.returncode or "Cannot read package" in said or "C_CREATEREPOLIB: Warning" in said:
        raise PxeserveError(f"{_PROGRAM} could not list {folder}: {said.splitlines()[-1] if said else f'status {done.returncode}'}")
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def _names(made: dict[str, bytes]) -> tuple[str, ...]:
    primary = next(one for one in repodata.read_repomd(made[repodata.REPOMD]) if one.kind == "primary")
    return tuple(sorted({one.name for one in repodata.read_primary(made[primary.path], primary.path, primary.open_size)}))


def _stage(folder: Path, tree: Path, own: str) -> Path:
    """The folder's RPMs under their names, as links: createrepo_c reads these alone, and writes nothing of its own among them."""
    tree.mkdir()
    for path in sorted(folder.rglob("*.rpm")):
        name = path.relative_to(folder)
        if str(name) == own or path.name.startswith("."):
            continue
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(path.absolute())
    return tree


def _group(names: tuple[str, ...]) -> bytes:
    root = etree.Element("comps")
    group = etree.SubElement(root, "group")
    for tag, content in (("id", update.DRIVERS), ("name", "Drivers"), ("default", "true"), ("uservisible", "true")):
        etree.SubElement(group, tag).text = content
    packages = etree.SubElement(group, "packagelist")
    for name in names:
        etree.SubElement(packages, "packagereq", type="mandatory").text = name
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"
