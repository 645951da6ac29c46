"""What lists look at of each host's newest install, in an index of its own: the rows are long, and a site has tens of thousands."""

import sqlalchemy as sa
from alembic import op

revision = "site0010"
down_revision = "site0009"

_LOOKED_AT = ["host_id", "armed_at", "id", "rehearsal_mac", "state", "ended_at", "expires", "armed_boot_id", "armed_boottime", "medium"]


def upgrade() -> None:
    op.create_index("install_newest", "install", _LOOKED_AT, sqlite_where=sa.text("rehearsal_mac IS NULL"))
