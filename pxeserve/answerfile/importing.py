"""Turns the answers of a file into what a profile or a host declares, and says what of them stays behind.

The other way round from `declared`, whose words these are. Refuses to know where the declared values go, and keeps no plain password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Hash = Callable[[str], str]
"""Makes a crypt string of a plain password. Raises ValueError for one that may not be a password."""


@dataclass(frozen=True, slots=True)
class Left:
    """An answer that is not taken over: its modern name, its value as people may see it, and why."""

    field: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What is taken over, by modern names: `shared` by many hosts, `own` to one of them, and what is `left`."""

    shared: Mapping[str, Any]
    own: Mapping[str, Any]
    left: tuple[Left, ...] = ()


@dataclass(slots=True)
class _Sorting:
    shared: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
