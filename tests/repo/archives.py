"""Archives of a tree, as people make them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path


def archive_of(tree: Path, change: Callable[[tarfile.TarFile], None] = lambda _archive: None, **more: int) -> bytes:
    """The tree as a tar archive, with whatever `change` adds at its end."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **more) as archive:  # type: ignore[call-overload]
        archive.add(tree, ".")
        change(archive)
    return out.getvalue()
