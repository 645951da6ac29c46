"""The site's own templates of answerfiles: read, written and tried. They are files beneath one folder of the data folder, as those whom
people copy there by hand; what is written here was looked at before, and is remembered beside the file.

Refuses to know how a template is rendered (`answerfile.templates`), and what hosts are told by it (`preparing`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile import templates
from pxeserve.answerfile.declared import SHOWN
from pxeserve.answerfile.finding import as_data
from pxeserve.answerfile.templates import Room, TemplateError, keeping
from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.installs import seal
from pxeserve.operations.context import Context
from pxeserve.operations.editing import served
from pxeserve.operations.preparing.answering import Answering
from pxeserve.operations.preparing.host import Mode, answered_for, templates_folder
from pxeserve.operations.registry import verb
from pxeserve.operations.words.revisions import StaleError
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import audit, history, inventory

TRIED = 20
"""Hosts whose answerfiles are written anew by a template that is to be kept."""
EARLIER = 20
"""Versions that are shown of one."""
_WHAT = "template"


@verb("template.list", role=Role.VIEWER)
def list_templates(context: Context) -> list[dict[str, Any]]:
    """All templates, by name, each with who declares it."""
    texts = _texts(context)
    with context.store.site.read() as connection:
        users = _users(connection)
    return [_described(name, text, users.get(name, ())) for name, text in texts.items()]


@verb("template.show", role=Role.OPERATOR, changes=False)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One template with its text, and what it was before, as far as it was written here."""
    text = _known(context, name)
    with context.store.site.read() as connection:
        users = _users(connection).get(name, ())
        rows = history.rows(connection, _WHAT, name, EARLIER)
    earlier = [{"at": row.at, "who": row.who, "action": row.action, "text": str(row.answers.get("text", ""))} for row in rows]
    return {**_described(name, text, users), "text": text, "earlier": earlier}


@verb("template.add", role=Role.OPERATOR)
def add(context: Context, *, name: str, text: str) -> dict[str, Any]:
    """Keep a template. Raises PxeserveError when there is one of that name, or when it is no template."""
    return _kept(context, "template.add", name, text, None)


@verb("template.set", role=Role.OPERATOR)
def set_template(context: Context, *, name: str, text: str, revision: str | None = None) -> dict[str, Any]:
    """Change a template. Hosts that are armed already keep the file that they were armed with. Raises StaleError when `revision`, its
    SHA-256, is said and it is another one by now. `notes` tell of hosts that could not be armed with it."""
    _known(context, name)
    return _kept(context, "template.set", name, text, revision)


