"""Figures of packages in columns of their own, so that they can be added up where they lie."""

import sqlalchemy as sa
from alembic import op

revision = "events0008"
down_revision = "events0007"


def upgrade() -> None:
    for name, kind in (("package", sa.Integer()), ("packages", sa.Integer()), ("bytes", sa.Integer()), ("seconds", sa.Float())):
        op.add_column("event", sa.Column(name, kind, nullable=True))
