"""What an arming leaves in the record for later, and reading it back: the answerfile itself is sealed, and gone when the install ends.

No secret is among it: what the linter said of a password's or an address's text is kept without that text. Refuses to know stores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pxeserve.answerfile.finding import Finding as Linted
from pxeserve.answerfile.finding import Severity
from pxeserve.events.record import harmless
from pxeserve.timeline.missing.facts import Armed, Finding

MOST = 8
"""Findings kept, the gravest first."""
_LONGEST = 300
_ADDRESS = re.compile(r"\b(?:https?|ftp|nfs)://\S+")
_GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def findings(found: Iterable[Linted], secrets: Iterable[str]) -> list[dict[str, Any]]:
    """What the linter found, for the record: `secrets` are texts that must not be in it, and addresses carry tokens and logins."""
    hidden = sorted((one for one in secrets if one), key=len, reverse=True)
    gravest = sorted(found, key=lambda one: (_GRAVITY.index(one.severity), one.line, one.column))[:MOST]
    return [
        {
            "code": str(one.code),
            "severity": str(one.severity),
            "line": one.line,
            "message": _without(one.message, hidden),
            "fix": _without(one.fix, hidden),
        }
        for one in gravest
    ]


def _without(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "(not shown)")
    return harmless(_ADDRESS.sub("(an address)", text), _LONGEST)


def armed(data: Mapping[str, Any]) -> Armed:
    """What the event of an arming says. Older records say less."""
    stages = data.get("stages")
    return Armed(
        mode=_text(data, "mode") or "fresh",
        interactive=bool(data.get("interactive")),
        plain="medium" in data and not data["medium"],
        medium=_text(data, "medium"),
        dialect=_text(data, "dialect"),
        findings=tuple(_finding(one) for one in _list(data, "findings") if isinstance(one, Mapping)),
        disks=tuple(str(one) for one in _list(data, "disks")),
        cards=tuple(str(one) for one in _list(data, "cards")),
        fixed=bool(data.get("fixed")),
        source=_text(data, "source"),
        device=_text(data, "device"),
        vlan=_text(data, "vlan"),
        stages=tuple(str(one) for one in stages) if isinstance(stages, list) else None,
        first_boot=bool(data.get("first_boot")),
    )


def _finding(one: Mapping[str, Any]) -> Finding:
    line = one.get("line")
    return Finding(
        _text(one, "code"), _text(one, "severity"), line if isinstance(line, int) else 0, _text(one, "message"), _text(one, "fix")
    )  # fmt: skip


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []
