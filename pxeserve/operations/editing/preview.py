"""The answerfile that a host would get, of answers that nobody has saved yet; and how it differs from the one that it was last given."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from pxeserve.answerfile.answers import Mode as InstallerMode
from pxeserve.answerfile.declared import SHOWN
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.finding import as_data
from pxeserve.answerfile.origins import PXESERVE, defaults, origins
from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.installs import seal
from pxeserve.operations.context import Context
from pxeserve.operations.editing import served
from pxeserve.operations.editing.saving import own_of
from pxeserve.operations.editing.subject import subject
from pxeserve.operations.inventory.remembering import What
from pxeserve.operations.preparing.answering import Answering
from pxeserve.operations.preparing.host import Checked, Mode, answered_for, templates_folder
from pxeserve.operations.registry import verb
from pxeserve.snapshot import Layers, Snapshot, shared


@verb("draft.preview", role=Role.VIEWER)
def preview(
    context: Context, *, host: str, mode: Mode = "fresh", what: What | None = None, name: str = "", answers: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The whole file that `host` would get now, as it would be with `answers` (of the site, profile or host `what`) saved: the password
    hidden, and tokens replaced by a word. With who said each value, what a person should know, and, where the host was armed before, the
    file of then and the lines that differ. Raises PxeserveError when there would be none."""
    snapshot = shared(context.store).current()
    if host not in snapshot.hosts:
        raise NotFoundError(f"there is no host {host}", fix="pxeserve host list shows them all")
    if what is not None and answers is not None:
        with context.store.site.read() as connection:
            found = subject(connection, what, name)
        snapshot = _with(snapshot, what, found.name, own_of(found, answers))
    return _looked_at(context, snapshot, snapshot.hosts[host], mode)


def _looked_at(context: Context, snapshot: Snapshot, host: Host, mode: Mode) -> dict[str, Any]:
    medium = snapshot.medium_of(host)
    if medium is None:
        raise PxeserveError(f"{host.name}: its profile {host.profile} names no medium, so it fetches no answerfile")
    with Answering(templates_folder(context)) as answering:
        found = answered_for(context, snapshot, answering, host, medium, mode, seal.new_key(), SHOWN)
    assert found.answered is not None
    text = served.masked(found.answered.text)
    last = served.last(context, host.name)
    return {
        "host": host.name,
        "mode": mode,
        "dialect": medium.dialect,
        "template": found.template,
        "text": text,
        "warnings": found.answered.warnings,
        "findings": as_data(found.answered.findings)["findings"],
        "origins": _origins(found, medium.dialect, mode),
        "last": asdict(last) if last is not None else None,
        "differs": _lines(last.text, text) if last is not None else [],
    }


def _with(snapshot: Snapshot, what: What, name: str, declared: Mapping[str, Any]) -> Snapshot:
    """The inventory as it would be with other answers."""
    layers = snapshot.layers
    if what == "host":
        hosts = {**snapshot.hosts, name: replace(snapshot.hosts[name], answers=declared)}
        return replace(snapshot, hosts=hosts)
    if what == "site":
        return replace(snapshot, layers=Layers(declared, layers.profiles))
    profiles = {**layers.profiles, name: replace(layers.profiles[name], answers=declared)}
    return replace(snapshot, layers=Layers(layers.site, profiles))


def _origins(found: Checked, dialect: str, mode: Mode) -> list[dict[str, Any]]:
    assert found.answered is not None
    document = parse(found.answered.text)
    author = f"template {found.template}" if found.template else PXESERVE
    known = spoken(dialect)
    said = origins(document, found.answered.answers, found.merged, author)
    unsaid = defaults(document, known, InstallerMode(mode)) if known is not None else []
    return [{**asdict(one), "text": served.untold(one.text)} for one in (*said, *unsaid)]


def _lines(then: str, now: str) -> list[dict[str, str]]:
    """All lines of both, each with its sign: " " in both, "-" only then, "+" only now."""
    found = difflib.SequenceMatcher(None, a := then.splitlines(), b := now.splitlines(), autojunk=False)
    told: list[dict[str, str]] = []
    for kind, first, last, begin, end in found.get_opcodes():
        if kind == "equal":
            told += ({"sign": " ", "text": line} for line in b[begin:end])
        else:
            told += ({"sign": "-", "text": line} for line in a[first:last])
            told += ({"sign": "+", "text": line} for line in b[begin:end])
    return told
