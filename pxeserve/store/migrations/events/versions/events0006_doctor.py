"""The doctor's events by an index of their own: what stands is asked for with every page."""

import sqlalchemy as sa
from alembic import op

revision = "events0006"
down_revision = "events0005"


def upgrade() -> None:
    op.create_index("event_doctor", "event", ["id"], sqlite_where=sa.text("kind >= 'doctor.' AND kind < 'doctor/'"))
