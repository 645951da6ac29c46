"""The templates of a site: the files beneath one folder, read whole before anything is made of them.

So a template reads no file: what it may include was read before, and nothing else is there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pxeserve.paths import PathRefused, Root

MOST_FILES, MOST_BYTES, MOST_IN_ALL = 200, 64 * 1024, 1024 * 1024
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,3}", re.ASCII)
"""What a template may be called: its path beneath the folder."""

Sources = Mapping[str, str]
"""Templates by their names, which are their paths beneath the folder."""


class TemplateError(ValueError):
    """A template from which nothing comes. `name` and `line` (from 1; 0: not known) say where in the templates; `fix` what to do."""

    def __init__(self, name: str, line: int, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.name, self.line, self.message, self.fix = name, line, message, fix

    def __str__(self) -> str:
        return f"template {self.name}" + (f" line {self.line}" if self.line else "") + f": {self.message}"


def sources(folder: Path) -> Sources:
    """All templates beneath `folder`; none when there is no such folder. Links are not followed, what is no plain text is left out.
    Raises TemplateError when there are too many of them, or one is too large."""
    try:
        root = Root(folder)
    except OSError:
        return {}
    found: dict[str, str] = {}
    total = 0
    try:
        for name in sorted(_names(folder)):
            text = _read(root, name)
            if text is None:
                continue
            total += len(text)
            if len(found) >= MOST_FILES or total > MOST_IN_ALL:
                said = f"more than {MOST_FILES} templates, or {MOST_IN_ALL // 1024} KiB of them, lie in {folder}"
                raise TemplateError(name, 0, said, "keep other files elsewhere")
            found[name] = text
    finally:
        root.close()
    return found


def _names(folder: Path) -> Iterator[str]:
    for place, inner, files in os.walk(folder, followlinks=False):
        inner[:] = [one for one in inner if not one.startswith(".")]
        for file in files:
            name = (Path(place) / file).relative_to(folder).as_posix()
            if NAME.fullmatch(name):
                yield name


def _read(root: Root, name: str) -> str | None:
    try:
        file = root.open(name)
    except (PathRefused, OSError):
        return None
    try:
        if file.size > MOST_BYTES:
            raise TemplateError(name, 0, f"{file.size} bytes; a template has {MOST_BYTES // 1024} KiB at most", "shorten it")
        return file.read(file.size, 0).decode("utf-8")
    except UnicodeDecodeError:
        return None
    finally:
        file.close()
