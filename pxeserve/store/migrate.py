"""Brings a group's schema up to date with Alembic; each group has a history of its own. Imported only when one is behind."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from pxeserve.errors import PxeserveError
from pxeserve.store.database import HEADS, Database
from pxeserve.store.tables import GROUPS

_FOLDER = Path(__file__).parent / "migrations"


def preload() -> None:
    """Read every migration now, for a process that may not be able to read them later."""
    for group in HEADS:
        list(scripts(group).walk_revisions())


def upgrade(database: Database) -> None:
    """Upgrade to the newest revision in one transaction. Raises PxeserveError when the state belongs to a newer release."""
    directory = scripts(database.group)

    def steps(revision: Any, _context: Any) -> Any:
        return directory._upgrade_revs("head", revision)

    with database.write() as connection, EnvironmentContext(Config(), directory, fn=steps) as environment:
        environment.configure(
            connection=connection,
            target_metadata=GROUPS[database.group],
            version_table=f"alembic_version_{database.group}",
            render_as_batch=True,
            transactional_ddl=False,  # the transaction is ours
        )
        try:
            environment.run_migrations()
        except CommandError as error:
            raise PxeserveError(
                f"the {database.group} state was written by a newer release ({error})",
                fix="run that release, or put back what was saved before it came: pxeserve site restore FILE",
            ) from error


def head(group: str) -> str | None:
    """The newest revision there is a script for."""
    return scripts(group).get_current_head()


@cache
def scripts(group: str) -> ScriptDirectory:
    """The group's migrations."""
    return ScriptDirectory(str(_FOLDER / group), version_locations=[str(_FOLDER / group / "versions")])
