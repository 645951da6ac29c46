"""What was declared when a host was armed, for whoever arms it again; and installs found by their host."""

import sqlalchemy as sa
from alembic import op

revision = "site0005"
down_revision = "site0004"


def upgrade() -> None:
    with op.batch_alter_table("install") as batch:
        batch.add_column(sa.Column("remembered", sa.JSON(), nullable=True))
    op.create_index("install_host", "install", ["host_id", "armed_at"])
