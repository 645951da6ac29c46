"""The first schema of the leases state."""

import sqlalchemy as sa
from alembic import op

revision = "leases0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("hostname", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
        sa.Column("relay", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_index(op.f("ix_lease_mac"), "lease", ["mac"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )


def downgrade() -> None:
    op.drop_table("sighting")
    op.drop_index(op.f("ix_lease_mac"), table_name="lease")
    op.drop_table("lease")
