"""What was not foreseen, as it is told outside: a number, under which the log has the rest.

Never a word of the exception's own: it may quote what nobody outside should see.
"""

from __future__ import annotations

import secrets

from pxeserve.errors import PxeserveError


class IncidentError(PxeserveError):
    """`what` (a job, a request) failed in a way that was not foreseen. Whoever makes one writes the exception into the log with its
    `number`, eight hexadecimal digits."""

    def __init__(self, what: str) -> None:
        self.number = secrets.token_hex(4)
        said = f"the {what} failed in a way that was not foreseen (incident {self.number})"
        super().__init__(said, code="internal", fix="the service's log tells what happened")
