"""A clock of installs that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.moment import Moment


@dataclass
class SetClock:
    """Time since start, and which start, set by hand; what the wall clock says, a test hands over itself."""

    seconds: float = 1000.0
    start: str = "first start"

    def now(self) -> Moment:
        return Moment(0.0, self.start, self.seconds)
