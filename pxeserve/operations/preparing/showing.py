"""Answerfiles: show the one that a host would get, and who said each value of it; look at those of many hosts."""

from __future__ import annotations

from typing import Any

from pxeserve.answerfile.answers import Mode as InstallerMode
from pxeserve.answerfile.declared import SHOWN
from pxeserve.answerfile.declared.values import without_password
from pxeserve.answerfile.dialects import spoken
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.origins import PXESERVE, Value, defaults, origins
from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.installs import seal
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.hosts import known
from pxeserve.operations.preparing.answering import Answering
from pxeserve.operations.preparing.host import Checked, Mode, answered_for, checked, templates_folder
from pxeserve.operations.registry import verb
from pxeserve.snapshot import Snapshot, shared


@verb("answerfile.render", role=Role.VIEWER)
def render(context: Context, *, name: str, mode: Mode = "fresh") -> dict[str, Any]:
    """The answerfile that host `name` would get now, with the password hidden and tokens that open nothing; who said each value of it, and
    what a person should know before it is used."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    found = checked(context, host, mode, interactive=False, password=SHOWN)
    if found.frozen.answerfile is None or found.answered is None or found.medium is None:
        raise PxeserveError(f"{name}: its profile boots plain files, which fetch no answerfile")
    said, unsaid = _origins(found, mode)
    return {
        "host": name,
        "mode": mode,
        "dialect": found.medium.dialect,
        "template": found.template,
        "answerfile": hidden(found.frozen.answerfile),
        "warnings": found.answered.warnings,
        "origins": [_plain(one) for one in said],
        "defaults": [_plain(one) for one in unsaid],
    }


@verb("answerfile.check", role=Role.VIEWER)
def check(context: Context, *, profile: str | None = None, mode: Mode = "fresh") -> list[dict[str, Any]]:
    """What would become of the answerfile of every host, or of those of `profile` and of the profiles below it: rendered and linted now,
    with passwords hidden. Nothing is armed, and files of media are not looked at."""
    snapshot = shared(context.store).current()
    key = seal.new_key()
    with Answering(templates_folder(context)) as answering:
        return [
            _checked(context, snapshot, answering, host, mode, key)
            for host in snapshot.hosts.values()
            if profile is None or profile in (host.profile, *snapshot.layers.above(host.profile))
        ]


def _checked(context: Context, snapshot: Snapshot, answering: Answering, host: Host, mode: Mode, key: bytes) -> dict[str, Any]:
    said = {"host": host.name, "profile": host.profile}
    medium = snapshot.medium_of(host)
    if medium is None:
        return {**said, "verdict": "none", "because": ["its profile names no medium, so it fetches no answerfile"]}
    try:
        found = answered_for(context, snapshot, answering, host, medium, mode, key, SHOWN).answered
    except PxeserveError as error:
        return {**said, "verdict": "refused", "because": [str(error)]}
    assert found is not None
    return {**said, "verdict": "surprising" if found.warnings else "accepted", "because": found.warnings}


def hidden(text: bytes) -> str:
    """An answerfile as people may see it: a template may hold a password of its own."""
    shown = text
    for node in reversed(parse(text).root.named("root-password")):
        begins = _tag_ends(text, node.start)
        if node.children or node.end <= begins:
            continue
        shown = shown[:begins] + SHOWN.encode() + shown[node.end :]
    return without_password(shown.decode("ascii"))


def _tag_ends(text: bytes, start: int) -> int:
    """The first byte behind the start tag that begins at `start`."""
    quote = b""
    for position in range(start, len(text)):
        byte = text[position : position + 1]
        if quote:
            quote = b"" if byte == quote else quote
        elif byte in (b'"', b"'"):
            quote = byte
        elif byte == b">":
            return position + 1
    return len(text)


def _origins(found: Checked, mode: Mode) -> tuple[list[Value], list[Value]]:
    assert found.answered is not None and found.medium is not None
    document = parse(found.answered.text)
    author = f"template {found.template}" if found.template else PXESERVE
    dialect = spoken(found.medium.dialect)
    unsaid = defaults(document, dialect, InstallerMode(mode)) if dialect is not None else []
    return origins(document, found.answered.answers, found.merged, author), unsaid


def _plain(value: Value) -> dict[str, Any]:
    return {
        "line": value.line,
        "element": value.element,
        "attribute": value.attribute,
        "value": value.text,
        "answer": value.answer,
        "origin": value.origin,
    }
