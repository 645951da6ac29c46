"""Where packages and scripts come from, as people declare it: a medium of this server by its name, or an address.

Refuses to know which media and scripts there are, and where this server lies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pxeserve.answerfile.answers import Stage
from pxeserve.answerfile.declared.values import AnswerError, many, one_of, shown, table, text, yes

PROTOCOLS = ("http", "nfs", "ftp")
"""By which the medium's own packages are fetched from here."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_URL = re.compile(r"(https?|ftp|file)://[!-~]+", re.ASCII)
_NFS = re.compile(r"(?:nfs://)?(?P<server>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):?(?P<path>/[!-~]*)", re.ASCII)
_SCRIPT_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_SCRIPT_URL = re.compile(r"(https?|ftp)://[!-&(-~]+", re.ASCII)
_KEYS = ("medium", "address", "repo-gpgcheck", "gpgcheck")
_EXAMPLE = "{medium: NAME} or {address: http://192.0.2.1/packs}"


@dataclass(frozen=True, slots=True)
class Pack:
    """Packages that come on top of the medium's own: `medium` is the name of one of this server's, or `kind` and `address` are those of
    a source (`local`: a disc in the machine). The checks are XCP-ng 8.3's."""

    medium: str | None = None
    kind: str = "url"
    address: str = ""
    repo_gpgcheck: bool | None = None
    gpgcheck: bool | None = None


@dataclass(frozen=True, slots=True)
class SiteScript:
    """A script of the site's: `name` is one that this server keeps, or the address where it lies."""

    stage: Stage
    name: str

    @property
    def is_address(self) -> bool:
        """Whether it lies elsewhere."""
        return "://" in self.name


def packs(where: str, value: Any) -> tuple[Pack, ...]:
    """A list of media and addresses."""
    return many(where, value, _pack)


def _pack(where: str, value: Any) -> Pack:
    if not isinstance(value, Mapping):
        return _source(where, value, None, None)
    given = table(where, value, _KEYS, _EXAMPLE)
    if ("medium" in given) == ("address" in given):
        raise AnswerError(f"{where}: either medium or address is needed, such as {_EXAMPLE}")
    checks = [yes(f"{where}.{key}", given[key]) if key in given else None for key in ("repo-gpgcheck", "gpgcheck")]
    if "medium" in given:
        if not isinstance(given["medium"], str) or not _NAME.fullmatch(given["medium"]):
            raise AnswerError(f"{where}.medium: {shown(given['medium'])} is not the name of a medium")
        return Pack(given["medium"], repo_gpgcheck=checks[0], gpgcheck=checks[1])
    found = _source(f"{where}.address", given["address"], *checks)
    if found.medium is not None:
        raise AnswerError(f"{where}.address: {shown(given['address'])} is not an address; a medium is named with medium: NAME")
    return found


def _source(where: str, value: Any, repo_gpgcheck: bool | None, gpgcheck: bool | None) -> Pack:
    said = text(where, value)
    if said == "local":
        return Pack(None, "local", "", repo_gpgcheck, gpgcheck)
    if _URL.fullmatch(said):
        return Pack(None, "url", said, repo_gpgcheck, gpgcheck)
    if _NAME.fullmatch(said):
        return Pack(said, repo_gpgcheck=repo_gpgcheck, gpgcheck=gpgcheck)
    found = _NFS.fullmatch(said)
    if found is not None and (said.startswith("nfs://") or ":" in said):
        return Pack(None, "nfs", f"{found['server']}:{found['path']}", repo_gpgcheck, gpgcheck)
    allowed = "a medium's name, http://..., https://..., ftp://..., file://..., nfs://SERVER/PATH or local"
    raise AnswerError(f"{where}: {shown(value)} is none of these: {allowed}")


def scripts(where: str, value: Any) -> tuple[SiteScript, ...]:
    """Scripts by their stage, in the order in which they run."""
    stages = [str(stage) for stage in Stage]
    given = table(where, value, stages, "{filesystem-populated: [NAME]}")
    found: list[SiteScript] = []
    for stage in stages:
        if stage in given:
            found += (SiteScript(Stage(stage), name) for name in many(f"{where}.{stage}", given[stage], script))
    return tuple(found)


def script(where: str, value: Any) -> str:
    """A script by its name or its address."""
    said = text(where, value)
    if not _SCRIPT_NAME.fullmatch(said) and not _SCRIPT_URL.fullmatch(said):
        allowed = "the name of a script nor an http://, https:// or ftp:// address without blanks and quotation marks"
        raise AnswerError(f"{where}: {shown(value)} is neither {allowed}")
    return said


def post_install_script(where: str, value: Any) -> SiteScript:
    """The one script that hosts had before there were stages."""
    said = text(where, value)
    if not re.fullmatch(r"(http|ftp)://[!-~]+", said):
        raise AnswerError(f"{where}: {shown(value)} is not an http:// or ftp:// address; scripts: {{STAGE: [...]}} takes more")
    return SiteScript(Stage.FILESYSTEM_POPULATED, script(where, said))


def protocol(where: str, value: Any) -> str:
    """By which the medium is fetched from here."""
    if not isinstance(value, str) or value not in PROTOCOLS:
        said = "the protocol by which packages are fetched from here; more packages are named in sources"
        raise AnswerError(f"{where}: {shown(value)} is none of {', '.join(PROTOCOLS)}: {said}")
    return one_of(where, value, PROTOCOLS)
