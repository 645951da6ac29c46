"""The states of an install as the rest of the house sees them. How one follows another is the business of `installs/`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address


class InstallState(StrEnum):
    """The life of one arming. A host with no install row, or whose last one has ended, is *idle*."""

    ARMED = "armed"            # a person asked for it; nothing has been given out
    BOOTING = "booting"        # a menu with its token was given to the bound address
    ANSWERED = "answered"      # consumed: the answerfile (or an interactive install's RAM disk) was delivered whole
    INSTALLING = "installing"  # a hook reported from inside the installer
    DONE = "done"
    FAILED = "failed"
    LAPSED = "lapsed"          # its time ran out before it was consumed
    CANCELLED = "cancelled"
    FROZEN = "frozen"          # somebody else asked with a right token or a proven foreign address: a person must look


OPEN_STATES = frozenset({InstallState.ARMED, InstallState.BOOTING})
"""States in which a network boot may still be given the installer."""

LIVE_STATES = OPEN_STATES | {InstallState.ANSWERED, InstallState.INSTALLING, InstallState.FROZEN}
"""States that have not ended; a host has at most one install in them."""

ENDED_STATES = frozenset(InstallState) - LIVE_STATES
"""States that nothing follows."""

WRONG_STATES = frozenset({InstallState.FAILED, InstallState.LAPSED, InstallState.FROZEN})
"""States in which a person should look."""


@dataclass(frozen=True, slots=True)
class Install:
    """One arming, as it stood in the store at the moment of asking; never cached.

    `wants_answerfile` is False for interactive installs and for plain files: these are consumed by their RAM disk.
    `expires` is seconds since the epoch. `medium_revision` is what was checked when it was armed.
    """

    id: str
    host_id: int
    mode: str
    interactive: bool
    wants_answerfile: bool
    state: InstallState
    expires: float
    bound_address: IPv4Address | None = None
    medium: str | None = None
    medium_revision: str | None = None
    rehearsal: bool = False
