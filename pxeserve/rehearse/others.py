"""Other DHCP servers on the served network, asked while a machine is rehearsed: who offers too, by address and MAC.

Asks with a packet socket as any client does, and takes nothing of what is offered. Only for root.
"""

from __future__ import annotations

import secrets
import select
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from pxeserve.dhcp.probe import answer, questions
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.prediction import Prediction
from pxeserve.timeline.steps import Step

SECONDS = 2.5
"""How long is listened for each rehearsal: ISC's server pings an address for a second before it offers it."""

_ETH_P_IP = 0x0800
_AGAIN_AT = 1.0


@dataclass(slots=True)
class Listening:
    """A question that is under way in a thread of its own. `seen` are the servers that have answered, each with its MAC."""

    plan: Plan
    seen: dict[IPv4Address, str] = field(default_factory=dict)
    asked: bool = False
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to ask; where that cannot be done from here, `asked` stays False."""
        if self.plan.loopback or not self.plan.interface:
            return
        try:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP))
            sock.bind((self.plan.interface, _ETH_P_IP))
        except OSError:
            return
        self.asked = True
        self._thread = threading.Thread(target=self._listen, args=(sock,), daemon=True)
        self._thread.start()

    def told(self) -> list[Prediction]:
        """What they come to, once the time is over."""
        if self._thread is not None:
            self._thread.join()
        found = [_prediction(self.plan, address, mac) for address, mac in sorted(self.seen.items())] if self.plan.alone else []
        if self.asked and not self.seen and self.plan.proxy:
            found.append(_nobody(self.plan))
        return found

    def _listen(self, sock: socket.socket) -> None:
        mac = sock.getsockname()[4].hex(":")
        xid, begun, due = secrets.randbits(32), time.monotonic(), [0.0, _AGAIN_AT]
        with sock, suppress(OSError):  # the interface goes down: nobody is there to be asked
            while (elapsed := time.monotonic() - begun) < SECONDS:
                if due and elapsed >= due[0]:
                    due.pop(0)
                    for frame in questions(mac, self.plan.server, xid):
                        sock.send(frame)
                if not select.select([sock], [], [], max((due[0] if due else SECONDS) - elapsed, 0))[0]:
                    continue
                data = sock.recv(65535)
                address = answer(data, xid)
                if address is not None and address != self.plan.server:
                    self.seen[address] = data[6:12].hex(":")


def _prediction(plan: Plan, address: IPv4Address, mac: str) -> Prediction:
    said = (
        f"another DHCP server answers on {plan.interface}: {address} ({mac}); whose offer a machine takes is chance, "
        "and that one names no boot file of ours"
    )
    fix = 'switch it off; or let it give the addresses: [dhcp] mode = "proxy"; or say [dhcp] allow_other_servers = true if it is meant'
    return Prediction(Step.OFFERED, said, fix, "RFC 2131 section 4.4.1; asked while rehearsing")


def _nobody(plan: Plan) -> Prediction:
    said = f"nobody on {plan.interface} offered an address within {SECONDS:.0f} s, and in proxy mode another server has to"
    fix = 'is the network\'s DHCP server running, and on this wire? or let this one lend addresses: [dhcp] mode = "server"'
    return Prediction(Step.OFFERED, said, fix, "asked while rehearsing; slow servers answer later", stops=False)
