"""Brings a group's schema up to date with Alembic; each group has a history of its own. Imported only when one is behind."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from pxeserve.errors import PxeserveError
from pxeserve.store.engine import Database
from pxeserve.store.tables import GROUPS

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Upgrade to the newest revision in one transaction. Raises PxeserveError when the state belongs to a newer release."""
    with database.write() as connection:
        config = _config(database.group)
        config.attributes["connection"] = connection
        config.attributes["metadata"] = GROUPS[database.group]
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise PxeserveError(
                f"the {database.group} state was written by a newer release ({error})", fix="run that release, or restore an older backup"
            ) from error


def head(group: str) -> str | None:
    """The newest revision there is a script for."""
    return ScriptDirectory.from_config(_config(group)).get_current_head()


def _config(group: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER / group))
    config.set_main_option("version_table", f"alembic_version_{group}")
    config.set_main_option("path_separator", "os")
    config.attributes["group"] = group
    return config
