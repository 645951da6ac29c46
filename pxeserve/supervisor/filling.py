"""Makes the data folder's content and ends: `python -m pxeserve.supervisor.filling DATA [UID GID]`.

Reads all that it needs first, gives root up, then writes.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.store import migrate
from pxeserve.supervisor import prepare, privileges


def main(arguments: list[str]) -> int:
    """0: ready. 1: not, and why on standard error."""
    data = Path(arguments[0])
    ids = (int(arguments[1]), int(arguments[2])) if len(arguments) == 3 else None
    migrate.preload()
    importlib.import_module("sqlalchemy.dialects.sqlite.pysqlite")
    try:
        privileges.become(ids)
        prepare.fill(data)
    except PxeserveError as error:
        sys.stderr.write(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
