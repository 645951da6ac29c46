"""The form for a new token, one's own or another's: what the fields mean to the verb. Refuses to judge them."""

from __future__ import annotations

from typing import Any

from pxeserve.accounts.tokens import MOST_DAYS, USUAL_DAYS
from pxeserve.console.filled import Filled, filled

DAYS = [(str(count), "1 day" if count == 1 else f"{count} days") for count in (1, 7, 30, USUAL_DAYS, 180, MOST_DAYS)]
"""How long one may be good: the value, and how it is said."""


def wished() -> dict[str, Any]:
    """What the form asks `token.create` for. Raises PxeserveError for a field that is missing or no such."""
    form = filled("name", "role", "days", "hosts", "racks", "unattended", "scope", "pools")
    scope = form.text("scope")
    return {
        "name": form.needed("name", "What the token is for"),
        "role": None if scope else form.needed("role", "A role"),
        "days": form.number("days") or USUAL_DAYS,
        "hosts": _names(form, "hosts"),
        "racks": [rack.strip() for rack in form.text("racks").split(",") if rack.strip()],
        "unattended": form.ticked("unattended"),
        "scope": scope or None,
        "pools": _names(form, "pools"),
    }


def _names(form: Filled, field: str) -> list[str]:
    return form.text(field).replace(",", " ").split()
