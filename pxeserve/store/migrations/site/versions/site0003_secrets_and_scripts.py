"""A random root password that is kept for a day beside its install, and the site's own scripts."""

import sqlalchemy as sa
from alembic import op

revision = "site0003"
down_revision = "site0002"


def upgrade() -> None:
    with op.batch_alter_table("install") as batch:
        batch.add_column(sa.Column("secret", sa.LargeBinary(), nullable=True))
    op.create_table(
        "script",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
    )
