"""A clock that nobody sets beside each event, installers' logs, and how long the stages of installs took."""

import sqlalchemy as sa
from alembic import op

revision = "events0003"
down_revision = "events0002"


def upgrade() -> None:
    with op.batch_alter_table("event") as batch:
        batch.add_column(sa.Column("steady", sa.Float(), nullable=True))
    op.create_table(
        "steady_clock",
        sa.Column("boot_id", sa.Text(), primary_key=True),
        sa.Column("base", sa.Float(), nullable=False),
        sa.Column("reached", sa.Float(), nullable=False),
    )
    op.create_table(
        "install_log",
        sa.Column("install", sa.Text(), primary_key=True),
        sa.Column("stage", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "install_time",
        sa.Column("install", sa.Text(), primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Float(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("stages", sa.JSON(), nullable=False),
    )
    op.create_index("install_time_profile", "install_time", ["profile", "ended_at"], unique=False)
