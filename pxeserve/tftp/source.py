"""Between the TFTP server and what names mean: the same answers, in the words of RFC 1350."""

from __future__ import annotations

from contextlib import AbstractContextManager
from ipaddress import IPv4Address
from typing import Protocol

from pxeserve.handout.answer import Given, Refused, Who, Why
from pxeserve.handout.request import By
from pxeserve.tftp.content import HEALTH, HEALTHY, Content, Refusal

NOT_FOUND, ACCESS_VIOLATION, UNDEFINED = 1, 2, 0
"""RFC 1350 section 5."""

_ERRORS = {
    Why.NOT_FOUND: (NOT_FOUND, "File not found"),
    Why.FORBIDDEN: (ACCESS_VIOLATION, "Access violation"),
    Why.TROUBLE: (UNDEFINED, "Server trouble; see its events"),
}


class _Names(Protocol):
    def resolve(self, path: str, by: By, address: IPv4Address, now: float) -> Given | Refused: ...

    def still(self) -> AbstractContextManager[None]: ...


class Source:
    """The Resolver of one listener."""

    def __init__(self, names: _Names) -> None:
        self._names = names

    def resolve(self, path: str, address: IPv4Address, now: float) -> Content | Refusal:
        """What `path` means to the machine at `address`. Never raises for anything a client can send."""
        if path == HEALTH:
            return HEALTHY
        answer = self._names.resolve(path, By.TFTP, address, now)
        if isinstance(answer, Refused):
            code, message = _ERRORS[answer.why]
            return Refusal(code, message, answer.rule, **_who(answer.who))
        file = answer.file
        who, key = answer.who, file.key if file is not None else answer.key
        content = Content(
            answer.size, answer.rule, answer.data, None, key, who.session, who.mac, who.host, who.install, answer.delivered
        )
        return content if file is None else content._replace(fd=file.fd, base=file.base, container=file.container)

    def still(self) -> AbstractContextManager[None]:
        """See Resolver."""
        return self._names.still()


def _who(who: Who) -> dict[str, str | None]:
    return {"session": who.session, "mac": who.mac, "host": who.host, "install": who.install}
