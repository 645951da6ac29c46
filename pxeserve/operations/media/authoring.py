"""A site's own repositories and driver disks, made and changed in a folder of whoever asks.

Not verbs of the service: it could neither read nor write a folder in somebody's home. What was made here comes in by `media.import`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pxeserve.errors import PxeserveError
from pxeserve.repo import author
from pxeserve.repo.author import Authored, Report
from pxeserve.repo.draft import FORMATS, Draft, requirement_of, telling_of, wanted_in_words

_SETTERS: dict[str, Callable[[Draft, str], Draft]] = {
    "name": lambda draft, value: replace(draft, id=value),
    "title": lambda draft, value: replace(draft, title=value),
    "product": lambda draft, value: replace(draft, product=value),
    "version": lambda draft, value: replace(draft, version=value),
    "build": lambda draft, value: replace(draft, build=value),
    "requires": lambda draft, value: replace(draft, requires=tuple(requirement_of(one) for one in value.split(",") if one.strip())),
}


def create(
    folder: Path, *, name: str, format: str, title: str = "", product: str = "", version: str = "", build: str = "",
    requires: Iterable[str] = (), packages: Iterable[str] = (), driver_disk: bool = False, report: Report,
) -> dict[str, Any]:  # fmt: skip
    """Make a repository of the files in `folder`. `packages` hold FILE=TYPE[,key=value...] where names do not tell enough.

    Raises PxeserveError naming every error; then nothing was written.
    """
    if format not in FORMATS:
        raise PxeserveError(f"{format!r} is not a format; they are {', '.join(FORMATS)}")
    if format == "xml":
        product, version = product or "XenServer", version or "1.0.0"
    if format == "yum":
        version = version or "1.0.0"
    needed = tuple(requirement_of(one) for one in requires)
    title = title or name.partition(":")[2] or name
    draft = Draft(format, name, title, product, version, build, needed, (), driver_disk)
    return _described(folder, author.create(folder, draft, dict(telling_of(one) for one in packages), report))


def add_package(folder: Path, *, files: Iterable[Path], packages: Iterable[str] = (), report: Report) -> dict[str, Any]:
    """Copy files into a repository and list them. Raises PxeserveError; then nothing was added."""
    return _described(folder, author.add(folder, files, dict(telling_of(one) for one in packages), report))


def change(folder: Path, *, set: Iterable[str], report: Report) -> dict[str, Any]:
    """Change what a repository says of itself: name, title, product, version, build, requires (parted by commas). Raises PxeserveError."""
    return _described(folder, author.change(folder, _changing(list(set)), report))


def _changing(settings: list[str]) -> Callable[[Draft], Draft]:
    def changed(draft: Draft) -> Draft:
        for setting in settings:
            key, separator, value = setting.partition("=")
            if not separator or key not in _SETTERS:
                raise PxeserveError(f"{setting!r} is not KEY=VALUE with a key of {', '.join(_SETTERS)}")
            draft = _SETTERS[key](draft, value)
        return draft

    return changed


def _described(folder: Path, made: Authored) -> dict[str, Any]:
    draft = made.draft
    return {
        "folder": str(folder),
        "format": draft.format,
        "role": made.role,
        "id": draft.id,
        "title": draft.title,
        "product": draft.product,
        "version": draft.version,
        "build": draft.build,
        "requires": [wanted_in_words(one) for one in draft.requires],
        "packages": [
            {"file": one.sums.path, "type": one.kind, "bytes": one.sums.size, "md5": one.sums.md5, "sha256": one.sums.sha256}
            for one in made.packages
        ],
        "findings": [
            {"severity": "error" if one.error else "warning", "place": one.place, "message": one.message, "fix": one.fix}
            for one in made.advice
        ],
    }
