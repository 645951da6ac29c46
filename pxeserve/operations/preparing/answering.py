"""The answerfile of one installation: what was declared, completed with what only an arming knows, written, and read again as its
installer will read it. Nothing that a linter refuses gets further than this.

Refuses to know passwords' makers, where scripts are kept, and who is armed: `installs` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from pxeserve.answerfile import templates
from pxeserve.answerfile.answers import Answers, Mode, RootPassword, Script, Source
from pxeserve.answerfile.declared import Declared, Pack
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.drafting import told
from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.inheritance import Merged
from pxeserve.answerfile.lint import Linted, linted
from pxeserve.answerfile.templates import Rendered, Room, TemplateError
from pxeserve.answerfile.writing import Lost, WritingError, fit, write
from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.errors import RefusedError
from pxeserve.operations.media.sources import source_of
from pxeserve.snapshot import Snapshot

NOTICE = "Written by pxeserve for this one installation; changes are lost."


@dataclass(frozen=True, slots=True)
class Asked:
    """One installation to answer for. `password` is the one to be written; `scripts` are all that the installer is to run, hooks and the
    site's; `declared` and `merged` are what was said for the host, and by whom."""

    host: Host
    medium: Medium
    mode: Mode
    declared: Declared
    merged: Merged
    password: RootPassword | None = field(repr=False)
    scripts: tuple[Script, ...]
    sources: tuple[Source, ...]
    driver_sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answerfile that its installer takes; `answers` are what that makes of it. `findings` are what is worth knowing all the same,
    `lost` what was declared and could not be said, `left_out` what the site's template does not say that it should, a sentence each."""

    text: bytes = field(repr=False)
    answers: Answers
    findings: tuple[Finding, ...]
    lost: tuple[Lost, ...]
    left_out: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """What a person should hear before the machine boots, a sentence each."""
        said = [*self.left_out, *(f"{one.field}: {one.why}; {one.instead}" for one in self.lost)]
        said += [f"line {one.line}: {one.message}" for one in self.findings if one.severity is Severity.WARNING]
        return said


class Answering:
    """Writes answerfiles, one after the other. Use it with `with`, since templates are rendered in a process that is kept for them; not for
    more than one thread. `folder` is the templates'; `drafts` are templates that nobody has kept yet, instead of those of their names."""

    def __init__(self, folder: Path, drafts: templates.Sources = MappingProxyType({})) -> None:
        self._templates, self._drafts = folder, drafts
        self._room: Room | None = None

    def __enter__(self) -> Answering:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._room is not None:
            self._room.__exit__(kind, error, trace)

    def answered(self, asked: Asked) -> Answered:
        """The answerfile. Raises RefusedError when it cannot be written, or when its installer would refuse it."""
        dialect = dialect_of(asked)
        answers = completed(asked)
        if asked.declared.template is not None:
            return self._from_template(asked, asked.declared.template, answers, dialect)
        text, lost = _written(asked, answers, dialect)
        found = linted(text, dialect)
        for one in found.findings:
            if one.severity is Severity.ERROR:
                raise _refused(asked, f"line {one.line}: {one.message}", one.fix)
        assert found.reading is not None and found.reading.answers is not None
        return Answered(text, found.reading.answers, tuple(told(found)), lost)

    def _from_template(self, asked: Asked, name: str, answers: Answers, dialect: Dialect) -> Answered:
        rendered = self._rendered(asked, name, answers)
        text = rendered.text.encode("ascii", "xmlcharrefreplace")
        found = linted(text, dialect)
        for one in found.findings:
            if one.severity is Severity.ERROR:
                raise _refused(asked, f"{_place(rendered, found, one)}: {one.message}", one.fix)
        assert found.reading is not None and found.reading.answers is not None
        if found.reading.answers.mode is not asked.mode:
            said = f"template {name} writes mode {found.reading.answers.mode}, and {asked.mode} was asked for"
            raise RefusedError(f"{asked.host.name}: {said}", fix='write mode="{{ mode }}" in the outermost element')
        return Answered(text, found.reading.answers, tuple(told(found)), (), tuple(_left_out(asked, name, found.reading.answers)))

    def _rendered(self, asked: Asked, name: str, answers: Answers) -> Rendered:
        try:
            if self._room is None:
                self._room = Room({**templates.sources(self._templates), **self._drafts})
            return self._room.render(name, _variables(asked, answers))
        except TemplateError as error:
            said = f"{asked.host.name}: its answerfile cannot be written: {error}"
            raise RefusedError(said, fix=error.fix or f"templates lie in {self._templates}") from None


_NO_PASSWORD = {"text": None, "type": None}
"""Where none is set: an upgrade keeps the one that is there."""


