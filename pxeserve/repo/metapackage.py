"""The package that installers of 7.1 and later install from a pack: `update-NAME`, empty, which requires all the others.

Built by rpmbuild, in a form that the rpm of 2014 reads: packed by gzip, and the same bytes each time. Refuses to know why it is wanted.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.repo.draft import Draft

_PROGRAM = "rpmbuild"
_LONGEST = 120
"""Seconds after which rpmbuild is taken for stuck."""

_VERSION = re.compile(r"[A-Za-z0-9._+]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*", re.ASCII)
_DEFINED = {
    "_binary_payload": "w9.gzdio", "_buildhost": "localhost", "use_source_date_epoch_as_buildtime": "1", "_build_name_fmt": "%{NAME}.rpm",
    "_source_filedigest_algorithm": "8", "_binary_filedigest_algorithm": "8",
}  # fmt: skip
_SPEC = """Name: {name}
Version: {version}
Release: 1
Summary: {title}
License: None
BuildArch: noarch
AutoReqProv: no
{requires}
%description
{title}. Written by pxeserve media create; requires the packages of this pack.
%files
"""


def name(draft: Draft) -> str:
    """What the package is called."""
    return f"update-{draft.label}"


def file_name(draft: Draft) -> str:
    """The file that holds it; one of this name is ours, and is built anew with each change."""
    return f"{name(draft)}.pxeserve.noarch.rpm"


def build(draft: Draft, requires: tuple[str, ...], scratch: Path) -> bytes:
    """The package as bytes. Raises PxeserveError when rpmbuild is missing or fails."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise RefusedError(
            f"no package {name(draft)} among {', '.join(requires[:5])}: installers install that one, and what it requires",
            fix="apt install rpm, and it is built here; or build an empty RPM of that name that requires the others",
        )
    wrong = [word for word in (draft.version,) if not _VERSION.fullmatch(word)] + [word for word in requires if not _NAME.fullmatch(word)]
    if wrong:
        raise PxeserveError(f"{wrong[0]!r} cannot stand in an RPM's header")
    top = scratch / "rpmbuild"
    spec = scratch / "update.spec"
    listed = "".join(f"Requires: {one}\n" for one in requires)
    title = draft.title.replace("%", "%%")
    spec.write_text(_SPEC.format(name=name(draft), version=draft.version, title=title, requires=listed))
    words = {"_topdir": str(top), "_rpmdir": str(top), **_DEFINED}
    defined = [word for key, value in words.items() for word in ("--define", f"{key} {value}")]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1", "HOME": str(scratch), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [program, "-bb", "--quiet", *defined, str(spec)], capture_output=True, text=True, timeout=_LONGEST, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PxeserveError(f"{_PROGRAM}: {error}") from None
    made = top / f"{name(draft)}.rpm"
    if done.returncode or not made.is_file():
        said = (done.stderr or done.stdout).strip()
        raise PxeserveError(f"{_PROGRAM} could not build {name(draft)}: {said.splitlines()[-1] if said else f'status {done.returncode}'}")
    return made.read_bytes()
