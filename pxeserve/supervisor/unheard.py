"""What is said at the start of a service that works and that machines cannot hear, or not as they should: in a container above all.

`pxeserve health` then says so too. Refuses to end anything: whoever looks for the mistake wants a service that answers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from socket import socket

import structlog

from pxeserve.config import Config
from pxeserve.doctor import container
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import examine
from pxeserve.doctor.finding import Grade
from pxeserve.doctor.network import interfaces, served

_FRAMES = (
    "this service may not send frames (CAP_NET_RAW): a machine without an address is answered by broadcast{beside}: start as root, or in a "
    "container with --cap-add NET_RAW and without no-new-privileges"
)
_BESIDE = ", and nobody looks whether another DHCP server answers here before addresses are lent"
_log = structlog.get_logger("pxeserve")


def say(config: Config, sockets: Mapping[str, socket]) -> None:
    """Log each thing, with the line to change. `sockets` are those that were bound, by role."""
    known = interfaces()
    around = Around(config, served(config, known), known, time.time(), serving=True, privileged=True)
    for result in examine([container.CHECK], around):
        for one in result.findings:
            if one.grade is Grade.STOPS:
                _log.error(f"machines cannot be served from here: {one.text}: {one.fix}", where=one.where)
    cards = {role.removeprefix("dhcp:") for role in sockets if role.startswith("dhcp:")} - {"lo"}
    if any(f"dhcp-raw:{name}" not in sockets for name in cards):
        _log.warning(_FRAMES.format(beside=_BESIDE if config.dhcp.mode == "server" else ""), where=", ".join(sorted(cards)))
