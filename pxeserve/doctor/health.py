"""Whether this machine's own service would serve a machine now: a DISCOVER, a TFTP transfer and an HTTP request, each answered whole.

For whoever asks every minute, such as a container's runner: nothing of it is told, counted or lent. It travels through this machine alone
(loopback), so what keeps others' packets out is judged from what can be seen of it. Sources: RFC 2131, RFC 1350, RFC 9110.
"""

from __future__ import annotations

import http.client
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from ipaddress import IPv4Address
from typing import Any

from pxeserve.dhcp.health import question, told
from pxeserve.doctor import container
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import examine
from pxeserve.doctor.finding import Finding, Grade
from pxeserve.doors import door

PATH = "healthz"
"""What is asked for by TFTP and by HTTP."""

_CONTENT = b"ok\n"
_TRIES, _WAIT = 3, 1.0
"""A datagram may be lost even here, when a rack fills the socket; three seconds in all."""

_RRQ = b"\0\1" + PATH.encode() + b"\0octet\0"
_DATA, _ACK = b"\0\3\0\1", b"\0\4\0\1"
_FIX = "the service's log says why: its child {child} is not there, does not answer, or another program holds the port"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: by which protocol and where, whether it was answered as it should be, in how many seconds, what is to be said of it."""

    protocol: str
    where: str
    ok: bool
    seconds: float
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """`asked` is what was asked; `unheard` what keeps machines from being heard although all of it was answered."""

    asked: tuple[Asked, ...]
    unheard: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether a machine would be served."""
        return bool(self.asked) and all(one.ok for one in self.asked) and not self.unheard

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.ok, "asked": [asdict(one) for one in self.asked], "unheard": [one.plain() for one in self.unheard]}


def health(around: Around) -> Health:
    """Ask on each network that is served, and look around. Never raises for anything that a service says."""
    asked = tuple(_questions(around))
    seen = examine([container.CHECK], around)
    return Health(asked, tuple(one for result in seen for one in result.findings if one.grade is Grade.STOPS))


def _questions(around: Around) -> Iterator[Asked]:
    config = around.config
    for network in around.networks:
        if network.own is None or network.address is None:
            fix = "give it one; or [server] interface names another"
            yield Asked("IPv4", network.name, False, 0.0, f"{network.name} is not there, or has no address", fix)
            continue
        own, address = network.own.ip, door(config, network.address, network.own.ip)
        if config.dhcp.mode != "off":
            yield _timed("DHCP", f"{own}:{config.dhcp.port}", "dhcp", partial(_dhcp, own, config.dhcp.port, network.address))
        yield _timed("TFTP", f"{address}:{config.tftp.port}", "tftp", partial(_tftp, address, config.tftp.port))
        yield _timed("HTTP", f"{address}:{config.http.port}", "provision", partial(_http, address, config.http.port))


def _timed(protocol: str, where: str, child: str, ask: Callable[[], str]) -> Asked:
    """`ask` gives what is wrong, or nothing."""
    begun = time.monotonic()
    try:
        wrong = ask()
    except TimeoutError:
        wrong = "no answer"
    except OSError as error:
        wrong = (error.strerror or str(error)).lower()
    seconds = round(time.monotonic() - begun, 4)
    return Asked(protocol, where, not wrong, seconds, wrong or "answered", _FIX.format(child=child) if wrong else "")


def _dhcp(server: IPv4Address, port: int, us: IPv4Address) -> str:
    xid = secrets.randbits(32)
    with _asking(server, port) as sock:
        for _ in range(_TRIES):
            sock.send(question(xid))
            with suppress(TimeoutError):
                while (said := told(sock.recv(4096), xid)) is None:
                    pass
                return "" if said == us else f"it calls itself {said}, and the configuration says {us}: it was started with another one"
    return f"no offer to {_TRIES} DISCOVERs"


def _tftp(server: IPv4Address, port: int) -> str:
    """A whole transfer: request, block, acknowledgement. The block may come from a port of its own."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((str(server), 0))
        sock.settimeout(_WAIT)
        for _ in range(_TRIES):
            sock.sendto(_RRQ, (str(server), port))
            with suppress(TimeoutError):
                data, peer = sock.recvfrom(600)
                sock.sendto(_ACK, peer)
                return "" if data == _DATA + _CONTENT else f"it answered {data[:40]!r}"
    return f"no block to {_TRIES} requests"


def _http(server: IPv4Address, port: int) -> str:
    connection = http.client.HTTPConnection(str(server), port, timeout=_TRIES * _WAIT)
    try:
        connection.request("GET", f"/{PATH}")
        answer = connection.getresponse()
        body = answer.read(64)
    except http.client.HTTPException as error:
        return f"it speaks no HTTP: {type(error).__name__}"
    finally:
        connection.close()
    return "" if answer.status == 200 and body == _CONTENT else f"it answered {answer.status} {body[:40]!r}"


def _asking(server: IPv4Address, port: int) -> socket.socket:
    """From the address that is asked, so that it travels by loopback; a closed port is told at once."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((str(server), 0))
        sock.connect((str(server), port))
    except OSError:
        sock.close()
        raise
    sock.settimeout(_WAIT)
    return sock
