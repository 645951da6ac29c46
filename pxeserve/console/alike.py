"""Hosts that are in the same trouble for the same likeliest cause, told together: six that nobody switched on are one thing to do.

Refuses to know what is wrong with any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def alike(troubled: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The hosts of `racks.described`, those in the same trouble in one list; the lists, and the hosts of each, in the order given."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for one in troubled:
        groups.setdefault(_trouble(one), []).append(one)
    return list(groups.values())


def _trouble(one: Mapping[str, Any]) -> tuple[str, ...]:
    missing = one["unheard"] or one["overdue"]
    if not missing:
        return one["state"], one["because"] or ""
    causes = missing["causes"]
    return one["state"], missing["expected"], causes[0]["text"] if causes else missing["text"]
