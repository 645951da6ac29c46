"""Where state lies: SQLAlchemy tables, migrations and queries. Refuses to know what a transition means or who may ask."""

from pxeserve.store.database import Database
from pxeserve.store.engine import Store, open_store

__all__ = ["Database", "Store", "open_store"]
