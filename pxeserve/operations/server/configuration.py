"""The configuration in force, for whoever looks at it from outside."""

from __future__ import annotations

from typing import Any

from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb


@verb("settings.show", role=Role.OPERATOR, changes=False)
def show(context: Context) -> dict[str, Any]:
    """File, environment and defaults together, by section. Secrets are files, of which the names stand here."""
    return context.config.plain()
