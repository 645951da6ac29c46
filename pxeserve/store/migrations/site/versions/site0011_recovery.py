"""Pools, backups of their databases, what newly installed hosts ask for, and plans of recovery."""

import sqlalchemy as sa
from alembic import op

revision = "site0011"
down_revision = "site0010"

_LIVE = "state IN ('waiting','running','stopped')"


def upgrade() -> None:
    op.add_column("api_token", sa.Column("scope", sa.Text, nullable=False, server_default=""))
    op.add_column("api_token", sa.Column("pools", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "pool",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("master_id", sa.Integer, sa.ForeignKey("host.id"), nullable=False),
        sa.Column("product", sa.Text, nullable=False, server_default=""),
        sa.Column("version", sa.Text, nullable=False, server_default=""),
        sa.Column("address", sa.Text),
        sa.Column("user", sa.Text, nullable=False, server_default="root"),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("secrets", sa.LargeBinary),
    )
    op.create_table(
        "pool_member",
        sa.Column("host_id", sa.Integer, sa.ForeignKey("host.id"), primary_key=True),
        sa.Column("pool_id", sa.Integer, sa.ForeignKey("pool.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("iqn", sa.Text, nullable=False, server_default=""),
        sa.Column("fingerprint", sa.Text, nullable=False, server_default=""),
        sa.Column("heard_at", sa.Float),
    )
    op.create_table(
        "backup",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("pool_id", sa.Integer, sa.ForeignKey("pool.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("host.id", ondelete="SET NULL")),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False, server_default=""),
        sa.Column("holds", sa.JSON, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_index("backup_of_pool", "backup", ["pool_id", "kind", "taken_at"])
    op.create_table(
        "first_boot",
        sa.Column("install_id", sa.Text, sa.ForeignKey("install.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("host.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        sa.Column("expires", sa.Float, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("boottime", sa.Float, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("inventory", sa.JSON),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False, server_default=""),
        sa.Column("told_at", sa.Float),
    )
    op.create_table(
        "pool_join",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
        sa.Column("install_id", sa.Text, nullable=False, unique=True),
        sa.Column("pool_id", sa.Integer, sa.ForeignKey("pool.id", ondelete="CASCADE"), nullable=False),
        sa.Column("host_uuid", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False, server_default=""),
        sa.Column("because", sa.Text, nullable=False, server_default=""),
        sa.Column("fix", sa.Text, nullable=False, server_default=""),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "recovery",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("host_id", sa.Integer, sa.ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
        sa.Column("pool_id", sa.Integer, sa.ForeignKey("pool.id"), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False, server_default=sa.text("0")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("steps", sa.JSON, nullable=False),
        sa.Column("step", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("because", sa.Text, nullable=False, server_default=""),
        sa.Column("fix", sa.Text, nullable=False, server_default=""),
        sa.Column("install_id", sa.Text),
        sa.Column("begun_by", sa.Text, nullable=False),
        sa.Column("begun_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index(
        "one_live_recovery", "recovery", ["pool_id"], unique=True,
        sqlite_where=sa.text(f"drill = 0 AND {_LIVE}"), postgresql_where=sa.text(f"drill = false AND {_LIVE}"),
    )  # fmt: skip
