"""Other DHCP servers on the served network, asked while a machine is rehearsed: who offers too, by address and MAC; and in proxy mode, who
else names a boot file.

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

from pxeserve.dhcp.asking import Question, Told, offers
from pxeserve.dhcp.probe import answer, questions
from pxeserve.domain.client import Firmware
from pxeserve.rehearse.firmware import SPEECH
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.prediction import Prediction
from pxeserve.timeline.steps import Step

SECONDS = 2.5
"""How long is listened for each rehearsal: ISC's server pings an address for a second before it offers it."""

_ETH_P_IP = 0x0800
_AGAIN_AT = 1.0


@dataclass(slots=True)
class Listening:
    """A question that is under way in threads of its own. `seen` are the servers that have answered, each with its MAC; `named` what they
    said of booting to a machine of the plan's kind."""

    plan: Plan
    seen: dict[IPv4Address, str] = field(default_factory=dict)
    named: dict[IPv4Address, Told] = field(default_factory=dict)
    asked: bool = False
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to ask; where that cannot be done from here, `asked` stays False."""
        if self.plan.loopback or not self.plan.interface:
            return
        asks = [self._listen, self._ask_to_boot] if self.plan.proxy else [self._listen]
        try:
            wires = [_wire(self.plan.interface) for _ in asks]
        except OSError:
            return
        self.asked = True
        self._threads = [threading.Thread(target=ask, args=(wire,), daemon=True) for ask, wire in zip(asks, wires, strict=True)]
        for thread in self._threads:
            thread.start()

    def told(self) -> list[Prediction]:
        """What they come to, once the time is over."""
        for thread in self._threads:
            thread.join()
        found = [_prediction(self.plan, address, mac) for address, mac in sorted(self.seen.items())] if self.plan.alone else []
        if self.asked and not self.seen and self.plan.proxy:
            found.append(_nobody(self.plan))
        return [*found, *(_rival(told) for _, told in sorted(self.named.items()))]

    def _ask_to_boot(self, sock: socket.socket) -> None:
        """As a machine of the plan's kind that nobody knows."""
        speech = SPEECH[Firmware(self.plan.firmware)]
        said = {53: b"\x01", **dict(speech.discover(secrets.token_bytes(16), secrets.token_bytes(6)))}
        said.pop(61, None)  # it would name another card than the one that asks
        with sock, suppress(OSError):
            for told in offers(sock, sock.getsockname()[4].hex(":"), Question("rehearsal", said, "", http=speech.http), SECONDS):
                if told.server != self.plan.server and (told.file or told.vendor_class.startswith(("PXEClient", "HTTPClient"))):
                    self.named[told.server] = told

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


def _wire(interface: str) -> socket.socket:
    """A packet socket on `interface`. Raises OSError."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IP))
    try:
        sock.bind((interface, _ETH_P_IP))
    except OSError:
        sock.close()
        raise
    return sock


def _rival(told: Told) -> Prediction:
    file = "".join(char for char in told.file if char.isprintable())[:100]
    what = f"the boot file {file} of {told.next_server}" if file else "itself as a boot server"
    said = f"{told.server} names {what} to such machines too: firmware may take that and not ours"
    fix = "take options 66 and 67 (filename, next-server) out of that server's configuration; pxeserve dhcp snippet says what it may say"
    return Prediction(Step.LOADER, "other-boot-server", said, fix, "PXE 2.1 section 2.2; asked while rehearsing", stops=False)


def _prediction(plan: Plan, address: IPv4Address, mac: str) -> Prediction:
    said = (
        f"another DHCP server answers on {plan.interface}: {address} ({mac}); whose offer a machine takes is chance, "
        "and that one names no boot file of ours"
    )
    fix = 'switch it off; or let it give the addresses: [dhcp] mode = "proxy"; or say [dhcp] allow_other_servers = true if it is meant'
    return Prediction(Step.OFFERED, "second-server", said, fix, "RFC 2131 section 4.4.1; asked while rehearsing")


def _nobody(plan: Plan) -> Prediction:
    said = f"nobody on {plan.interface} offered an address within {SECONDS:.0f} s, and in proxy mode another server has to"
    fix = 'is the network\'s DHCP server running, and on this wire? or let this one lend addresses: [dhcp] mode = "server"'
    return Prediction(Step.OFFERED, "no-server", said, fix, "asked while rehearsing; slow servers answer later", stops=False)
