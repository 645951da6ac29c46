"""The first schema of the events state."""

import sqlalchemy as sa
from alembic import op

revision = "events0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("minute", "source", "reason"),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("mac", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("install", sa.Text(), nullable=True),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("outbox_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("outbox_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("event_host", "event", ["host", "id"], unique=False)
    op.create_index("event_mac", "event", ["mac", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("event_mac", table_name="event")
    op.drop_index("event_host", table_name="event")
    op.drop_table("event")
    op.drop_table("counter")
