"""What one quirk of firmware, loaders or installers is to people: a name, what is seen, what we do, its source, and what keeps it.

Each room keeps its own beside the code that goes by them; docs/quirks.md is drawn from all of them. Refuses to know any.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quirk:
    """One habit against the letter of a standard, or beside it.

    `seen` is what a machine does, `does` what pxeserve does about it; both are phrases without a full stop. `source` says where that is
    known from: a capture beneath tests/, an RFC, a release, or `project#number` of a public tracker. `precaution`: nobody has shown it on
    a wire of ours. `tests` are files beneath tests/, each with a test that is marked with the quirk's name.
    """

    name: str
    seen: str
    does: str
    source: str
    tests: tuple[str, ...]
    precaution: bool = False
