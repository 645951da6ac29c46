"""How pages are made: the templates and files of `web/`, read once, and the words in which templates show times, sizes and lengths of time.

Everything is read while it can be: the service's user may not be able to look into the checkout. Refuses to know what is shown.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from flask import Flask
from jinja2 import DictLoader, StrictUndefined
from markupsafe import Markup

from pxeserve import resources

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_KILO = 1000
_FINE = 9.95
"""Seconds below which tenths are told."""
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"))
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2",
          ".json": "application/json", ".ico": "image/x-icon", ".png": "image/png", ".txt": "text/plain"}  # fmt: skip
_PARTS = ("static", "vendor")


@dataclass(frozen=True, slots=True)
class File:
    """A file that the browser loads: its bytes, media type, and the beginning of their SHA-256."""

    content: bytes
    kind: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Web:
    """All of `web/` that is served: templates by name, files by their path beneath `/static/`."""

    templates: Mapping[str, str]
    files: Mapping[str, File]


@lru_cache(maxsize=1)
def web() -> Web:
    """Read it, once in a process. Raises FileNotFoundError when the installation lacks it."""
    root = resources.folder("web")
    templates = {name: path.read_text(encoding="utf-8") for name, path in _beneath(root / "templates")}
    files: dict[str, File] = {}
    for part in _PARTS:
        for name, path in _beneath(root / part):
            files[name if part == "static" else f"{part}/{name}"] = _file(path)
    return Web(templates, files)


def install(app: Flask) -> None:
    """Let `app` make its pages from these templates."""
    loader = DictLoader(dict(web().templates))
    app.jinja_options = {"loader": loader, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    environment = app.jinja_env
    environment.auto_reload = False
    environment.filters.update(moment=moment, size=size, lasting=lasting)
    environment.globals.update(static=address_of)


def address_of(name: str) -> str:
    """Where the browser finds a file of `web/static` (or `vendor/...`): with a stamp, so that it may keep it for ever. Raises KeyError for
    a name that is not there."""
    return f"/static/{name}?v={web().files[name].stamp}"


def moment(seconds: float | None) -> Markup | str:
    """Epoch seconds as an element that says UTC; the page's script shows it in the reader's own time. A dash for None."""
    if seconds is None:
        return "–"
    said = datetime.fromtimestamp(seconds, UTC)
    stamp = said.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{} UTC">{} UTC</time>').format(stamp, f"{said:%Y-%m-%d %H:%M:%S}", f"{said:%Y-%m-%d %H:%M}")


def size(count: int | None) -> str:
    """Bytes as people say them, in powers of a thousand as on the command line: `1.4 GB`. A dash for None."""
    if count is None:
        return "–"
    value, unit = float(count), 0
    while value >= _KILO and unit < len(_UNITS) - 1:
        value, unit = value / _KILO, unit + 1
    return f"{count} {_UNITS[0]}" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def lasting(seconds: float | None) -> str:
    """Seconds as people say them, two units at most: `0.4 s`, `42 s`, `12 min 5 s`, `3 d 4 h`. A dash for None."""
    if seconds is None:
        return "–"
    if 0 < seconds < _FINE and seconds != int(seconds):
        return f"{seconds:.1f} s"
    left = round(seconds)
    said: list[str] = []
    for length, unit in (*_SPANS, (1, "s")):
        if left >= length or (said and len(said) == 1):
            count, left = divmod(left, length)
            said.append(f"{count} {unit}")
        if len(said) == 2 or not left:
            break
    return " ".join(said) or "0 s"


def _beneath(folder: Path) -> list[tuple[str, Path]]:
    if not folder.is_dir():
        return []
    return [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file()]


def _file(path: Path) -> File:
    content = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(content, kind, hashlib.sha256(content).hexdigest()[:16])
