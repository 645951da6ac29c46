"""The answerfile of one installation: what was declared, completed with what only an arming knows, written, and read again as its
installer will read it. Nothing that a linter refuses gets further than this.

Refuses to know passwords' makers, where scripts are kept, and who is armed: `installs` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from pxeserve.answerfile.answers import Answers, Mode, RootPassword, Script, Source
from pxeserve.answerfile.declared import Declared, Pack
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.inheritance import Merged
from pxeserve.answerfile.lint import lint
from pxeserve.answerfile.writing import Lost, WritingError, fit, write
from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.errors import RefusedError
from pxeserve.operations.sources import source_of
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
    """An answerfile that its installer takes. `findings` are what is worth knowing about it all the same, `lost` what was declared and
    could not be said."""

    text: bytes = field(repr=False)
    answers: Answers
    findings: tuple[Finding, ...]
    lost: tuple[Lost, ...]

    @property
    def warnings(self) -> list[str]:
        """What a person should hear before the machine boots, a sentence each."""
        said = [f"{one.field}: {one.why}; {one.instead}" for one in self.lost]
        said += [f"line {one.line}: {one.message}" for one in self.findings if one.severity is Severity.WARNING]
        return said


def answered(asked: Asked) -> Answered:
    """The answerfile. Raises RefusedError when it cannot be written, or when its installer would refuse it."""
    dialect = dialect_of(asked)
    answers = completed(asked)
    text, lost = _written(asked, answers, dialect)
    findings = lint(text, dialect)
    wrong = [f"line {one.line}: {one.message}; {one.fix}" for one in findings if one.severity is Severity.ERROR]
    if wrong:
        raise RefusedError(f"{asked.host.name}: installers of {asked.medium.dialect} would refuse its answerfile:\n" + "\n".join(wrong))
    return Answered(text, answers, tuple(findings), lost)


def completed(asked: Asked) -> Answers:
    """All answers, as the model has them."""
    return replace(
        asked.declared.answers,
        mode=asked.mode,
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
