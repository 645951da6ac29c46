"""Writes an answerfile and its hook script for one installation, in the words of its dialect.

Templates are read once, when this module is imported: a service that has given root up may not be able to read them later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pxeserve import resources
from pxeserve.answerfile.dialects.old import old_spoken
from pxeserve.answerfile.dialects.old.shape import Dialect
from pxeserve.answerfile.lint import Finding, Severity, lint
from pxeserve.answerfile.model import Answers

NOTICE = "Written by pxeserve for this one installation; changes are lost."

_FOLDER = resources.folder("answerfiles")
_TEMPLATES = {path.relative_to(_FOLDER).as_posix(): path.read_text(encoding="utf-8") for path in sorted(_FOLDER.rglob("*.j2"))}


def _environment(*, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=DictLoader(_TEMPLATES), autoescape=autoescape, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip


_XML, _SHELL = _environment(autoescape=True), _environment(autoescape=False)


class RenderError(ValueError):
    """Answers from which no answerfile for this dialect and mode can be made; a line each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One installation to write for. `source`, `hook` and `progress` are addresses on this server; `source_type` is url or nfs, whose
    addresses are `server:/path`; `password` is the one to be set."""

    dialect: str
    mode: str
    answers: Answers
    source: str
    hook: str
    progress: str
    password: str = field(repr=False)
    source_type: str = "url"


def faults(answers: Answers, dialect: str, mode: str) -> list[str]:
    """What keeps these answers from being written for `dialect` and `mode`, a sentence each."""
    written = old_spoken(dialect)
    if written is None:
        return [f"answerfiles for installers of {dialect} cannot be written by this release"]
    if mode not in written.modes:
        return [f"mode {mode} is not known to installers of {dialect}; they know {', '.join(sorted(written.modes))}"]
    missing = [name.replace("_", "-") for name in _needed(written, mode) if getattr(answers, name) is None]
    said = [f"{name} is missing: set it for the host or its profile, for example --set {_EXAMPLES[name]}" for name in missing]
    if answers.root_password.hash is not None and mode != "upgrade" and not written.reading.takes_hash:
        said.append(
            f"root-password is a hash, which installers of {dialect} would take for the password itself: leave it out and a random one "
            "is made, or allow plain text with [answerfile] allow_plaintext = true"
        )
    if answers.admin_interface is not None and answers.admin_interface.vlan is not None and not written.reading.vlan:
        said.append(f"admin-interface.vlan: installers of {dialect} know no VLAN; they would set the interface up without it")
    if answers.sr_type is not None and answers.sr_type not in written.reading.sr_types:
        said.append(f"sr-type: installers of {dialect} know {' and '.join(written.reading.sr_types)}, not {answers.sr_type}")
    return said


def _needed(dialect: Dialect, mode: str) -> tuple[str, ...]:
    """What must be answered: installers from 6.0 on take `reinstall` for a fresh installation that keeps a backup."""
    zone = () if dialect.reading.default_timezone else ("timezone",)
    fresh = ("primary_disk", "admin_interface", *zone)
    older = ("existing_installation", "admin_interface", *zone)
    return {"fresh": fresh, "reinstall": fresh if dialect.reading.roots else older, "upgrade": ("existing_installation",)}.get(mode, ())


_EXAMPLES = {
    "primary-disk": "primary-disk=sda",
    "admin-interface": "admin-interface.name=eth0 --set admin-interface.proto=dhcp",
    "timezone": "timezone=Europe/London",
    "existing-installation": "existing-installation=sda",
}


def render(wanted: Wanted) -> bytes:
    """The answerfile. Raises RenderError when the answers do not suffice, or when what was written would not be read as meant."""
    said = faults(wanted.answers, wanted.dialect, wanted.mode)
    dialect = old_spoken(wanted.dialect)
    if said or dialect is None:
        raise RenderError("\n".join(said))
    template = _XML.get_template(f"{dialect.name}/answerfile.xml.j2")
    values: dict[str, Any] = {name: getattr(wanted, name) for name in ("mode", "answers", "source", "source_type", "hook", "password")}
    values["reading"] = dialect.reading
    text = template.render(notice=NOTICE, **values).encode("ascii", "xmlcharrefreplace")
    wrong = [finding for finding in lint(text, dialect) if finding.severity is Severity.ERROR]
    if wrong:
        raise RenderError("\n".join(_sentence(finding) for finding in wrong))
    return text


def hook_script(wanted: Wanted) -> bytes:
    """The script that the installer runs at its last stage and that tells pxeserve how it went."""
    dialect = old_spoken(wanted.dialect)
    if dialect is None:
        raise RenderError(f"hook scripts for installers of {wanted.dialect} cannot be written by this release")
    own = wanted.answers.post_install_script or ""
    if "'" in own:
        raise RenderError("post-install-script: an address cannot hold a quotation mark")
    template = _SHELL.get_template(f"{dialect.name}/post-install.sh.j2")
    return template.render(notice=NOTICE, progress=wanted.progress, own_script=own).encode("ascii")


def _sentence(finding: Finding) -> str:
    return f"{finding.code}: {finding.message}; {finding.fix}"
