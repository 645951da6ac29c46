"""The table of states: what may follow what, and on whose word. Code and the picture in the docs both come from it."""

from __future__ import annotations

from enum import StrEnum

from pxeserve.domain.install import InstallState as S


class Happening(StrEnum):
    """What can happen to an install."""

    MENU = "menu given"                  # to the bound address, with evidence of who asks
    ANSWER = "answerfile delivered"      # whole; or an interactive install's RAM disk
    INSIDE = "hook fetched"              # something inside the installer reported
    DONE = "done reported"
    FAILED = "failure reported"
    TIME = "time ran out"
    CANCEL = "cancelled by a person"
    STRANGER = "asked for by a stranger"


TABLE: dict[tuple[S, Happening], S] = {
    (S.ARMED, Happening.MENU): S.BOOTING,
    (S.BOOTING, Happening.MENU): S.BOOTING,
    (S.BOOTING, Happening.ANSWER): S.ANSWERED,
    (S.ANSWERED, Happening.INSIDE): S.INSTALLING,
    (S.ANSWERED, Happening.DONE): S.DONE,
    (S.INSTALLING, Happening.DONE): S.DONE,
    (S.ANSWERED, Happening.FAILED): S.FAILED,
    (S.INSTALLING, Happening.FAILED): S.FAILED,
    (S.ARMED, Happening.TIME): S.LAPSED,
    (S.BOOTING, Happening.TIME): S.LAPSED,
    (S.ARMED, Happening.STRANGER): S.FROZEN,
    (S.BOOTING, Happening.STRANGER): S.FROZEN,
    (S.ARMED, Happening.CANCEL): S.CANCELLED,
    (S.BOOTING, Happening.CANCEL): S.CANCELLED,
    (S.FROZEN, Happening.CANCEL): S.CANCELLED,
    (S.ANSWERED, Happening.CANCEL): S.CANCELLED,
    (S.INSTALLING, Happening.CANCEL): S.CANCELLED,
}
"""Everything that is not here cannot happen: nothing leads back to a state from which an installer is given."""

ENDED = frozenset({S.DONE, S.FAILED, S.LAPSED, S.CANCELLED})
"""States in which an install's sealed answers and its tokens are gone."""


def after(state: S, happening: Happening) -> S | None:
    """The state that `happening` leads to, or None when it cannot happen in `state`."""
    return TABLE.get((state, happening))


def diagram() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    lines = ["stateDiagram-v2", "    [*] --> armed: armed by a person"]
    lines += [f"    {before} --> {then}: {happening}" for (before, happening), then in TABLE.items()]
    lines += [f"    {state} --> [*]" for state in sorted(ENDED)]
    return "\n".join(lines) + "\n"
