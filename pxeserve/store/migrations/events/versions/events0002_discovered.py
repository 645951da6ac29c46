"""Machines that network-booted and are in no inventory."""

import sqlalchemy as sa
from alembic import op

revision = "events0002"
down_revision = "events0001"


def upgrade() -> None:
    op.create_table(
        "discovered",
        sa.Column("mac", sa.Text(), primary_key=True),
        sa.Column("first_seen", sa.Float(), nullable=False),
        sa.Column("last_seen", sa.Float(), nullable=False),
        sa.Column("boots", sa.Integer(), nullable=False),
        sa.Column("vendor_class", sa.Text(), nullable=False),
        sa.Column("arch", sa.Integer(), nullable=True),
        sa.Column("uuid", sa.Text(), nullable=True),
        sa.Column("user_class", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("circuit", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=False),
    )