def _variables(asked: Asked, answers: Answers) -> dict[str, Any]:
    """What a template may use; docs/answerfile.md says what each is."""
    host, medium, source = asked.host, asked.medium, asked.sources[0]
    password, mac = asked.password, host.macs[0] if host.macs else ""
    return {
        "answers": answers,
        "mode": str(asked.mode),
        "host": {"name": host.name, "mac": mac, "macs": host.macs, "address": str(host.address) if host.address else None},
        "medium": {"name": medium.name, "product": medium.product, "version": medium.version, "dialect": medium.dialect},
        "source": {"type": source.kind, "address": source.address},
        "hooks": {script.stage: script.address for script in asked.scripts},
        "password": {"text": password.text, "type": "hash" if password.hashed else "plaintext"} if password else _NO_PASSWORD,
    }


def _left_out(asked: Asked, name: str, answers: Answers) -> Iterator[str]:
    """What a template takes from whoever installs, by what it does not say."""
    here = {script.address for script in answers.scripts}
    missing = [script.stage for script in asked.scripts if script.address not in here]
    if missing:
        yield (
            f"template {name} leaves out the hook at {', '.join(missing)}: the machine does not report from there, its scripts do not run, "
            f"and the install stays open until pxeserve host cancel {asked.host.name}; write {{{{ hooks[\"{missing[0]}\"] }}}}"
        )
    if answers.mode in (Mode.FRESH, Mode.REINSTALL) and answers.root_password != asked.password:
        yield f"template {name} sets another root password than the one that was made: write {{{{ password.text }}}} with its type"
    if answers.mode is not Mode.RESTORE and asked.sources[0] not in answers.sources:
        yield f"template {name} installs from another source than medium {asked.medium.name}: it is not the one that was checked"


def _place(rendered: Rendered, found: Linted, finding: Finding) -> str:
    """The line of a template that a finding is about, as far as it can be told."""
    mark = ""
    if found.document is not None:
        node = next((one for one in found.document.nodes if one.line == finding.line), None)
        mark = f"<{node.name}" if node is not None else ""
    name, line = rendered.place(max(finding.line, 1), mark)
    return f"template {name} line {line} (line {finding.line} of what it writes)"


def _refused(asked: Asked, said: str, fix: str) -> RefusedError:
    return RefusedError(f"{asked.host.name}: installers of {asked.medium.dialect} would refuse its answerfile: {said}", fix=fix)


def completed(asked: Asked) -> Answers:
    """All answers, as the model has them. The disk to install on is none of an upgrade's: installers from 5.6 to 8 would take it for the
    disk where the installation is to go, and a profile names it for new ones."""
    declared = asked.declared.answers
    return replace(
        declared,
        mode=asked.mode,
        primary_disk=None if asked.mode is Mode.UPGRADE else declared.primary_disk,
        sources=asked.sources,
        driver_sources=asked.driver_sources,
        root_password=asked.password,
        scripts=asked.scripts,
    )


def sources(config: Config, snapshot: Snapshot, host: Host, medium: Medium, declared: Declared) -> tuple[tuple[Source, ...], ...]:
    """The medium's source with the packs that come on top of it, and the driver sources. Raises RefusedError for one that no installer
    would find."""
    try:
        own = source_of(config, medium, declared.over)
        packs = tuple(_pack(config, snapshot, one, declared.over) for one in declared.packs)
        return (Source(own.kind, own.address), *packs), tuple(_pack(config, snapshot, one, declared.over) for one in declared.driver_packs)
    except RefusedError as error:
        raise RefusedError(f"{host.name}: {error.message}", fix=error.fix) from None


def _pack(config: Config, snapshot: Snapshot, pack: Pack, over: str) -> Source:
    if pack.medium is None:
        return Source(pack.kind, pack.address, pack.repo_gpgcheck, pack.gpgcheck)
    medium = snapshot.media.get(pack.medium)
    if medium is None:
        raise RefusedError(f"sources: there is no medium {pack.medium}", fix="pxeserve media list shows them all")
    if medium.state != "good":
        raise RefusedError(f"sources: medium {pack.medium} is damaged: {medium.state_reason}", fix=f"pxeserve media verify {pack.medium}")
    found = source_of(config, medium, over)
    return Source(found.kind, found.address, pack.repo_gpgcheck, pack.gpgcheck)


def _written(asked: Asked, answers: Answers, dialect: Dialect) -> tuple[bytes, tuple[Lost, ...]]:
    try:
        return write(answers, dialect, note=NOTICE), fit(answers, dialect).lost
    except WritingError as error:
        raise RefusedError(f"{asked.host.name}: no answerfile can be written for {asked.medium.dialect}:\n{error}") from None


def dialect_of(asked: Asked) -> Dialect:
    """The dialect of the medium's installer. Raises RefusedError for one that this release cannot write."""
    dialect = spoken(asked.medium.dialect)
    if dialect is None:
        known = f"answerfiles for installers of {asked.medium.dialect} cannot be written by this release"
        raise RefusedError(f"{asked.host.name}: {known}")
    return dialect
