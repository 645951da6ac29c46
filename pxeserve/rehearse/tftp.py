"""The rehearsal's TFTP client: tftpy, a second opinion on the server's own core, with the options that pxelinux asks for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_PXELINUX_BLKSIZE = 1408
_ROM_BLKSIZE = 1432
_TRIES = 3


class NotThereError(StepFailedError):
    """The server says that it has no such file: no failure where a loader tries one name after another."""


@dataclass(frozen=True, slots=True)
class TftpClient:
    """Fetches from `server`, with `local` as its own address. `wait` is seconds for which each try waits."""

    server: IPv4Address
    port: int
    local: IPv4Address
    wait: float = 2.0

    def rom(self, name: str, keep: int = 0) -> Sink:
        """Fetch `name` as a card's ROM does."""
        return self._fetch(name, _ROM_BLKSIZE, keep)

    def loader(self, name: str, keep: int = 0) -> Sink:
        """Fetch `name` as pxelinux does."""
        return self._fetch(name, _PXELINUX_BLKSIZE, keep)

    def _fetch(self, name: str, blksize: int, keep: int) -> Sink:
        """Raises NotThereError for error 1, StepFailedError for anything else that leaves the file incomplete."""
        import tftpy

        logging.getLogger("tftpy").setLevel(logging.CRITICAL + 1)
        where = f"UDP port {self.port} of {self.server}"
        sink = Sink(keep)
        announced: list[int] = []
        try:
            client = tftpy.TftpClient(str(self.server), self.port, {"blksize": blksize, "tsize": 0}, localip=str(self.local), flock=False)
            client.download(name, sink, packethook=lambda packet: _note_size(packet, announced), timeout=self.wait, retries=_TRIES)
        except tftpy.TftpFileNotFoundError:
            raise NotThereError(f"{name}: the server has no such file (TFTP error 1)") from None
        except tftpy.TftpTimeout:
            seconds = self.wait * _TRIES
            if sink.size:
                raise StepFailedError(f"{name}: the server fell silent for {seconds:.0f} s after {sink.size} bytes") from None
            fix = "is the service running, and does [tftp] port name this port? a firewall must also let the ports of [tftp] ports through"
            raise StepFailedError(f"{name}: no answer from {where} in {seconds:.0f} s (a machine shows PXE-E32)", fix) from None
        except tftpy.TftpException as error:
            raise StepFailedError(f"{name}: {error}") from None
        except OSError as error:
            raise StepFailedError(f"{name}: {where} cannot be asked from {self.local}: {error.strerror}") from None
        if announced and announced[0] != sink.size:
            raise StepFailedError(f"{name}: {announced[0]} bytes were announced and {sink.size} came")
        return sink


def _note_size(packet: Any, announced: list[int]) -> None:
    """Remember the tsize of an OACK (RFC 2349)."""
    size = getattr(packet, "options", {}).get("tsize") if type(packet).__name__ == "TftpPacketOACK" else None
    if size is not None:
        announced.append(int(size))
