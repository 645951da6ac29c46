"""Menus that a machine was given by an index of their own: few among many, and each explanation looks for the last ones."""

import sqlalchemy as sa
from alembic import op

revision = "events0007"
down_revision = "events0006"


def upgrade() -> None:
    op.create_index("event_menu", "event", ["mac", "id"], sqlite_where=sa.text("kind = 'boot.menu'"))
