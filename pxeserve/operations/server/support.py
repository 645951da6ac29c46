"""What somebody needs who is to help from elsewhere: how the service and its machine stand, in a few bounded files, without a secret.

Asked of the operations, which tell none; and gone over once more for what looks like one, as a log holds what others have said. Names,
MACs and addresses stay: without them nothing could be told from anything. Refuses to know where it goes.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pxeserve import __version__
from pxeserve.answerfile.declared import SHOWN
from pxeserve.config import Config
from pxeserve.doctor.around import run
from pxeserve.doctor.network import interfaces
from pxeserve.errors import PxeserveError, quoted
from pxeserve.operations.server import doctor
from pxeserve.store.database import HEADS

Ask = Callable[[str, Mapping[str, Any]], Any]
"""Has a verb carried out."""

MOST = 4 << 20
"""Bytes of one file; of more the end is kept, which is the newest."""
EVENTS = 2000
LOG_LINES = 2000
_PAGE = 500
_PACKAGES = ("sqlalchemy", "alembic", "flask", "gunicorn", "pydantic", "cryptography", "lxml", "prometheus-client", "watchdog", "pyftpdlib")
_LOOKS_SECRET = (
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"\$(?:1|2[abxy]|5|6|y|argon2[a-z]*)\$[A-Za-z0-9./$=,+-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@\"']{1,200}:[^/\s@\"']{1,200}(?=@)"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)(?<=password[=:])[^\s\"',}]{1,200}"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the bundle: its name, what it `holds` in words, and its text."""

    file: str
    holds: str
    text: bytes


def gathered(config: Config, ask: Ask, without: Collection[str] = ()) -> list[Part]:
    """All parts but those `without`. What cannot be had is said in its place, and the others are there all the same. Raises
    PxeserveError for a part that there is not."""
    if unknown := sorted(set(without) - _PARTS.keys()):
        raise PxeserveError(f"there is no part {quoted(unknown[0])}", fix=f"the parts are {', '.join(_PARTS)}")
    wanted = {file: part for file, part in _PARTS.items() if file not in without}
    parts = [Part(file, holds, _bounded(_scrubbed(_said(get, config, ask)))) for file, (holds, get) in wanted.items()]
    return [Part("README.txt", "this list", _list(parts).encode()), *parts]


def _list(parts: list[Part]) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    lines = [f"{part.file:<20} {len(part.text):>9,}  {part.holds}" for part in parts]
    return "\n".join([f"pxeserve {__version__}, {when}", "", *lines, "", NOTE, ""])


NOTE = (
    "No passwords, keys, tokens or hashes of them are in it; names, MACs and addresses of this site are. "
    "Look through it before you send it."
)


def _said(get: Callable[[Config, Ask], Any], config: Config, ask: Ask) -> str:
    try:
        found = get(config, ask)
    except (PxeserveError, OSError) as error:
        return f"cannot be had: {error}\n"
    return found if isinstance(found, str) else json.dumps(found, indent=1, default=str) + "\n"


def _scrubbed(text: str) -> str:
    for pattern in _LOOKS_SECRET:
        text = pattern.sub(SHOWN, text)
    return text


def _bounded(text: str) -> bytes:
    whole = text.encode(errors="replace")
    if len(whole) <= MOST:
        return whole
    return f"the first {len(whole) - MOST:,} bytes are left out\n".encode() + whole[-MOST:]


def _verb(name: str, **arguments: Any) -> Callable[[Config, Ask], Any]:
    return lambda _config, ask: ask(name, arguments)


def _program(*command: str) -> Callable[[Config, Ask], str]:
    def said(_config: Config, _ask: Ask) -> str:
        answer = run(command)
        return answer.out if answer.status == 0 else f"cannot be had: {answer.error or answer.status}\n"

    return said


def _versions(_config: Config, _ask: Ask) -> dict[str, Any]:
    known = {name: importlib.metadata.version(name) for name in _PACKAGES if _is_installed(name)}
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return {
        "pxeserve": __version__, "schemas": HEADS, "python": platform.python_version(), "kernel": platform.release(), "system": system,
        "machine": platform.machine(), "cores": os.cpu_count(), "packages": known,
    }  # fmt: skip


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _doctor(config: Config, ask: Ask) -> Any:
    return doctor.everywhere(config, [], lambda names: ask("doctor", {"only": list(names)}))


def _events(_config: Config, ask: Ask) -> str:
    """One a line, the oldest first."""
    found: list[Any] = []
    after: int | None = None
    for _ in range(EVENTS // _PAGE):
        page = ask("event.page", {"limit": _PAGE, "after": after})
        found += page["items"]
        after = page["next"]
        if after is None:
            break
    return "".join(json.dumps(one, default=str) + "\n" for one in reversed(found))


def _interfaces(_config: Config, _ask: Ask) -> list[dict[str, Any]]:
    return [asdict(one) for one in interfaces()]


_PARTS: Mapping[str, tuple[str, Callable[[Config, Ask], Any]]] = {
    "versions.json": ("releases of pxeserve, its libraries, Python and the system", _versions),
    "configuration.json": ("every key of the configuration in force, and where it was said; secrets are files, and their names stand here",
                           _verb("settings.keys")),
    "status.json": ("what the service has and does", _verb("status")),
    "processes.json": ("its processes, how long they run and what they hold in memory", _verb("service.processes")),
    "doctor.json": ("what the doctor finds", _doctor),
    "counters.json": ("what was ignored, refused or lost in the last hour", _verb("counters")),
    "events.jsonl": (f"the last {EVENTS} events of the record", _events),
    "media.json": ("media and how they stand", _verb("media.list")),
    "loaders.json": ("boot loaders", _verb("loaders.list")),
    "jobs.json": ("jobs", _verb("job.list")),
    "interfaces.json": ("interfaces and addresses of this machine", _interfaces),
    "routes.txt": ("its routes", _program("ip", "route", "show", "table", "all")),
    "sockets.txt": ("who listens on which port", _program("ss", "-lntup")),
    "log.txt": (f"the last {LOG_LINES} lines of its log, where systemd keeps it",
                _program("journalctl", "--unit", "pxeserve", "--lines", str(LOG_LINES), "--no-pager", "--output", "short-iso")),
}  # fmt: skip
