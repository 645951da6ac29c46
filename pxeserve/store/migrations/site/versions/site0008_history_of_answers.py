"""What was declared after each change of answers, and the files that hosts were armed with."""

import sqlalchemy as sa
from alembic import op

revision = "site0008"
down_revision = "site0007"


def upgrade() -> None:
    op.create_table(
        "answers_history",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("answers_history_of", "answers_history", ["what", "name", "id"])
