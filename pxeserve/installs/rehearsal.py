"""A short-lived identity under which the whole story can be walked without touching the host's own install.

Only `operations` can begin one; nothing on the wire alone can.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from pxeserve.installs.arming import Arming, Order
from pxeserve.store import Store, installs

LASTS = 300.0
"""Seconds until a rehearsal's identity ends by itself."""


@dataclass(frozen=True, slots=True)
class RehearsalGrant:
    """The identity: a locally administered MAC that stands for the host until `expires` (epoch seconds)."""

    mac: str
    install_id: str
    expires: float


def new_mac() -> str:
    """A random locally administered unicast address: no card has it."""
    return ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])


def begin(store: Store, arming: Arming, order: Order, now: float) -> RehearsalGrant:
    """Arm `order`, which must carry a `rehearsal_mac`, for the rehearsal alone."""
    mac = order.rehearsal_mac
    if mac is None:
        raise ValueError("a rehearsal needs an identity of its own")
    with store.site.write() as connection:
        installs.add_rehearsal(connection, mac, order.host.id, now + LASTS)
    install = arming.arm(order, now)
    return RehearsalGrant(mac, install.id, now + LASTS)


def end(store: Store, mac: str) -> None:
    """End the identity; its install and tokens go with it. Ending twice is harmless."""
    with store.site.write() as connection:
        installs.remove_rehearsal(connection, mac)
