"""The site's scripts, which installers run at their stages: kept here, looked at before they are, and found again when a host is armed."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from pxeserve.answerfile.answers import Stage
from pxeserve.answerfile.finding import Finding, Severity, as_data
from pxeserve.answerfile.scripts.check import MAX_BYTES, check
from pxeserve.answerfile.scripts.compose import StageScript
from pxeserve.answerfile.scripts.generations import GENERATIONS
from pxeserve.answerfile.scripts.names import NAME
from pxeserve.answerfile.scripts.opinions import opinions
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.operations.words.revisions import StaleError
from pxeserve.store import audit, inventory
from pxeserve.store import scripts as store
from pxeserve.store.scripts import ScriptRow

MOST = 200
"""Scripts that are kept at most."""


class Declared(Protocol):
    """A script as a site, a profile or a host declares it: the name of one that is kept here, or an address."""

    @property
    def stage(self) -> Stage: ...

    @property
    def name(self) -> str: ...


def lint(name: str, text: bytes, dialect: str | None) -> dict[str, Any]:
    """The verdict on one script, for installers of `dialect` or for any. Needs no service. Raises NotFoundError for an unknown dialect."""
    known_dialect(dialect)
    return {"file": name, **as_data(looked_at(text, dialect))}


def known_dialect(dialect: str | None) -> None:
    """Raise NotFoundError for a dialect that no installer speaks."""
    if dialect is not None and dialect not in GENERATIONS:
        raise NotFoundError(f"dialect {dialect} is not known", fix=f"one of {', '.join(GENERATIONS)}")


def looked_at(text: bytes, dialect: str | None) -> list[Finding]:
    """All that can be said about a script, by line."""
    found = check(text, dialect)
    if not any(one.severity is Severity.ERROR for one in found):
        found = [*found, *opinions(text)]
    return sorted(found, key=lambda one: (one.line, one.column, one.code))


@verb("script.add", role=Role.OPERATOR)
def add(context: Context, *, name: str, content: str) -> dict[str, Any]:
    """Keep a script; `content` is its bytes in base64. Refused when no installer could run it, or when there is one of that name."""
    body = _decoded(name, content)
    found = _fit_to_keep(name, body)
    with context.store.site.write() as connection:
        if store.script(connection, name) is not None:
            raise ConflictError(f"there is already a script {name}", fix=f"pxeserve script set {name} FILE changes it")
        if len(store.scripts(connection)) >= MOST:
            raise RefusedError(f"{MOST} scripts are kept, and no more", fix="pxeserve script list shows which ones nobody uses")
        row = _put(context, connection, "script.add", name, body)
    return {**_described(row, ()), "findings": found}


@verb("script.set", role=Role.OPERATOR)
def set_script(context: Context, *, name: str, content: str, revision: str | None = None) -> dict[str, Any]:
    """Change a script. Hosts that are armed already keep what was frozen for them. Raises StaleError when `revision`, its SHA-256, is said
    and it is another one by now."""
    body = _decoded(name, content)
    found = _fit_to_keep(name, body)
    with context.store.site.write() as connection:
        _refuse_stale(known(connection, name), revision)
        row = _put(context, connection, "script.set", name, body)
        users = _users(connection, name)
    return {**_described(row, users), "findings": found}


@verb("script.list", role=Role.VIEWER)
def list_scripts(context: Context) -> list[dict[str, Any]]:
    """All scripts, by name, each with who runs it."""
    with context.store.site.read() as connection:
        return [_described(row, _users(connection, row.name)) for row in store.scripts(connection)]


@verb("script.show", role=Role.OPERATOR, changes=False)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One script, with its content in base64."""
    with context.store.site.read() as connection:
        row = known(connection, name)
        described = _described(row, _users(connection, name))
    return {**described, "content": base64.b64encode(row.body).decode()}


@verb("script.lint", role=Role.OPERATOR, changes=False)
def judge(_context: Context, *, name: str, content: str, dialect: str | None = None) -> dict[str, Any]:
    """The verdict on a script that is not kept, in base64: whether installers of `dialect`, or any, can run it. It is looked at, and never
    run."""
    return lint(name, _decoded(name, content), dialect)


