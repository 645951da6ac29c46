"""The end of an installer's log, which its hook sends when it has failed: taken once a stage, from an install that is under way, with
every secret masked before anything is kept.

Refuses to know how it came.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.events.record import harmless
from pxeserve.installs import seal
from pxeserve.installs.delivery import reporting
from pxeserve.keys import Keys
from pxeserve.store import Store, inventory, logs
from pxeserve.store.installs import InstallRow
from pxeserve.store.logs import LogRow

LAST = 12
"""Lines that are told with the event."""

TOLD = 200
"""Characters of each of them. All of it fits into an event in any script: one that is too long would travel without a word of this."""

_LINE = 1000
_MOST = 512 << 10
"""Characters of a line, and of all that is kept: what is harmless may be longer than what came."""
_SHORTEST = 4
"""A shorter secret is no secret, and masking it would leave holes everywhere."""
_MASK = "[masked]"
_SECRET_ELEMENT = re.compile(rb"<(root-password|pool-token|password|secret)\b[^>]*>([^<]{1,1000})<", re.IGNORECASE)
_TOKEN = re.compile(r"(/(?:[asp]|fb)/[A-Za-z0-9_-]{6})[A-Za-z0-9_-]{20,}")
_IN_ADDRESS = re.compile(r"(\w{1,20}://)[^/\s@'\"]{1,300}@")
_WITH_USER = re.compile(r"(?<![\w.+/-])([\w.+-]{1,64}+):(?!/)[^\s/'\"]{1,300}@(?=[\w\[])")
_WORD = r"""['"]?[\s,]\s*(?:u?['"])?"""
"""What stands between an option and its word: a space, or the comma of a list."""
_HUSHED = r"--?(?:[\w-]{0,40}(?:pass(?:wd|word|phrase)?|pwd|secret|token)|pw)"
_OPTION = re.compile(rf"""((?<![\w-]){_HUSHED}{_WORD})[^\s'",]{{1,300}}""", re.IGNORECASE)
_SHORT = re.compile(rf"""((?<![\w-])-p{_WORD})(?![-/.'",])[^\s'",]{{1,300}}""")
"""The word behind `-p`, unless it is a path or another option: folders are made with `mkdir -p`."""
_CRYPT = re.compile(r"\$(?:[1-7]|2[abxy]?|y|gy|sha1|md5)\$[./0-9A-Za-z$=,]{8,}")
_NAMED = re.compile(
    r"((?:pass(?:word|wd|phrase)|secret|pool[-_]token|chap|pwdhash|plaintext)[\w'\" -]{0,40}?(?::=|=|:|>|,))\s*\S.*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Kept:
    """The end of a log that was taken: of which install and stage, its bytes as they came and its last lines; `fresh` is False when there
    was one already, which stays."""

    install: str
    stage: str
    size: int
    last: tuple[str, ...]
    fresh: bool


def keep(store: Store, keys: Keys, token: str, stage: str, body: bytes, address: IPv4Address, now: float) -> Kept | None:
    """Keep `body` as the end of the log at `stage`, if `token` reports for an install that is under way. None: it does not.

    Raises SQLAlchemyError when it cannot be kept.
    """
    del address  # a report is good from wherever its token is
    with store.site.read() as connection:
        row = reporting(connection, token, "progress", "", now)
        host = inventory.host_by_id(connection, row.host_id) if row else None
    if row is None:
        return None
    text = shown(body, _secrets(row, keys))
    with store.events.write() as connection:
        fresh = logs.add(connection, LogRow(row.id, stage, host.name if host else None, now, len(body), text))
    return Kept(row.id, stage, len(body), tuple(harmless(line, TOLD) for line in text.splitlines()[-LAST:]), fresh)


def shown(body: bytes, secrets: Iterable[str] = ()) -> str:
    """`body` as lines that are harmless wherever they are shown, without `secrets` and without what looks like one. The first line may be a
    part of one."""
    known = sorted({one for one in secrets if len(one) >= _SHORTEST}, key=len, reverse=True)
    lines: list[str] = []
    for raw in body.split(b"\n"):
        line = raw.rstrip(b"\r").decode("utf-8", "surrogateescape")
        if not lines:
            line = _without_rest(line, known)
        for one in known:
            line = line.replace(one, _MASK)
        lines.append(harmless(_masked(line), _LINE))
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines)[-_MOST:]


def _without_rest(line: str, known: Iterable[str]) -> str:
    """`line` without the end of a secret that it begins with: the log may have been cut within one."""
    rests = (one[start:] for one in known for start in range(1, len(one) - _SHORTEST + 1))
    longest = max((len(rest) for rest in rests if line.startswith(rest)), default=0)
    return _MASK + line[longest:] if longest else line


def _masked(line: str) -> str:
    line = _NAMED.sub(rf"\1 {_MASK}", line)
    for option in (_OPTION, _SHORT):
        line = option.sub(rf"\1{_MASK}", line)
    line = _WITH_USER.sub(rf"\1:{_MASK}@", _IN_ADDRESS.sub(rf"\1{_MASK}@", line))
    return _CRYPT.sub(_MASK, _TOKEN.sub(r"\1…", line))


def _secrets(row: InstallRow, keys: Keys) -> set[str]:
    """What was delivered to this installer and must not come back to light."""
    if row.sealed is None:
        return set()
    answerfile = seal.unseal(row.sealed, row.id, keys.seal).answerfile or b""
    found = {match[2].decode("utf-8", "replace").strip() for match in _SECRET_ELEMENT.finditer(answerfile)}
    return found | {html.unescape(one) for one in found}
