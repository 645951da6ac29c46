"""When a person should hear that a pool runs out: once at four fifths, once a minute while it is empty. Not once a packet."""

from __future__ import annotations

from ipaddress import IPv4Network

from pxeserve.dhcp.outcome import Note

_HIGH, _LOW = 0.80, 0.75
_QUIET = 60.0


class Watermarks:
    """Remembers what was said about each network."""

    def __init__(self) -> None:
        self._high: set[IPv4Network] = set()
        self._empty: dict[IPv4Network, float] = {}

    def look(self, network: IPv4Network, used: int, size: int, now: float, *, refused: bool) -> tuple[Note, ...]:
        """What to say now that `used` of `size` addresses are held, and whether somebody just went away empty-handed."""
        if not refused and used < _LOW * size:
            if self._high:
                self._high.discard(network)
            return ()
        data = {"network": str(network), "used": used, "size": size}
        if refused:
            if 0 <= now - self._empty.get(network, now - _QUIET) < _QUIET:
                return ()
            self._empty[network] = now
            return (Note("pool", f"{network} has no address left to lend: {used} of {size} are in use", data=data),)
        if used >= _HIGH * size and network not in self._high:
            self._high.add(network)
            return (Note("pool", f"{used} of {size} addresses of {network} are in use", data=data),)
        return ()
