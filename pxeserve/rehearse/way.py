"""By which way a rehearsal can travel from here to the server, and which parts of a machine's real path it does not walk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

from pxeserve.domain.client import Firmware
from pxeserve.errors import RefusedError
from pxeserve.rehearse import namespace
from pxeserve.rehearse.channel import broadcast, direct, relayed
from pxeserve.rehearse.dhcp import WAITS, DhcpClient
from pxeserve.rehearse.firmware import SPEECH
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.shared import Shared
from pxeserve.rehearse.walk import Walk

_NEVER = (
    "the firmware's own ROM and its screen",
    "the loader, the hypervisor, the kernel and the installer: their files were fetched whole and none was run",
    "the machine's disks and drivers",
)
UNWALKED = ("anything: what is known beforehand keeps the walk from beginning", *_NEVER)
"""What is left out when nothing can be walked."""

_RELAYED = (
    "cables, switches, spanning tree, VLANs and broadcast: everything stayed on this machine's loopback interface, and the DHCP messages "
    "went through a relay agent of the rehearsal's own",
)
_BESIDE = (
    "cables, switches, spanning tree, VLANs and broadcast: the simulated machine has a card that is wired to this server alone, and its "
    "DHCP messages went through a relay agent of the rehearsal's own, by loopback",
)
_UNASKED = ("this network's DHCP server, which would give the address: the simulated machine took one that nobody has",)
_BRIDGED = ("cables, switches, spanning tree and VLANs beyond this machine's own bridge",)


@dataclass(frozen=True, slots=True)
class Way:
    """A walk that can begin, and what it leaves out."""

    walk: Walk
    not_walked: tuple[str, ...]


@contextmanager
def ready(plan: Plan, shared: Shared | None = None, waits: Sequence[float] = WAITS) -> Iterator[Way]:
    """The way for `plan`; it stands until the block ends. `shared` is what alike machines have fetched already, `waits` how long each try
    of DHCP waits (s). Raises RefusedError when there is none from here."""
    if plan.proxy:
        with _beside_another(plan, shared, waits) as way:
            yield way
        return
    if plan.loopback:
        with DhcpClient(plan, relayed(plan), waits) as client:
            yield Way(Walk(plan, client, shared=shared), _RELAYED + _NEVER)
        return
    if plan.subnet is None:
        raise RefusedError("no subnet is served, so there is no address to rehearse with", fix="[[dhcp.subnet]] names one")
    if os.geteuid() != 0:
        raise RefusedError(f"a simulated machine beside {plan.interface} needs root", fix="run the command with sudo")
    if namespace.is_bridge(plan.interface):
        with namespace.on_bridge(plan.interface, plan.mac, plan.subnet) as take, DhcpClient(plan, broadcast(plan), waits) as client:
            yield Way(Walk(plan, client, take=take, shared=shared), _BRIDGED + _NEVER)
        return
    with DhcpClient(plan, relayed(plan), waits) as client, namespace.beside(plan.server, plan.mac) as take:
        yield Way(Walk(plan, client, take=take, shared=shared), _BESIDE + _NEVER)


@contextmanager
def _beside_another(plan: Plan, shared: Shared | None, waits: Sequence[float]) -> Iterator[Way]:
    """In proxy mode: the address is one that nobody has, and the DHCP server that would give one is not asked."""
    if plan.loopback:
        with DhcpClient(plan, relayed(plan), waits, pxe=partial(direct, plan)) as client:
            yield Way(Walk(plan, client, shared=shared), _UNASKED + _RELAYED + _NEVER)
        return
    if os.geteuid() != 0:
        raise RefusedError(f"a simulated machine beside {plan.interface} needs root", fix="run the command with sudo")
    # Both ways are opened here, outside, where the server hears what comes through loopback.
    asking = direct(plan, plan.relay, SPEECH[Firmware(plan.firmware)].pxe_port)
    with (
        closing(asking),
        DhcpClient(plan, relayed(plan), waits, pxe=lambda _address, _port: asking) as client,
        namespace.beside(plan.server, plan.mac) as take,
    ):
        yield Way(Walk(plan, client, take=take, shared=shared), _UNASKED + _BESIDE + _NEVER)
