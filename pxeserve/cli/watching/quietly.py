"""A verb asked while something else is shown: what its caller shows meanwhile is the caller's business."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pxeserve.cli.terminal import progress
from pxeserve.cli.terminal.session import ask


def asking(config: Path | None, verb: str, arguments: Mapping[str, Any]) -> Any:
    """A verb's answer, with nothing shown on the way. Raises PxeserveError as `ask` does."""
    return ask(config, verb, arguments, progress.Silent())
