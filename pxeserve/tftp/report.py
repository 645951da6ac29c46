"""The one event that a transfer leaves behind: what was asked, what was given, how it ended, and what the client's screen shows.

Refuses to know how any of it came about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxeserve.events.record import Event, harmless
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.options import Agreement
from pxeserve.tftp.outcome import Outcome
from pxeserve.tftp.packet import Address, ErrorCode, Options, Request

KIND = "tftp.transfer"

_SCREEN = {
    f"refused:{ErrorCode.NOT_FOUND:d}": "PXE-E3B",
    f"refused:{ErrorCode.ACCESS_VIOLATION:d}": "PXE-E3C",
    f"refused:{ErrorCode.UNDEFINED:d}": "PXE-E36",
    Outcome.SOURCE_ERROR: "PXE-E36",
    Outcome.STOPPED: "PXE-E36",
}
"""What a BIOS client shows for an ERROR of ours (PXE 2.1 specification, appendix on error codes)."""

_OPEN_TIMEOUT, _READ_TIMEOUT = "PXE-E32", "PXE-E35"


@dataclass(frozen=True, slots=True)
class Course:
    """How a transfer went, in figures; `seconds` from the request to its end."""

    outcome: Outcome
    detail: str
    blocks: int
    bytes: int
    resent: int
    answered: bool
    seconds: float


def refused(request: Request, peer: Address, refusal: Refusal, at: float) -> Event:
    """The event of a request that was answered with an ERROR."""
    outcome = f"refused:{refusal.code}"
    name, why = harmless(request.file), harmless(refusal.message)
    data = _asked(request, peer, refusal.rule) | {"outcome": outcome, "bytes": 0, "blocks": 0, "retransmits": 0, "seconds": 0.0}
    return _event(refusal, peer, at, f"{name}: refused with error {refusal.code}, {why} ({refusal.rule})", _with_screen(data, False))


def ended(request: Request, peer: Address, content: Content, agreement: Agreement, course: Course, at: float) -> Event:
    """The event of a request that was answered with a file, or the beginning of one."""
    data = _asked(request, peer, content.rule) | {
        "granted": _plain(agreement.acknowledged),
        "blksize": agreement.blksize,
        "windowsize": agreement.windowsize,
        "size": content.size,
        "outcome": course.outcome,
        "bytes": course.bytes,
        "blocks": course.blocks,
        "retransmits": course.resent,
        "seconds": round(course.seconds, 4),
        "detail": harmless(course.detail),
    }
    text = f"{harmless(request.file)}: {_sentence(content, agreement, course)} ({content.rule})"
    return _event(content, peer, at, text, _with_screen(data, course.answered))


def _sentence(content: Content, agreement: Agreement, course: Course) -> str:
    far = f"after {course.bytes} of {content.size} bytes and {course.seconds:.1f} s"
    detail = harmless(course.detail)
    match course.outcome:
        case Outcome.DONE:
            again = f", {course.resent} sent again" if course.resent else ""
            return f"{course.bytes} bytes in {course.seconds:.2f} s, blocks of {agreement.blksize}{again}"
        case Outcome.ABORTED_PROBE:
            return f"asked for the size or the options only, as some firmware does before it asks again ({detail})"
        case Outcome.CLIENT_ERROR:
            return f"ended by the client {far}: {detail}"
        case Outcome.TIMEOUT if course.answered:
            return f"the client fell silent {far}"
        case Outcome.TIMEOUT:
            return "the client never answered: is UDP to the ports of tftp.ports let through both ways?"
        case Outcome.EVICTED:
            return "the client had not answered, and newer requests needed the room"
        case Outcome.SUPERSEDED:
            return f"the client asked anew from the same port {far}"
        case Outcome.STOPPED:
            return f"the service stopped {far}"
    return f"cut off {far}: {detail}"


def _asked(request: Request, peer: Address, rule: str) -> dict[str, Any]:
    return {
        "file": harmless(request.file),
        "rule": rule,
        "operation": request.opcode.name,
        "mode": request.mode,
        "asked": _plain(request.options),
        "port": peer.port,
    }


def _with_screen(data: dict[str, Any], answered: bool) -> dict[str, Any]:
    """Add the code that the client's firmware shows, where it is one that its maker documents."""
    if data["outcome"] in (Outcome.TIMEOUT, Outcome.EVICTED):
        code: str | None = _READ_TIMEOUT if answered else _OPEN_TIMEOUT
    else:
        code = _SCREEN.get(data["outcome"])
    return data | {"screen": code} if code else data


def _plain(options: Options) -> dict[str, str]:
    return {harmless(name, 40): harmless(value, 40) for name, value in options}


def _event(what: Content | Refusal, peer: Address, at: float, text: str, data: dict[str, Any]) -> Event:
    return Event(
        KIND, at, text, host=what.host, mac=what.mac, address=peer.host, install=what.install, session=what.session, data=data
    )  # fmt: skip