@verb("script.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str, revision: str | None = None) -> dict[str, Any]:
    """Forget a script, as it was at `revision` where that is said. Refused while somebody declares it."""
    with context.store.site.write() as connection:
        _refuse_stale(known(connection, name), revision)
        users = _users(connection, name)
        if users:
            raise ConflictError(f"script {name} is run by {', '.join(users[:5])}", fix="take it out of their scripts first")
        store.remove(connection, name)
        audit.append(connection, time.time(), context.actor.name, "script.remove", name)
    return {"removed": name}


def known(connection: Connection, name: str) -> ScriptRow:
    """The script called `name`. Raises NotFoundError."""
    row = store.script(connection, name)
    if row is None:
        raise NotFoundError(f"there is no script {name}", fix="pxeserve script list shows them all; pxeserve script add FILE keeps one")
    return row


def _refuse_stale(row: ScriptRow, revision: str | None) -> None:
    if revision is not None and revision != row.sha256:
        raise StaleError(f"script {row.name}", ("content",))


def gathered(connection: Connection, whose: str, dialect: str, declared: Iterable[Declared]) -> list[StageScript]:
    """The scripts that were declared for the host `whose`, as they are at this moment. Raises PxeserveError for one that is not kept here
    or that installers of `dialect` could not run."""
    found = []
    for one in declared:
        if "://" in one.name:
            found.append(StageScript(one.stage, _name_of(one.name), address=one.name))
            continue
        try:
            body = known(connection, one.name).body
        except NotFoundError as error:
            raise NotFoundError(f"{whose}: scripts.{one.stage}: {error.message}", fix=error.fix) from None
        wrong = [finding for finding in check(body, dialect) if finding.severity is Severity.ERROR]
        if wrong:
            said = "; ".join(f"line {finding.line}: {finding.message}" for finding in wrong)
            raise RefusedError(f"{whose}: script {one.name} cannot run in installers of {dialect}: {said}", fix=wrong[0].fix)
        found.append(StageScript(one.stage, one.name, body))
    return found


def _name_of(address: str) -> str:
    """What a script that lies elsewhere is called when it is reported."""
    last = address.partition("?")[0].rstrip("/").rpartition("/")[2]
    return last if NAME.fullmatch(last) else "script"


def _decoded(name: str, content: str) -> bytes:
    if not NAME.fullmatch(name):
        raise PxeserveError(f"{name!r} is not a name for a script: letters, digits, dots, hyphens and underscores, 63 at most")
    if len(content) > MAX_BYTES * 2:
        raise PxeserveError(f"script {name}: it is too long; {MAX_BYTES} bytes are kept at most")
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise PxeserveError(f"script {name}: its content is not base64") from None


def _fit_to_keep(name: str, body: bytes) -> list[dict[str, Any]]:
    """What is worth knowing about a script that some installer can run. Raises RefusedError for one that none can."""
    found = looked_at(body, None)
    wrong = [one for one in found if one.severity is Severity.ERROR]
    if wrong:
        said = "; ".join(f"line {one.line}: {one.message}" for one in wrong)
        raise RefusedError(f"script {name} cannot run: {said}", fix=wrong[0].fix)
    return list(as_data(found)["findings"])


def _put(context: Context, connection: Connection, action: str, name: str, body: bytes) -> ScriptRow:
    now = time.time()
    row = store.put(connection, name, body, now)
    audit.append(connection, now, context.actor.name, action, f"{name} {row.sha256[:12]}")
    return row


def _users(connection: Connection, name: str) -> tuple[str, ...]:
    """Who declares the script, by itself; who inherits it from them does too."""
    layers: list[tuple[str, Mapping[str, Any]]] = [("site", inventory.site_answers(connection))]
    layers += [(f"profile {one.name}", one.answers) for one in inventory.profiles(connection)]
    layers += [(f"host {one.name}", one.answers) for one in inventory.hosts(connection)]
    return tuple(whose for whose, answers in layers if name in _declared_in(answers))


def _declared_in(answers: Mapping[str, Any]) -> set[str]:
    """The names of scripts in one layer of answers, however it was written (lists and single names, with and without `+`)."""
    found: set[str] = set()
    for key, value in answers.items():
        if key.rstrip("+") == "scripts" and isinstance(value, Mapping):
            for names in value.values():
                found.update([names] if isinstance(names, str) else (str(one) for one in names or ()))
    return found


def _described(row: ScriptRow, users: Iterable[str]) -> dict[str, Any]:
    return {"name": row.name, "sha256": row.sha256, "bytes": len(row.body), "changed_at": row.changed_at, "used_by": list(users)}
