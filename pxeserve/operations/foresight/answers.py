"""What an installer would make of a host's answerfile and of its scripts, as far as reading them shows.

Nothing of a script is ever run: what it does when it runs is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.declared import SHOWN
from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.scripts.check import check, speaks_shell
from pxeserve.answerfile.scripts.opinions import opinions
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium, Role
from pxeserve.errors import PxeserveError
from pxeserve.installs import seal
from pxeserve.operations.answerfiles.scripts import gathered
from pxeserve.operations.context import Context
from pxeserve.operations.preparing.answering import Answering, sources
from pxeserve.operations.preparing.host import answered_for, said_for, templates_folder
from pxeserve.rehearse.prediction import Prediction
from pxeserve.snapshot import Snapshot
from pxeserve.timeline.steps import Step

_LAST_EXIT = re.compile(rb"(?:exit|return)[ \t]+([1-9][0-9]{0,2})[ \t]*;?|false")
_WAITS_LATER = "first boot"


def of(context: Context, snapshot: Snapshot, host: Host, medium: Medium, unknown: list[str]) -> Iterator[Prediction]:
    """Everything about the answerfile of `host` for `medium`; what cannot be known goes into `unknown`."""
    if medium.role is Role.NETINSTALL:
        said = f"medium {medium.name} is a netinstall tree: it boots, and has no packages for an unattended installation"
        yield Prediction(Step.REPOSITORY, "netinstall-medium", said, "import the full medium", f"medium {medium.name}")
        return
    found = [*_early(context, snapshot, host, medium, unknown)]
    yield from found
    try:
        with Answering(templates_folder(context)) as answering:
            whole = answered_for(context, snapshot, answering, host, medium, "fresh", seal.new_key(), SHOWN)
    except PxeserveError as error:
        if not any(one.text == error.message for one in found):
            source = f"host-installer of {medium.dialect}, as the linter reads it"
            yield _said(Step.ANSWERFILE, "answerfile-refused", error, source)
        return
    if whole.answered is not None:
        for finding in whole.answered.findings:
            yield from _stops_before_a_person(finding)
    yield from _scripts(whole.frozen.scripts, medium.dialect)


def _early(context: Context, snapshot: Snapshot, host: Host, medium: Medium, unknown: list[str]) -> Iterator[Prediction]:
    """Scripts and sources by themselves, so that each is named at its own step."""
    try:
        _, declared = said_for(snapshot, host)
    except PxeserveError as error:
        yield _said(Step.ANSWERFILE, "answers-unusable", error, f"host {host.name}")
        return
    try:
        with context.store.site.read() as connection:
            for script in gathered(connection, host.name, medium.dialect, declared.scripts):
                if script.body is None:
                    unknown.append(f"script {script.name} at {script.stage}: it lies elsewhere ({script.address}) and was not read")
                else:
                    unknown.append(f"what script {script.name} does when the installer runs it at {script.stage}")
    except PxeserveError as error:
        yield _said(Step.HOOK, "script-unusable", error, f"host-installer of {medium.dialect}, scripts.run_script")
    try:
        sources(context.config, snapshot, host, medium, declared)
    except PxeserveError as error:
        yield _said(Step.REPOSITORY, "source-unusable", error, "[nfs], [ftp] and the host's source")


def _said(step: Step, code: str, error: PxeserveError, source: str) -> Prediction:
    return Prediction(step, code, error.message, error.fix or "", source)


def _stops_before_a_person(finding: Finding) -> Iterator[Prediction]:
    """Findings of what is taken and then waits, or stops half-way."""
    said = f"line {finding.line}: {finding.message}"
    if finding.code in (Code.WAITS.text, Code.ANY_YES.text):
        step = Step.FIRST_BOOT if _WAITS_LATER in finding.message else Step.REPOSITORY
        yield Prediction(step, finding.code, said, finding.fix, finding.source)
    elif finding.code == Code.STOPS_LATER.text:
        yield Prediction(Step.HOOK, finding.code, said, finding.fix, finding.source)


def _scripts(bodies: Mapping[str, bytes], dialect: str) -> Iterator[Prediction]:
    """Scripts that cannot be read, that this generation's RAM disk has no interpreter for, or that end with a failure whatever happens."""
    for name, body in bodies.items():
        wrong = [one for one in (*check(body, dialect), *opinions(body)) if one.severity is Severity.ERROR]
        for one in wrong:
            yield Prediction(Step.HOOK, one.code, f"script {name}, line {one.line}: {one.message}", one.fix, one.source)
        status = None if wrong else _always_fails(body)
        if status is not None:
            said = f"script {name} ends with {status} unless it ends before: installers of {dialect} take that for a failed script"
            fix = "end it with exit 0 where it has done its work"
            yield Prediction(Step.HOOK, "script-fails", said, fix, "host-installer, scripts.run_script")


def _always_fails(body: bytes) -> str | None:
    """The last command of a shell script, where it stands at the margin and is a failure by itself."""
    if speaks_shell(body) is None:
        return None
    lines = [line for line in body.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
    if not lines or not _LAST_EXIT.fullmatch(lines[-1].rstrip()):
        return None
    return lines[-1].strip().decode("ascii", "replace")
