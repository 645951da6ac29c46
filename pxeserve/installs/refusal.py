"""Why hosts of many cannot be armed or cancelled: each by its name, and all of them in one error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pxeserve.domain.install import InstallState
from pxeserve.errors import ConflictError, PxeserveError, RefusedError


@dataclass(frozen=True, slots=True)
class Refusal:
    """One host, and what it is refused for; the error names the host itself."""

    host: str
    error: PxeserveError


def already(name: str, state: InstallState) -> ConflictError:
    """The host `name` has an install that has not ended."""
    return ConflictError(f"{name} already has an install that is {state}", fix=f"pxeserve host cancel {name} ends it")


def refuse_any(refused: Iterable[Refusal], of: int, act: str = "armed") -> None:
    """Raise what speaks against any of `of` hosts, if something does: of one host alone its own error, of many one with a line for each."""
    found = list(refused)
    if not found:
        return
    if of == 1:
        raise found[0].error
    lines = "".join(f"\n  {line}" for line in listed(found))
    raise RefusedError(f"{len(found)} of {of} hosts cannot be {act}, so none was:{lines}", fix="put that right, or leave those hosts out")


def listed(refused: Iterable[Refusal]) -> list[str]:
    """A line for each, its host's name first."""
    return [_line(one) for one in refused]


def _line(one: Refusal) -> str:
    message = one.error.message.replace("\n", "; ")
    return message if message.startswith(one.host) else f"{one.host}: {message}"
