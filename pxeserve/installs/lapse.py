"""What time does to installs: the unconsumed ones lapse, rehearsals end, and secrets nobody may fetch any more are forgotten."""

from __future__ import annotations

from pxeserve.domain.install import OPEN_STATES, InstallState
from pxeserve.installs import first_boot, secret
from pxeserve.installs.delivery import TOKEN_LIFE
from pxeserve.installs.expiry import has_lapsed
from pxeserve.installs.states import Happening
from pxeserve.installs.transition import move
from pxeserve.moment import SYSTEM, Clock
from pxeserve.store import Store, first_boots, installs

_CONSUMED = frozenset({InstallState.ANSWERED, InstallState.INSTALLING})


def lapse(store: Store, now: float, *, clock: Clock = SYSTEM) -> int:
    """Let everything lapse whose time is over at epoch second `now`; how many installs did.

    An install that was consumed keeps its state, because nobody knows what became of it; its answers and tokens are forgotten
    four hours after the delivery, and the timeline says which step did not come. A root password is forgotten a day after the arming, and
    so is what was sealed for a first boot.
    """
    with store.site.read() as connection:
        over = [row for row in installs.in_states(connection, OPEN_STATES) if has_lapsed(row, now, clock)]
        spent = [
            row
            for row in installs.in_states(connection, _CONSUMED)
            if row.sealed is not None and row.delivered_at is not None and now - row.delivered_at >= TOKEN_LIFE
        ]
        stale = installs.stale_rehearsals(connection, now)
        kept = any(secret.is_over(row, now, clock) for row in installs.with_secret(connection))
        unheard = any(first_boot.is_over(row, now, clock) for row in (*first_boots.live(connection), *first_boots.left(connection)))
    if not (over or spent or stale or kept or unheard):
        return 0
    lapsed = 0
    with store.site.write() as connection:
        for row in over:
            lapsed += move(connection, row, Happening.TIME, now, data={"because": "it was not consumed in time"})
        for row in spent:
            if installs.advance(connection, row, {"sealed": None}):
                installs.remove_tokens(connection, row.id)
        for mac in stale:
            installs.remove_rehearsal(connection, mac)
        first_boot.expire(connection, now, clock)
        secret.forget(connection, now, clock)   # last: it moves rows on, and those above were read before
    return lapsed
