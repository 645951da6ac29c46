"""What of the configuration is another than it was: a line of the audit with the keys, written when it comes into force, by a reload or by
a start with another file.

Who changed it cannot be known, since that is a file. Values are told of none but the DHCP mode: a key's old value is kept as a sum, which
tells that it is another and not what it was.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from pxeserve.config import Config
from pxeserve.store import Store, audit
from pxeserve.store import tables as t

ACTOR, ACTION, MODE = "service", "configuration.changed", "dhcp.mode"
"""As the audit calls them; a change of the DHCP mode is a line of its own, called as its key."""

_KEY = "configuration"
_SUM = "sum"
_LINE = re.compile(r":\d+$")


def note(store: Store, config: Config, now: float) -> list[str]:
    """Compare `config` with the one that was noted last, and note it; the keys that are another. The first is compared with the defaults.

    One transaction: a line and the note of it, or neither. Raises SQLAlchemyError when nothing can be written; then the next call does it.
    """
    values = _by_key(config.plain())
    with store.site.read() as connection:
        kept = connection.execute(select(t.meta.c.value).where(t.meta.c.key == _KEY)).scalar()
    usual, after = _noted(_by_key(Config().plain())), _noted(values)
    before = json.loads(kept) if kept is not None else usual
    if kept is not None and before == after:
        return []
    sums = usual[_SUM] | before[_SUM]  # a key that is new in this release was at its default
    changed = sorted(key for key, value in after[_SUM].items() if value != sums.get(key))
    with store.site.write() as connection:
        connection.execute(delete(t.meta).where(t.meta.c.key == _KEY))
        connection.execute(insert(t.meta).values(key=_KEY, value=json.dumps(after)))
        if changed:
            audit.append(connection, now, ACTOR, ACTION, ", ".join(changed), _where(config, changed))
        if before[MODE] != after[MODE]:
            audit.append(connection, now, ACTOR, MODE, "dhcp", f"{before[MODE]} to {after[MODE]}")
    return changed


def _by_key(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Values by `section.key`; a list of tables is one key."""
    found: dict[str, Any] = {}
    for section, value in plain.items():
        found |= {f"{section}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {section: value}
    return found


def _noted(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_SUM: {key: _sum(value) for key, value in values.items()}, MODE: values[MODE]}


def _sum(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _where(config: Config, changed: list[str]) -> str:
    """Where those keys are said now: files without their lines, variables, the command line."""
    places = {_LINE.sub("", place) for key in changed if (place := config.origin(key)) is not None}
    return f"said in {', '.join(sorted(places))}" if places else "as it is by default"
