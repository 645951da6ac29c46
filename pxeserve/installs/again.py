"""What is remembered of an arming for whoever arms the host again after a failure, and how the new one differs from it.

Secrets are never kept: of the passwords that were declared a keyed digest tells whether they are the same ones. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pxeserve.answerfile.declared import redacted
from pxeserve.answerfile.scripts.names import FIRST_BOOT, HOOK, ROTATION
from pxeserve.domain.medium import Medium

_ABOUT_THIS_ONE = frozenset({FIRST_BOOT, HOOK, ROTATION})
"""Scripts that hold an arming's own tokens or password, and so are never the same twice."""

_MOST = 200
"""Answers and scripts that are remembered, each."""

_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Remembered:
    """One arming. `declared` are answers by their path, without secrets; `hidden` stands for the secrets among them; `scripts` are the
    SHA-256 of those that run, by name."""

    medium: str | None = None
    revision: str | None = None
    template: str | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    hidden: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """As it lies beside the install."""
        return asdict(self)


def remembered(
    medium: Medium | None, template: str | None, values: Mapping[str, Any], scripts: Mapping[str, bytes], key: bytes
) -> Remembered:
    """What is kept of an arming with the answers `values`. `key` is the service's own."""
    sums = {name: hashlib.sha256(body).hexdigest() for name, body in scripts.items() if name not in _ABOUT_THIS_ONE}
    declared = dict(list(_paths(redacted(values)))[:_MOST])
    kept = (declared, _hidden(values, key), dict(list(sums.items())[:_MOST]))
    return Remembered(medium.name if medium else None, medium.revision if medium else None, template, *kept)


def recalled(kept: Mapping[str, Any] | None) -> Remembered | None:
    """The reverse of `kept`; None for an arming of a release that kept nothing, or that another one wrote."""
    try:
        return Remembered(**kept) if kept is not None else None
    except TypeError:
        return None


def differs(then: Remembered, now: Remembered) -> list[str]:
    """How `now` differs from `then`, a phrase each; nothing: not at all."""
    said: list[str] = []
    if (then.medium, then.revision) != (now.medium, now.revision):
        if then.medium != now.medium:
            said.append(f"medium {now.medium or 'none'} instead of {then.medium or 'none'}")
        else:
            said.append(f"medium {now.medium} has other content now ({_short(then.revision)} became {_short(now.revision)})")
    if then.template != now.template:
        said.append(f"template {now.template or 'none'} instead of {then.template or 'none'}")
    said += [f"{path}: {_value(was)} became {_value(is_)}" for path, was, is_ in _changes(then.declared, now.declared)]
    if then.hidden != now.hidden:
        said.append("a password or key that is declared is another one")
    said += [f"script {name}: {_sum(was)} became {_sum(is_)}" for name, was, is_ in _changes(then.scripts, now.scripts)]
    return said


def _changes(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, str | None, str | None]]:
    for name in sorted({*then, *now}):
        if then.get(name) != now.get(name):
            yield name, then.get(name), now.get(name)


def _hidden(values: Mapping[str, Any], key: bytes) -> str:
    """A digest of all that people are not shown; "" where there is nothing of that kind."""
    shown = dict(_paths(redacted(values)))
    secret = {path: value for path, value in _paths(values) if shown.get(path) != value}
    if not secret:
        return ""
    return hmac.new(key, b"remembered:" + json.dumps(secret, sort_keys=True).encode(), "sha256").hexdigest()[:32]


def _paths(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Each value that is no table or list, by its path, as a text."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _paths(inner, f"{above}.{key}" if above else str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _paths(inner, f"{above}.{number}")
    else:
        yield above, str(value)


def _value(text: str | None) -> str:
    if text is None:
        return "nothing"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sum(text: str | None) -> str:
    return f"SHA-256 {text[:12]}" if text is not None else "nothing"


def _short(text: str | None) -> str:
    return (text or "none")[:12]
