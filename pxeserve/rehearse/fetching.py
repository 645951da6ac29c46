"""Fetching a file as whoever runs on the machine fetches it: by the name it was told, over TFTP or HTTP, with its own manners.

Refuses to know what a file means.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.domain.client import Firmware
from pxeserve.rehearse import scripts
from pxeserve.rehearse.firmware import SPEECH, Tongue
from pxeserve.rehearse.http import HttpClient, NoSuchNameError
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.tftp import NotThereError, TftpClient


@dataclass(frozen=True, slots=True)
class Fetching:
    """One boot's fetching: `local` is the machine's address, `base` the boot file's folder, `wait` how long each try of TFTP waits (s)."""

    plan: Plan
    local: IPv4Address
    base: str
    wait: float

    def get(self, name: str, tongue: Tongue, keep: int = 0) -> Sink:
        """`name` as a loader writes it: an address, or a name beside the boot file. Raises StepFailedError; NotThereError when there is no
        such file."""
        where = scripts.address(name, self.base, self.plan.http_port)
        if where.startswith("http://"):
            try:
                return HttpClient(self.local).load(where, _by_http(tongue), keep)
            except NoSuchNameError as missing:
                raise NotThereError(missing.why, source=missing.source) from None
        client = TftpClient(self.plan.server, self.plan.tftp_port, self.local, self.wait, self.plan.mtu)
        return client.fetch(where.removeprefix("tftp:"), tongue, keep)

    def first(self, name: str, tongue: Tongue, keep: int = 0) -> Sink:
        """A loader by the very name that was given for it, which is no name beside anything. Raises StepFailedError; NotThereError when
        there is no such file."""
        if name.startswith("http://"):
            return self.get(name, tongue, keep)
        client = TftpClient(self.plan.server, self.plan.tftp_port, self.local, self.wait, self.plan.mtu)
        return client.fetch(name, tongue, keep)


def rom(firmware: str) -> Tongue:
    """Who fetches the first file."""
    speech = SPEECH[Firmware(firmware)]
    if speech.ipxe:
        return Tongue.IPXE
    if speech.http:
        return Tongue.UEFI_HTTP
    return Tongue.UEFI if speech.broadcast else Tongue.ROM


def _by_http(tongue: Tongue) -> Tongue:
    """pxelinux.0 and ROMs ask nothing by HTTP; what leads there all the same is asked as UEFI's client would."""
    return tongue if tongue in (Tongue.UEFI_HTTP, Tongue.GRUB, Tongue.IPXE) else Tongue.UEFI_HTTP
