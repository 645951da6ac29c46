"""The media that may be seen, asked for once a turn: it costs microseconds while nothing was written, and is never older than the last
commit before the turn. Refuses to know hosts: ten thousand of them would be read here with every change, while media bytes wait.
For one thread.
"""

from __future__ import annotations

from collections.abc import Mapping

from pxeserve.domain.medium import Medium
from pxeserve.store import Store, inventory


class Visible:
    """`current()` gives the media by name as they stand in the store now. Raises SQLAlchemyError when the store cannot be read.

    Asks once when it is made, so that what asking needs is open before a crowd has taken every descriptor.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._moment: object = None
        self._revision = -1
        self._media: Mapping[str, Medium] = {}
        self.current()

    def current(self) -> Mapping[str, Medium]:
        """The media now."""
        moment = self._store.site.moment()  # before anything is read: a commit that comes between is seen the next time
        if moment != self._moment:
            self._read()
            self._moment = moment
        return self._media

    def _read(self) -> None:
        with self._store.site.read() as connection:
            revision = inventory.revision(connection)
            if revision != self._revision:
                self._media = {medium.name: medium for medium in inventory.media(connection)}
                self._revision = revision
