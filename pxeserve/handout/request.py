"""One asked-for name, and the part of arming that its answer has to pass."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address
from typing import NamedTuple, Protocol

from pxeserve.boot.session import Session
from pxeserve.domain.install import Install
from pxeserve.handout.answer import Who
from pxeserve.handout.names import Asked
from pxeserve.installs.arming import BootDenied, BootGrant
from pxeserve.snapshot import Snapshot


class By(StrEnum):
    """The protocol that a name came by."""

    TFTP = "tftp"
    HTTP = "http"


class Request(NamedTuple):
    """One asked-for name: who asks from where, and when (epoch seconds)."""

    asked: Asked
    by: By
    address: IPv4Address
    now: float
    snapshot: Snapshot
    session: Session | None
    who: Who


class Gate(Protocol):
    """The part of arming that a boot passes."""

    def open_boot(self, install: Install, mac: str, address: IPv4Address, now: float) -> BootGrant | BootDenied:
        """May this address be given the armed host's menu now?"""
        ...

    def knows(self, mac: str, address: IPv4Address, now: float) -> bool:
        """Whether there is evidence that `address` is `mac`'s."""
        ...

    def contradicted(self, install: Install, mac: str, address: IPv4Address, because: str, now: float) -> None:
        """The machine that asked for the menu of `install` from `address`, which is its own, says that it is another one than the host."""
        ...

    def ramdisk_delivered(self, install_id: str, address: IPv4Address, now: float) -> bool:
        """The file that uses up an install without an answerfile has been delivered whole."""
        ...
