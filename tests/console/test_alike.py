"""Hosts in the same trouble are told once."""

from __future__ import annotations

from typing import Any

from pxeserve.console.alike import alike


def host(name: str, state: str, *, because: str = "", cause: str = "", overdue: bool = False) -> dict[str, Any]:
    missing = {"expected": "its DHCP", "text": "armed for 6 minutes", "causes": [{"text": cause}] if cause else []}
    silent = bool(cause) and not overdue
    missed = {"unheard": missing if silent else None, "overdue": missing if overdue else None}
    return {"host": name, "state": state, "because": because, **missed}


def names(groups: list[Any]) -> list[list[str]]:
    return [[one["host"] for one in group] for group in groups]


def test_hosts_with_the_same_state_and_first_cause_are_told_together_in_their_order() -> None:
    told = alike([
        host("a", "failed", because="the installer ended with 1"), host("b", "armed", cause="not restarted"),
        host("c", "failed", because="the installer ended with 1"), host("d", "armed", cause="not restarted"),
    ])  # fmt: skip
    assert names(told) == [["a", "c"], ["b", "d"]]


def test_another_reason_cause_or_state_stands_by_itself() -> None:
    told = alike([
        host("a", "failed", because="the installer ended with 1"), host("b", "failed", because="its disk is full"),
        host("c", "armed", cause="not restarted"), host("d", "armed", cause="another VLAN"),
        host("e", "booting", cause="not restarted", overdue=True), host("f", "frozen"),
    ])  # fmt: skip
    assert names(told) == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]
