"""Installs that may run on another machine than was meant."""

import sqlalchemy as sa
from alembic import op

revision = "site0009"
down_revision = "site0008"


def upgrade() -> None:
    with op.batch_alter_table("install") as batch:
        batch.add_column(sa.Column("doubt", sa.Text(), nullable=True))
