"""A check: its name, what it looks at, what it may find, and the function that looks. And how one is carried out.

Whatever goes wrong while one looks is said as "cannot look"; no check ever passes in silence, and none ends the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.doctor.around import Around
from pxeserve.doctor.finding import Blind, Fault, Finding, Result
from pxeserve.errors import PxeserveError

Seen = Iterator[Finding | Blind]

MOST = 40
"""Findings that one check tells; a folder with ten thousand wrong files is one thing to repair."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check as data. `needs_state`: it reads hosts, media or the record, so it is carried out by whoever holds these. `often`: the
    service repeats it every minute, the others more seldom; `by_hand`: it leaves traces in the record, so the service does not do it by
    itself. `source` says where it is known from."""

    name: str
    looks_at: str
    source: str
    faults: tuple[Fault, ...]
    look: Callable[[Around], Seen]
    needs_state: bool = False
    often: bool = False
    by_hand: bool = False
    sentences: Mapping[str, str] = field(default_factory=dict)
    """What stands for a word of its faults, case by case: who holds a port, and how it is stopped."""


def examine(checks: Iterable[Check], around: Around) -> list[Result]:
    """Carry out `checks`, one after the other. Never raises."""
    return [_one(check, around) for check in checks]


def _one(check: Check, around: Around) -> Result:
    findings: dict[str, Finding] = {}
    blind: list[Blind] = []
    try:
        for seen in check.look(around):
            if isinstance(seen, Blind):
                blind.append(seen)
            else:
                named = replace(seen, check=check.name, source=check.source)
                findings.setdefault(named.key, named)
    except (OSError, PxeserveError, SQLAlchemyError) as error:
        blind.append(Blind(f"it failed: {error}"))
    except Exception as error:  # noqa: BLE001 - a mistake of ours about one check must not hide what the others see
        blind.append(Blind(f"it failed in a way that was not foreseen: {type(error).__name__}: {error}", "please report this"))
    told = tuple(findings.values())[:MOST]
    if len(findings) > MOST:
        blind.append(Blind(f"{len(findings) - MOST} more findings of this kind are not shown"))
    return Result(check.name, check.looks_at, told, tuple(blind))
