"""Media that lie elsewhere, packs beside main media, and when a file was last read whole."""

import sqlalchemy as sa
from alembic import op

revision = "site0002"
down_revision = "site0001"


def upgrade() -> None:
    with op.batch_alter_table("medium") as batch:
        batch.add_column(sa.Column("role", sa.Text(), nullable=False, server_default="main"))
        batch.add_column(sa.Column("lies", sa.Text(), nullable=False, server_default="copied"))
        batch.add_column(sa.Column("place", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("checked_at", sa.Float(), nullable=True))
    with op.batch_alter_table("medium_file") as batch:
        batch.add_column(sa.Column("offset", sa.BigInteger(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("stamp", sa.Text(), nullable=False, server_default=""))
