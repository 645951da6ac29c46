"""MAC addresses that are almost another one: what a person who copied one from a label or a screen gets wrong. Pure.

Refuses to know which machines have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_DIGITS = 12
_THIRD = _DIGITS // 3
_BESIDE = 3
"""So far apart are the addresses of one board's ports at most: cards with four of them count on from the first."""

MOST = 5
"""Near addresses that are named at most."""

_MOST_COMPARED = 5_000


@dataclass(frozen=True, slots=True)
class Near:
    """An address that is near, and how; less `far` is nearer."""

    mac: str
    how: str
    far: int


class Neighbourhood:
    """Known addresses, found again by one that is spelt a little wrong: two wrong digits leave a third of it right."""

    def __init__(self, macs: Iterable[str]) -> None:
        self._by_third: dict[tuple[int, str], list[str]] = {}
        for mac in dict.fromkeys(macs):
            for number, third in enumerate(_thirds(_digits(mac))):
                self._by_third.setdefault((number, third), []).append(mac)

    def near(self, mac: str) -> list[Near]:
        """Those that are near `mac`, the nearest first; the address itself is none of them. Bounded, however many are known."""
        wanted = _digits(mac)
        like: dict[str, None] = {}
        for number, third in enumerate(_thirds(wanted)):
            like.update(dict.fromkeys(self._by_third.get((number, third), ())[:_MOST_COMPARED]))
        found = [near for other in like if other != mac and (near := _near(wanted, other)) is not None]
        return sorted(found, key=lambda one: (one.far, one.mac))[:MOST]


def _near(wanted: str, mac: str) -> Near | None:
    other = _digits(mac)
    apart = abs(int(other, 16) - int(wanted, 16))
    if apart <= _BESIDE:
        return Near(mac, "another port of the same board, by its number" if apart > 1 else "the board's other port, by its number", apart)
    wrong = [place for place in range(_DIGITS) if wanted[place] != other[place]]
    if len(wrong) == 1:
        return Near(mac, f"one digit differs: {other[wrong[0]]} for {wanted[wrong[0]]}", 5)
    if len(wrong) == 2:
        first, second = wrong
        if (wanted[first], wanted[second]) == (other[second], other[first]):
            return Near(mac, "two digits are the other way round", 4)
        return Near(mac, "two digits differ", 6)
    return Near(mac, "the same maker", 9) if other[:6] == wanted[:6] else None


def _digits(mac: str) -> str:
    return mac.replace(":", "")


def _thirds(digits: str) -> Iterator[str]:
    return (digits[begin : begin + _THIRD] for begin in range(0, _DIGITS, _THIRD))
