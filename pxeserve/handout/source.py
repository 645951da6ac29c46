"""What a name means: loaders, menus, media, files. The one place where a name a machine asks for meets the decision.

Everything on disk is opened through `paths.Root`; nothing here ever tells a client where files lie. Refuses to know protocols.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.boot import grubimage, ipxe
from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.handout import names
from pxeserve.handout.answer import Given, Refused, Who, Why
from pxeserve.handout.images import Images
from pxeserve.handout.kept import Kept, Small
from pxeserve.handout.menus import Menus, Place
from pxeserve.handout.names import Asked, What
from pxeserve.handout.request import By, Gate, Request
from pxeserve.installs.arming import Arming
from pxeserve.installs.evidence import mac_at
from pxeserve.keys import load_keys
from pxeserve.paths import OpenFile, PathRefused, Roots
from pxeserve.shelf import Shelf
from pxeserve.snapshot import Snapshot, SnapshotSource
from pxeserve.store import Store


class Source:
    """Answers for one address of this server, `address`, which is what machines there come back to.

    `clock` (epoch seconds) is read when a delivery has ended, long after the request. `gate` is the store's own arming unless given.
    May be asked from several threads.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        recorder: Recorder,
        address: IPv4Address,
        *,
        clock: Callable[[], float] = time.time,
        gate: Gate | None = None,
    ) -> None:
        keys = load_keys(config.server.data)
        self._config = config
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._sessions = SessionIds(keys.session)
        self._snapshots = SnapshotSource(store)
        self._loaders = Loaders(store, config.server.data, config.dhcp.mode, config.boot.idle)
        self._gate = gate or Arming(store, keys, config)
        self._place = Place(address, config.http.port)
        self._menus = Menus(store, self._loaders, self._gate, recorder, self._place)
        self._images = Images()
        self._shelf = Shelf(store, config.server.data)
        self._roots = Roots()
        self._kept = Kept(self._open)

    def resolve(self, path: str, by: By, address: IPv4Address, now: float) -> Given | Refused:
        """What `path` means to the machine at `address`. Never raises for anything a client can send, nor for trouble of ours."""
        asked = names.read(path)
        request = None
        try:
            request = self._request(asked, by, address, now)
            return self._answer(request)
        except PathRefused as refused:
            why = Why.NOT_FOUND if refused.reason == "not-found" else Why.FORBIDDEN
            return Refused(why, f"path: {refused.reason}", request.who if request else Who())
        except (PxeserveError, SQLAlchemyError, OSError, grubimage.ImageError) as error:
            return self._trouble(request.who if request else Who(), path, by, address, now, error)

    def still(self) -> AbstractContextManager[None]:
        """While this lasts the inventory is looked at once, for requests that are here already. Not for more than one thread."""
        return self._store.site.still()

    def who(self, asked: Asked) -> Who:
        """Whom a name belongs to, as far as it tells. Raises SQLAlchemyError when the store cannot be asked."""
        session = self._sessions.read(asked.session) if asked.session else None
        mac = asked.mac or (session.mac if session else None)
        host = self._snapshots.current().by_mac.get(mac) if mac else None
        return Who(session.id if session else None, mac, host.name if host else None, asked.install)

    def _request(self, asked: Asked, by: By, address: IPv4Address, now: float) -> Request:
        snapshot = self._snapshots.current()
        session = self._sessions.read(asked.session) if asked.session else None
        mac = asked.mac or (session.mac if session else None)
        if mac is None and asked.what is What.MENU and asked.name == names.VENDOR_CFG:
            mac = mac_at(self._store, address, now)
        host = snapshot.by_mac.get(mac) if mac else None
        return Request(asked, by, address, now, snapshot, session, Who(session.id if session else None, mac, host.name if host else None))

    def _answer(self, request: Request) -> Given | Refused:
        asked = request.asked
        match asked.what:
            case What.MENU:
                return self._menus.of(request)
            case What.NO_MENU:
                return Refused(Why.NOT_FOUND, "menu: not by MAC", request.who)
            case What.LAST_MENU:
                return Given("menu: default", request.who, data=self._menus.last())
            case What.ANYBODY:
                return Given("menu: by MAC next", request.who, data=ipxe.anybody(self._place.url))
            case What.PAYLOAD:
                return self._payload(request)
            case What.LOADER:
                return self._loader(request)

    def _loader(self, request: Request) -> Given:
        """A file of the set that the boot was given. Without a session, what the administrator laid there comes first."""
        asked = request.asked
        if asked.set_name is None:
            try:
                return self._of_root(request)
            except PathRefused as refused:
                set_name = self._loaders.default_set(asked.name)
                if refused.reason != "not-found" or set_name is None:
                    raise
            return self._of_set(request, set_name)
        try:
            return self._of_set(request, asked.set_name)
        except PathRefused as refused:
            if refused.reason != "not-found" or asked.name.endswith(".c32"):  # a module from elsewhere would be of another build
                raise
        return self._of_root(request)

    def _of_root(self, request: Request) -> Given:
        """A file that the administrator laid there."""
        folder, name = self._config.tftp_root, request.asked.name
        if request.by is By.HTTP:  # answered by several threads
            return Given("tftp.root", request.who, file=self._open(folder, name))
        found = self._kept.get(folder, name)
        if isinstance(found, Small):
            return Given("tftp.root", request.who, data=found.data, key=found.key)
        return Given("tftp.root", request.who, file=found)

    def _of_set(self, request: Request, set_name: str) -> Given:
        name = request.asked.name
        file = self._loaders.open(set_name, name)
        rule = f"loader: {set_name}"
        if name not in grubimage.FILES:
            return Given(rule, request.who, file=file)
        session, config = (request.session.id, names.GRUB_CFG) if request.session else (None, "grub/$net_default_mac.cfg")
        # By the protocol that has just been seen to work; firmware that fetched it over HTTP hands GRUB no address.
        bases = self._place.grub(session, set_name)
        lines = grubimage.early(bases[0] if request.by is By.HTTP else bases[-1], config, configure=request.by is By.HTTP)
        return Given(rule, request.who, data=self._images.grub(file, f"{set_name}/{name}", lines))

    def _payload(self, request: Request) -> Given:
        asked = request.asked
        file, rule = self._payload_file(request.snapshot, asked.name)
        given = Given(rule, request.who, file=file)
        if asked.expanded:
            given = Given(f"{rule}, unpacked", request.who, data=self._images.expanded(file, asked.name))
        if asked.install is None:
            return given
        install = asked.install
        who = replace(request.who, install=install)
        return given._replace(who=who, delivered=lambda: self.delivered(install, request.address, request.by))

    def delivered(self, install_id: str, address: IPv4Address, by: By) -> None:
        """The file whose whole delivery uses up an install that fetches no answerfile has reached `address`."""
        now = self._clock()
        try:
            self._gate.ramdisk_delivered(install_id, address, now)
        except (PxeserveError, SQLAlchemyError, OSError) as error:
            self._trouble(Who(install=install_id), f"i/{install_id}", by, address, now, error)

    def _payload_file(self, snapshot: Snapshot, name: str) -> tuple[OpenFile, str]:
        kind, _, rest = name.partition("/")
        if kind == "f":
            return self._open(self._config.server.data / "files", rest), "files"
        medium_name, _, path = rest.partition("/")
        medium = snapshot.media.get(medium_name)
        if medium is None or not path:
            raise PathRefused("not-found")
        return self._shelf.open(medium, path), f"medium: {medium.name}"

    def _open(self, folder: Path, name: str) -> OpenFile:
        try:
            root = self._roots.of(folder)
        except OSError:
            raise PathRefused("not-found") from None
        return root.open(name)

    def _trouble(self, who: Who, path: str, by: By, address: IPv4Address, now: float, error: Exception) -> Refused:
        """Our own trouble: the client hears only that, the record hears what it was."""
        text = f"{harmless(path)} could not be answered: {type(error).__name__}: {harmless(str(error))}"
        self._recorder.emit(Event(f"{by}.trouble", now, text, address=str(address), mac=who.mac))
        return Refused(Why.TROUBLE, "trouble", who)
