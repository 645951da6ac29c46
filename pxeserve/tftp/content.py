"""What a file name means to the TFTP server: content, or a refusal. The server knows only this; `source` knows the rest."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import NamedTuple, Protocol


class Content(NamedTuple):
    """What will be sent. Either `data`, or `fd` (an open regular file of `size` bytes; whoever holds the Content closes it). It may be a
    run of bytes of a larger file: from `base` on, in one of `container` bytes.

    `key` is equal for equal content and lets ready-cut packets be shared; None for content computed for one client.
    `rule` says what resolved the name, for the transfer's event, as do `session`, `mac`, `host` and `install`.
    `delivered` is called once the last block was acknowledged. `untold`: the record hears nothing of it, however often it is asked for.
    """

    size: int
    rule: str
    data: bytes | None = None
    fd: int | None = None
    key: Hashable | None = None
    session: str | None = None
    mac: str | None = None
    host: str | None = None
    install: str | None = None
    delivered: Callable[[], None] | None = None
    base: int = 0
    container: int | None = None
    untold: bool = False


HEALTH = "healthz"
"""The name that HTTP has too: a few bytes for anybody, so that `pxeserve health` sees a whole transfer."""

HEALTHY = Content(3, "health", b"ok\n", key=HEALTH, untold=True)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A TFTP error instead of content: `code` as in RFC 1350 section 5, `message` for the client, `rule` for the event."""

    code: int
    message: str
    rule: str
    session: str | None = None
    mac: str | None = None
    host: str | None = None
    install: str | None = None


class Resolver(Protocol):
    """Whatever gives names a meaning."""

    def resolve(self, path: str, address: IPv4Address, now: float) -> Content | Refusal:
        """What `path`, asked for from `address` at epoch second `now`, means. Never raises for anything a client can send."""
        ...

    def still(self) -> AbstractContextManager[None]:
        """While this lasts, what may have changed since is looked at once: for requests that are here already."""
        ...
