"""Checking media on somebody's behalf: with progress, and with a word in the record when a medium turned good or damaged."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from pxeserve.domain.medium import Medium
from pxeserve.operations.context import Context, Progress
from pxeserve.repo import verify
from pxeserve.repo.verify import Verdict
from pxeserve.snapshot import Snapshot


class Depth(StrEnum):
    """How deep to look: what was touched since it was last read whole, every byte, or every byte from the disk itself."""

    CHANGED = "changed"
    FULL = "full"
    DISK = "disk"


_LOOKS = {Depth.CHANGED: verify.changed, Depth.FULL: verify.full, Depth.DISK: verify.from_disk}


def look(context: Context, medium: Medium, depth: Depth) -> Verdict:
    """Check `medium` so deep; it is marked good or damaged by it, and whoever is concerned is told."""
    verdict = _LOOKS[depth](context.store, context.config.server.data, medium, report(context))
    if verdict.turned is not None and context.recorder is not None:
        context.recorder.emit(verdict.turned.event(time.time()))
    return verdict


def recheck(context: Context, medium: Medium) -> Verdict:
    """What is wrong with a medium now, by reading only what was touched since it was last read whole: milliseconds, usually."""
    return look(context, medium, Depth.CHANGED)


def report(context: Context) -> Callable[[int, int, str], None]:
    """Takes bytes done, bytes in all and what is being done, for whoever waits."""
    return lambda done, total, text: context.report(Progress(done, total, text))


def mend(name: str) -> str:
    """What to do about a damaged medium."""
    return f"pxeserve media verify {name} names all that is wrong; put the files right and verify again, or remove and import it anew"


def described(medium: Medium, verdict: Verdict) -> dict[str, Any]:
    """A verdict for programs."""
    signed = verdict.signature
    return {
        "name": medium.name,
        "state": verdict.state,
        "faults": list(verdict.faults),
        "warnings": list(verdict.warnings),
        "read": verdict.read,
        "bytes": verdict.bytes,
        "unchanged": verdict.unchanged,
        "signature": {"state": signed.state, "text": signed.text, "key": signed.key} if signed else None,
    }


def standing(snapshot: Snapshot, name: str | None) -> dict[str, Any] | None:
    """A medium by name, whether it is good, and if not why; None for no medium."""
    medium = snapshot.media.get(name) if name else None
    if medium is None:
        return None
    return {"name": medium.name, "state": medium.state, "because": medium.state_reason}
