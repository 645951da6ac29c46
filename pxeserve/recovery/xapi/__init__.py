"""XAPI as pxeserve asks it: over TLS that is pinned to one certificate, with an end to time and to size, and answers that are read by their
types. The only room that imports XenAPI; refuses to know what anybody wants with a pool.
"""

from __future__ import annotations

from pxeserve.recovery.xapi.errors import (
    HangsError,
    IsMemberError,
    LiesError,
    OtherCertificateError,
    RefusalError,
    RefusedLoginError,
    UnreachableError,
    XapiError,
)
from pxeserve.recovery.xapi.pinned import PORT, Shown, shown
from pxeserve.recovery.xapi.seen import GuestSeen, HostSeen, PlugSeen, PoolSeen, StorageSeen, TaskSeen
from pxeserve.recovery.xapi.session import Session, connect, connect_to_itself
from pxeserve.recovery.xapi.words import hushed

__all__ = [
    "PORT", "GuestSeen", "HangsError", "HostSeen", "IsMemberError", "LiesError", "OtherCertificateError", "PlugSeen", "PoolSeen",
    "RefusalError", "RefusedLoginError", "Session", "Shown", "StorageSeen", "TaskSeen", "UnreachableError", "XapiError", "connect",
    "connect_to_itself", "hushed", "shown",
]  # fmt: skip
