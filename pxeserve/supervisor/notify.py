"""Tells systemd how it goes (sd_notify(3)); silent where nobody listens."""

from __future__ import annotations

import os
import socket


class Notifier:
    """The socket that systemd named in NOTIFY_SOCKET, taken out of the environment so that no child speaks in our name."""

    def __init__(self) -> None:
        self._address = os.environ.pop("NOTIFY_SOCKET", "")
        usec = os.environ.pop("WATCHDOG_USEC", "")
        os.environ.pop("WATCHDOG_PID", None)
        self.watchdog: float | None = int(usec) / 2_000_000 if usec.isdigit() and int(usec) else None
        """Seconds between two signs of life: half of what systemd allows. None: it does not watch."""

    def tell(self, message: str) -> None:
        """Send `READY=1` and the like. Never raises: a deaf systemd stops no service."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            try:
                sock.sendto(message.encode(), address)
            except OSError:
                return
