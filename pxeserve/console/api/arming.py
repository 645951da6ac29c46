"""Arming and cancelling: one host by its name, or many by a selection and their number."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.hosts import HostSelection
from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Body, Moment, Name
from pxeserve.operations.arming.installs import Reveal
from pxeserve.operations.preparing.host import Mode


class Wish(Body):
    """How to install."""

    mode: Mode | None = Field(None, description="Fresh when nothing is said.")
    interactive: bool = Field(False, description="Somebody answers at the machine's console.")
    again: bool = Field(False, description="As its last install, which did not come to its end, was asked for.")


class Install(Wish):
    """Arm one host."""

    confirm: Name | None = Field(None, description="Its name, where it was installed before: its disks will be erased.")
    reveal: Reveal = Field("now", description="`later` keeps a random root password for a day, to be asked for once.")


class Selected(HostSelection):
    """Which hosts, in a body."""


class Plan(Selected, Wish):
    """What would be armed."""


class InstallAll(Selected, Wish):
    """Arm a selection."""

    count: int | None = Field(
        None, ge=0, le=1000, description="How many hosts that are; another number arms nothing, and says what was found."
    )
    those_that_can: bool = Field(False, description="Arm those that can be; else one that cannot keeps all others from it.")
    confirm: list[Name] | None = Field(None, max_length=1000, description="The names of those that were installed within the last day.")
    reveal: Reveal = "now"


class CancelAll(Selected):
    """Cancel a selection."""

    count: int | None = Field(None, ge=0, le=1000, description="How many installs would end; another number ends none.")


class Again(Answer):
    """What is repeated."""

    last: str = Field(description="The state in which its last install ended.")
    differs: list[str] = Field(description="How this one differs from it.")


class Planned(Answer):
    """What arming a host comes to."""

    host: str
    mode: str
    interactive: bool
    medium: str | None
    erases: list[str] = Field(description="Disks; empty where a person or plain files choose.")
    keeps: list[str] = Field(description="What this mode of its medium's generation leaves; empty where a person or plain files choose.")
    loses: list[str] = Field(description="What is gone afterwards.")
    again: Again | None
    done_at: float | None = Field(description="When one of its installations was done, epoch seconds.")
    warnings: list[str]
    notes: list[str]


class Armed(Planned):
    """What was armed."""

    install: str
    expires: Moment
    root_password: str | None = Field(description="A random one, shown this once.")
    password_kept: bool = Field(description="Whether it can be asked for within a day.")


class Refused(Answer):
    """A host that cannot be armed."""

    host: str
    why: str
    fix: str


class Planning(Answer):
    """What arming a selection would come to."""

    selection: str
    found: int
    hosts: list[Planned]
    refused: list[Refused]
    recent: list[str] = Field(description="Those that were installed within the last day.")


class ArmedAll(Answer):
    """What was armed of a selection, and what was left out."""

    selection: str
    hosts: list[Armed]
    refused: list[Refused]


class Cancelled(Answer):
    """An install that is over."""

    host: str
    install: str
    state: str


class CancelledAll(Answer):
    """Installs that are over."""

    selection: str
    hosts: list[Cancelled]


class ModeOf(Answer):
    """A mode, and what it comes to."""

    mode: str
    offered: bool = Field(description="Whether this generation has it without a person at the machine.")
    keeps: list[str]
    loses: list[str]
    because: str = Field(description="Why it is not offered, and what to do instead; empty where it is.")
    source: str = Field(description="Where that is known from.")


class Modes(Answer):
    """What becomes of a host in each mode."""

    host: str
    medium: str
    dialect: str
    modes: list[ModeOf]


ROUTES = (
    Route("GET", "/hosts/{name}/modes", "host.modes", "What each mode would keep and lose on it", Modes),
    Route("POST", "/hosts/{name}/install", "host.install", "Arm a host for one installation", Armed, body=Install),
    Route("POST", "/hosts/{name}/cancel", "host.cancel", "End its live install", Cancelled),
    Route("POST", "/installs/plan", "host.plan", "What arming a selection would come to; nothing changes", Planning, body=Plan),
    Route("POST", "/installs", "host.install-all", "Arm a selection of hosts", ArmedAll, body=InstallAll),
    Route("POST", "/installs/cancel", "host.cancel-all", "End the live installs of a selection", CancelledAll, body=CancelAll),
)
