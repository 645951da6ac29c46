"""Where a host stands, and by which words of the site's own it is found."""

import sqlalchemy as sa
from alembic import op

revision = "site0004"
down_revision = "site0003"


def upgrade() -> None:
    with op.batch_alter_table("host") as batch:
        batch.add_column(sa.Column("rack", sa.Text(), nullable=True))
        batch.add_column(sa.Column("tags", sa.JSON(), nullable=False, server_default="[]"))
