"""The serial numbers that discovered machines said."""

import sqlalchemy as sa
from alembic import op

revision = "events0005"
down_revision = "events0004"


def upgrade() -> None:
    op.add_column("discovered", sa.Column("serial", sa.Text(), nullable=True))
