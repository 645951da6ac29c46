"""What a transfer gives back: datagrams to send, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from pxeserve.tftp.packet import Address


class Outcome(StrEnum):
    """How a transfer ended."""

    DONE = "done"
    ABORTED_PROBE = "aborted-probe"
    """The client only wanted the OACK, as every OVMF boot does for the size first, or refused an option: it asks again."""
    CLIENT_ERROR = "client-error"
    TIMEOUT = "timeout"
    EVICTED = "evicted"
    SUPERSEDED = "superseded"
    """The same client asked anew from the same port."""
    SOURCE_ERROR = "source-error"
    STOPPED = "stopped"


class Burst(NamedTuple):
    """Datagrams for `address`: `data` cut every `segment` bytes, the last one possibly shorter."""

    data: bytes | memoryview
    segment: int
    address: Address

    def datagrams(self) -> list[bytes]:
        """One by one."""
        return [bytes(self.data[start : start + self.segment]) for start in range(0, len(self.data), self.segment)]


@dataclass(frozen=True, slots=True)
class Ignored:
    """A packet that changed nothing, and why; for counters."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a transfer. `detail` is what the client or the file had to say, unchanged from the wire."""

    outcome: Outcome
    detail: str = ""


TransferEvent = Ignored | Ended
