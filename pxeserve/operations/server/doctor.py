"""The doctor: what is wrong with this network and this server. Its checks are carried out by whoever has the rights that each needs.

What is kept in the state is looked at by the service, or by who stands in for it; all else by the command itself, which may be root.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pxeserve.config import Config
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, examine
from pxeserve.doctor.finding import Blind, Grade, Result, State
from pxeserve.doctor.network import interfaces, served
from pxeserve.doctor.proc import processes
from pxeserve.doctor.registry import named
from pxeserve.doctor.standing import standing
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import Store

Ask = Callable[[Sequence[str]], Mapping[str, Any]]
"""Asks the service, or who stands in for it, to carry out the checks of these names. Raises PxeserveError."""


@verb("doctor", role=Role.OPERATOR, changes=False)
def doctor(context: Context, *, only: list[str] | None = None) -> dict[str, Any]:
    """Carry out the checks named in `only`, or all, in this very process and with its rights."""
    serving = context.recorder is not None
    around = _around(context.config, serving=serving, store=context.store)
    return _report([one.plain() for one in examine(named(only or []), around)], serving=serving)


@verb("doctor.standing", role=Role.VIEWER)
def stands(context: Context) -> list[dict[str, Any]]:
    """What the service's own rounds found and has not gone since, the worst first."""
    found = [one.plain() for one in standing(context.store).values()]
    return sorted(found, key=lambda one: _order(one["grade"]))


def catalogue() -> list[dict[str, Any]]:
    """All checks, with what they look at and where that is known from."""
    return [{"check": one.name, "looks_at": one.looks_at, "source": one.source} for one in named([])]


def everywhere(config: Config, only: list[str], ask: Ask) -> dict[str, Any]:
    """Carry out checks where each sees most: those of the state by `ask`, the others here."""
    checks = named(only)
    told, serving = _of_state(config, [check for check in checks if check.needs_state], ask)
    around = _around(config, serving=serving, store=None)
    here = examine([check for check in checks if not check.needs_state], around)
    results = {**told, **{one.check: one.plain() for one in here}}
    return _report([results[check.name] for check in checks], serving=serving)


def _of_state(config: Config, checks: list[Check], ask: Ask) -> tuple[dict[str, Any], bool]:
    """Results by name, and whether a service runs. A state that cannot be opened hides what lies in it, and nothing else."""
    names = [check.name for check in checks]
    serving = False
    if _untouched(config.server.data):
        blind = Blind(f"{config.server.data}: there is no state here yet", "start the service once: pxeserve serve")
    else:
        try:
            told = ask(names or ["clock-record"])
            return {one["check"]: one for one in told["results"] if one["check"] in names}, bool(told["serving"])
        except PxeserveError as error:
            blind = Blind(error.message, error.fix)
            serving = any(one.name == "pxe-worker" for one in processes(Path("/")))  # who may not ask may still see that it runs
    return {check.name: Result(check.name, check.looks_at, (), (blind,)).plain() for check in checks}, serving


def _untouched(data: Path) -> bool:
    """Whether no service has ever used this folder: then none is made of it."""
    try:
        return not (data / "state" / "site.db").exists()
    except OSError:
        return False  # whoever may look will say


def _around(config: Config, *, serving: bool, store: Store | None) -> Around:
    known = interfaces()
    return Around(config, served(config, known), known, time.time(), serving, store)


def _report(results: list[dict[str, Any]], *, serving: bool) -> dict[str, Any]:
    """Everything, with the findings of all checks once more, the worst first."""
    findings = sorted((one for result in results for one in result["findings"]), key=lambda one: _order(one["grade"]))
    return {
        "ok": not any(result["state"] == State.WRONG for result in results),
        "serving": serving,
        "findings": findings,
        "results": results,
    }


def _order(grade: str) -> int:
    return [one.value for one in Grade].index(grade)
