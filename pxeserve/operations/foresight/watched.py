"""A rehearsal that the service walks itself while somebody watches: each step is told as it ends, and the report after the last.

The walk asks for everything by the same verbs as the command that walks elsewhere. Refuses to know how a step is walked.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pxeserve.domain.client import Firmware
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations import registry
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.rehearse.step import Step

_AT_ONCE = threading.BoundedSemaphore(4)
"""Walks that are watched at once."""


@verb("rehearse.walk", role=Role.OPERATOR)
def walk(context: Context, *, mac: str, firmware: Firmware | None = None) -> Iterator[dict[str, Any]]:
    """Walk the installation of the host that owns `mac`, with `firmware` or what it last said: `{"begun": ...}`, a `{"step": ...}` as each
    ends, and at last `{"report": ...}`. The walk goes to its end though nobody listens any more."""
    if not _AT_ONCE.acquire(blocking=False):
        raise RefusedError("four rehearsals are being watched already", fix="wait until one of them has ended")
    told: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    thread = threading.Thread(target=_walked, args=(context, mac, firmware, told), name="rehearsal", daemon=True)
    thread.start()
    return _following(told)


def _walked(context: Context, mac: str, firmware: Firmware | None, told: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    from pxeserve.rehearse.run import begin, rehearse  # scapy comes with it, which nobody else here needs

    def ask(name: str, arguments: Mapping[str, Any]) -> Any:
        return registry.call(context, name, arguments)

    def tell(step: Step) -> None:
        told.put({"step": asdict(step)})

    try:
        begun = begin(ask, mac, str(firmware) if firmware is not None else None)
        told.put({"begun": {"host": begun.host, "mac": begun.mac, "firmware": begun.firmware, "heard": begun.heard}})
        told.put({"report": rehearse(ask, begun, tell).plain()})
    except PxeserveError as error:
        told.put({"problem": {"message": error.message, "fix": error.fix, "code": error.code}})
    finally:
        _AT_ONCE.release()
        told.put(None)


def _following(told: queue.SimpleQueue[dict[str, Any] | None]) -> Iterator[dict[str, Any]]:
    while (one := told.get()) is not None:
        if problem := one.get("problem"):
            raise PxeserveError(problem["message"], code=problem["code"], fix=problem["fix"])
        yield one