@verb("template.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str, revision: str | None = None) -> dict[str, Any]:
    """Forget a template, as it was at `revision` where that is said. Refused while somebody declares it, or another one includes it."""
    text = _known(context, name)
    with context.store.site.write() as connection:
        _refuse_stale(name, text, revision)
        users = _users(connection).get(name, ())
        if users:
            raise ConflictError(f"template {name} is used by {', '.join(users[:5])}", fix="take it out of their answers first")
        others = {one: said for one, said in _texts(context).items() if one != name}
        _refuse_broken(f"template {name} is needed", others, [one for one, said in others.items() if name in said])
        _remembered(connection, context, "template.remove", name, text)
        _written(context, lambda folder: keeping.drop(folder, name))
    return {"removed": name}


@verb("template.preview", role=Role.OPERATOR, changes=False)
def preview(context: Context, *, name: str, text: str, host: str, mode: Mode = "fresh") -> dict[str, Any]:
    """The whole file that `host` would get of a template that nobody has kept yet: the password hidden, and tokens replaced by a word.
    Raises PxeserveError, with the template's line, when there would be none."""
    snapshot = shared(context.store).current()
    if host not in snapshot.hosts:
        raise NotFoundError(f"there is no host {host}", fix="pxeserve host list shows them all")
    name, _ = _looked_at(context, name, text)
    with Answering(templates_folder(context), {name: text}) as answering:
        found = _of(context, snapshot, answering, snapshot.hosts[host], name, mode)
    assert found is not None
    return {
        "host": host,
        "mode": mode,
        "text": served.masked(found.text),
        "warnings": found.warnings,
        "findings": as_data(found.findings)["findings"],
    }


def _kept(context: Context, action: str, name: str, text: str, revision: str | None) -> dict[str, Any]:
    name, body = _looked_at(context, name, text)
    with context.store.site.write() as connection:
        before = _texts(context).get(name)
        if action == "template.add" and before is not None:
            raise ConflictError(f"there is already a template {name}", fix=f"pxeserve template set {name} FILE changes it")
        if before is not None:
            _refuse_stale(name, before, revision)
        users = _users(connection)
        if before != text:
            _remembered(connection, context, action, name, text, before)
            _written(context, lambda folder: keeping.put(folder, name, body))
    return {**_described(name, text, users.get(name, ())), "notes": _tried(context, name)}


def _looked_at(context: Context, name: str, text: str) -> tuple[str, bytes]:
    """The name and the bytes of a text that Jinja2 can read, beside the templates that are there. Raises PxeserveError."""
    try:
        body = keeping.bounded(keeping.named(name), text)
    except TemplateError as error:
        raise _refused(error) from None
    found = {**_texts(context), name: text}
    if len(found) > templates.MOST_FILES:
        raise PxeserveError(f"{templates.MOST_FILES} templates are kept, and no more", fix="remove one that nobody uses")
    _refuse_broken("", found, [name])
    return name, body


def _refuse_broken(because: str, texts: Mapping[str, str], names: Iterable[str]) -> None:
    """Raises PxeserveError when one of these cannot be read, with all that it names."""
    try:
        with Room(texts) as room:
            for name in names:
                room.look(name)
    except TemplateError as error:
        if because:
            raise ConflictError(f"{because}: {error}", fix="take it out there first") from None
        raise _refused(error) from None


def _tried(context: Context, name: str) -> list[str]:
    """What becomes of the answerfiles of those who use it, as far as a person should hear of it."""
    snapshot = shared(context.store).current()
    users = [host for host in snapshot.hosts.values() if _template_of(snapshot, host) == name]
    said: list[str] = []
    with Answering(templates_folder(context)) as answering:
        for host in users[:TRIED]:
            try:
                _of(context, snapshot, answering, host, name, "fresh")
            except PxeserveError as error:
                said.append(f"could not be armed with it: {error.message}")
    if len(users) > TRIED:
        said.append(f"{TRIED} of {len(users)} hosts were tried")
    return said


def _of(context: Context, snapshot: Snapshot, answering: Answering, host: Host, name: str, mode: Mode) -> Any:
    """What `host` would be told by the template `name`, whichever it has."""
    asked = replace(host, answers={**host.answers, "template": name})
    medium = snapshot.medium_of(host)
    if medium is None:
        raise PxeserveError(f"{host.name}: its profile {host.profile} names no medium, so it fetches no answerfile")
    hosts = {**snapshot.hosts, host.name: asked}
    changed = replace(snapshot, hosts=hosts)
    return answered_for(context, changed, answering, asked, medium, mode, seal.new_key(), SHOWN).answered


def _template_of(snapshot: Snapshot, host: Host) -> str | None:
    try:
        said = snapshot.layers.of_host(host).values.get(_WHAT)
    except ValueError:
        return None
    return said if isinstance(said, str) else None


def _texts(context: Context) -> Mapping[str, str]:
    try:
        return templates.sources(templates_folder(context))
    except TemplateError as error:
        raise _refused(error) from None


def _known(context: Context, name: str) -> str:
    text = _texts(context).get(name)
    if text is None:
        raise NotFoundError(f"there is no template {name[:200]}", fix="pxeserve template list shows them all")
    return text


def _refused(error: TemplateError) -> PxeserveError:
    return PxeserveError(str(error), fix=error.fix or "put that line right: nothing was kept")


def _refuse_stale(name: str, text: str, revision: str | None) -> None:
    if revision is not None and revision != _sum(text):
        raise StaleError(f"template {name}", ("text",))


def _remembered(connection: Connection, context: Context, action: str, name: str, text: str, before: str | None = None) -> None:
    now = time.time()
    rows = [history.Row(_WHAT, name, now, context.actor.name, action, {"text": text})]
    if before is not None and not history.known(connection, [(_WHAT, name)]):
        rows.insert(0, history.Row(_WHAT, name, now, "", "before", {"text": before}))
    history.add(connection, rows)
    audit.append(connection, now, context.actor.name, action, f"{name} {_sum(text)[:12]}")


def _written(context: Context, write: Any) -> None:
    folder: Path = templates_folder(context)
    try:
        write(folder)
    except OSError as error:
        fix = "let the service's user write there, or change the file by hand"
        raise PxeserveError(f"{folder}: {error.strerror}", code="unwritable", fix=fix) from None


def _users(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Who declares each, by itself; who inherits it from them has it too."""
    layers: list[tuple[str, Mapping[str, Any]]] = [("site", inventory.site_answers(connection))]
    layers += [(f"profile {one.name}", one.answers) for one in inventory.profiles(connection)]
    layers += [(f"host {one.name}", one.answers) for one in inventory.hosts(connection)]
    found: dict[str, tuple[str, ...]] = {}
    for whose, answers in layers:
        if isinstance(said := answers.get(_WHAT), str):
            found[said] = (*found.get(said, ()), whose)
    return found


def _described(name: str, text: str, users: Iterable[str]) -> dict[str, Any]:
    body = text.encode("utf-8")
    return {"name": name, "sha256": _sum(text), "bytes": len(body), "used_by": list(users)}


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
