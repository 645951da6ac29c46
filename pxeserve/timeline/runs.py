"""Events of one boot that follow each other and are alike: names that the loader tries, repositories that the installer looks for,
packages. An installation has thousands of these; whoever reads a boot takes them by the run. Refuses to know what is made of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pxeserve.store.events import EventRow
from pxeserve.timeline.boots import MEDIUM_FILES, Boot
from pxeserve.timeline.names import boot_name

MENU_NAMES, PARTS, REPOSITORY, PACKAGES = "menu-names", "parts", "repository", "packages"
"""What events may have in common."""

_BOOT_FILES = frozenset({"tftp.transfer", "http.boot"})


@dataclass(slots=True)
class Run:
    """`events` that have `what` in common, and stand for `count`; an empty `what` stands for itself alone. `bytes` and `seconds` are
    those of all; `package` is the highest number of n `packages` among them, 0 where there is none."""

    what: str
    events: list[EventRow] = field(default_factory=list)
    count: int = 0
    bytes: int = 0
    seconds: float = 0.0
    package: int = 0
    packages: int = 0


def runs(boot: Boot) -> list[Run]:
    """The events of `boot` in their order, alike ones together. Made once for each boot."""
    if boot.runs is None:
        boot.runs = _made(boot.events)
    return boot.runs


def others(boot: Boot) -> Iterator[EventRow]:
    """The events of `boot` that are no packages, in their order: few, whatever was installed."""
    return (event for run in runs(boot) if run.what != PACKAGES for event in run.events)


def _made(events: Iterable[EventRow]) -> list[Run]:
    found: list[Run] = []
    last = Run("-")
    for event in events:
        data = event.data or {}
        what = _alike(event, data)
        if not what or what != last.what:
            last = Run(what)
            found.append(last)
        last.events.append(event)
        last.count += event.times
        size, seconds = data.get("bytes"), data.get("seconds")
        if type(size) is int:
            last.bytes += size
        if type(seconds) is float or type(seconds) is int:
            last.seconds += seconds
        if what == PACKAGES:
            number, packages = data["package"], data.get("packages")
            if type(number) is int and number > last.package:
                last.package = number
            if type(packages) is int:
                last.packages = packages
    return found


def _alike(event: EventRow, data: Mapping[str, Any]) -> str:
    kind = event.kind
    if kind in MEDIUM_FILES:
        if data.get("package") is None:
            return REPOSITORY
        return PACKAGES if data.get("outcome") == "done" else ""
    if kind not in _BOOT_FILES:
        return ""
    outcome = data.get("outcome")
    if outcome == "part":
        return PARTS
    return MENU_NAMES if outcome == "refused:1" and boot_name(data).startswith("pxelinux.cfg/") else ""
