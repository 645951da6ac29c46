"""One machine with one fault: the host it is entered as, and what people can do to it and read of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pxeserve.domain.client import Firmware
from tests.record.machine import Machine, Stopped, machine


@dataclass
class Scene:
    """What a fault is played in. `name` is the host's; `site` is the service with all that is around it."""

    site: Any
    name: str
    folder: Path
    mac: str = ""
    firmware: Firmware = Firmware.BIOS
    meanwhile: ExitStack = field(default_factory=ExitStack)
    """What goes on until the story is over."""

    def entered(self, *settings: str, profile: str = "rack", reserved: bool = True) -> None:
        """The host is known, and armed by nobody."""
        self.mac = self.site.host(self.name, *settings, profile=profile, reserved=reserved)

    def arms(self) -> None:
        """Somebody arms it."""
        self.site.arm(self.name)

    def machine(self, **more: str) -> AbstractContextManager[Machine]:
        """The machine, plugged in and off."""
        return machine(self.site.switch, self.mac, self.folder / "machine", **more)

    @contextmanager
    def other(self, address: str) -> Iterator[Machine]:
        """Another machine on the same switch, which nobody has entered."""
        mac = f"02:00:00:{self.site.hosts:02x}:00:99"
        with machine(self.site.switch, mac, self.folder / "other") as one:
            one.space.run("ip", "address", "add", f"{address}/10", "dev", "eth0")
            one.address = address
            yield one

    def recorded(self, kind: str, **data: Any) -> dict[str, Any]:
        """The event, once it is in the record."""
        found: dict[str, Any] = self.site.recorded(self.name, kind, **data)
        return found

    def rehearsed(self) -> Any:
        """What a rehearsal of it says now."""
        done = self.site.service.command("rehearse", self.mac, "--firmware", str(self.firmware), "--json")
        return done.returncode, done.stdout + done.stderr


def stops(happens: Any, *arguments: Any) -> str:
    """Do what must come to nothing; how it ended."""
    try:
        happens(*arguments)
    except Stopped as stopped:
        return str(stopped)
    raise AssertionError("the machine got further than it should")
