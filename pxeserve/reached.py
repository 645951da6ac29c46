"""By which names and addresses the console is asked for: a page of a stranger that resolves its own name to our address is told so, and no
address is ever built from what a request says (RFC 9110 section 7.2, DNS rebinding).

Refuses to know who listens.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address

from pxeserve.config import Config

_HTTPS = 443


def addresses(config: Config) -> tuple[IPv4Address, ...]:
    """Where the console listens: as configured, or loopback and the service's own address."""
    if config.console.address:
        return config.console.address
    loopback = IPv4Address("127.0.0.1")
    own = config.server.address
    return (loopback,) if own is None or own.is_loopback else (loopback, own)


def names(config: Config) -> tuple[str, ...]:
    """The names and addresses by which it may be asked, without ports: its own and those of `[console] names`. The first is shown."""
    listening = addresses(config)
    shown = [str(one) for one in listening if not one.is_loopback and not one.is_unspecified]
    if any(one.is_unspecified for one in listening):
        shown += [str(config.server.address)] if config.server.address is not None else []
    found = [*config.console.names, *shown, "localhost", "127.0.0.1", socket.gethostname().lower()]
    return tuple(dict.fromkeys(found))


def authorities(config: Config) -> frozenset[str]:
    """The Host headers that are answered: each name with the port, and without where a proxy in front listens at 443 (`names` alone)."""
    port = config.console.port
    behind = {name for name in names(config) if port == _HTTPS or name in config.console.names}
    return frozenset({f"{name}:{port}" for name in names(config)} | behind)


def base(config: Config) -> str:
    """The console's address, as it is told to people."""
    port = "" if config.console.port == _HTTPS else f":{config.console.port}"
    return f"https://{names(config)[0]}{port}/"
