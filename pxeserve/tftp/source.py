"""What a TFTP path means: loaders, menus, media, files. The one place where a name a machine asks for meets the decision.

Paths below `b/SESSION/SET/` belong to one boot with one set of loaders; the same names without it serve machines that were
configured by hand. Everything on disk is opened through `paths.Root`; nothing here ever tells a client where files lie.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.boot import pxelinux
from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import Session, SessionIds
from pxeserve.config import Config
from pxeserve.domain.client import Client, Firmware, parse_mac
from pxeserve.domain.decide import Decision, Reason, Target, Weight, decide
from pxeserve.domain.host import BootWords
from pxeserve.domain.install import Install
from pxeserve.errors import PxeserveError
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.installs.arming import Arming, BootDenied, BootGrant
from pxeserve.installs.subject import subject
from pxeserve.keys import load_keys
from pxeserve.paths import OpenFile, PathRefused, Root
from pxeserve.snapshot import Snapshot, SnapshotSource
from pxeserve.store import Store
from pxeserve.tftp.content import Content, Refusal

NOT_FOUND, ACCESS_VIOLATION, UNDEFINED = 1, 2, 0
"""RFC 1350 section 5."""

_BOOT = re.compile(r"b/([a-z2-7]{1,64})/([A-Za-z0-9][A-Za-z0-9._-]{0,80})/(.+)", re.ASCII | re.DOTALL)
_INSTALL = re.compile(r"i/([A-Za-z0-9_-]{1,64})/(.+)", re.ASCII | re.DOTALL)
_MAC_MENU = re.compile(r"01((?:-[0-9a-fA-F]{2}){6})", re.ASCII)
_MENUS = "pxelinux.cfg/"


@dataclass(frozen=True, slots=True)
class _Request:
    """One asked-for name, taken apart: who (as far as the session says), which loader set, and the name beneath it."""

    name: str
    address: IPv4Address
    now: float
    snapshot: Snapshot
    set_name: str | None = None
    session: Session | None = None
    mac: str | None = None
    host: str | None = None


class Gate(Protocol):
    """The part of arming that a boot passes."""

    def open_boot(self, install: Install, mac: str, address: IPv4Address, now: float) -> BootGrant | BootDenied:
        """May this address be given the armed host's menu now?"""
        ...

    def ramdisk_delivered(self, install_id: str, address: IPv4Address, now: float) -> bool:
        """The file that uses up an install without an answerfile has been delivered whole."""
        ...


class Source:
    """The Resolver of one listener; `address` is what machines there come back to.

    `clock` (epoch seconds) is read when a delivery has ended, long after the request. `gate` is the store's own arming unless given.
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
        self._address = address
        self._clock = clock
        self._sessions = SessionIds(keys.session)
        self._snapshots = SnapshotSource(store)
        self._loaders = Loaders(store, config.server.data)
        self._arming = gate or Arming(store, keys, config)
        self._roots: dict[Path, Root] = {}

    def resolve(self, path: str, address: IPv4Address, now: float) -> Content | Refusal:
        """What `path` means to the machine at `address`. Never raises for anything a client can send, nor for trouble of ours."""
        try:
            request = self._request(path, address, now)
        except (SQLAlchemyError, OSError) as error:
            return self._trouble(None, path, address, now, error)
        try:
            return self._answer(request)
        except PathRefused as refused:
            missing = refused.reason == "not-found"
            code, text = (NOT_FOUND, "File not found") if missing else (ACCESS_VIOLATION, "Access violation")
            return self._refuse(request, code, text, f"path: {refused.reason}")
        except (PxeserveError, SQLAlchemyError, OSError) as error:
            return self._trouble(request, path, address, now, error)

    def _request(self, path: str, address: IPv4Address, now: float) -> _Request:
        snapshot = self._snapshots.current()
        name = path.lstrip("/")
        found = _BOOT.fullmatch(name)
        if found is None:
            return _Request(name, address, now, snapshot)
        session = self._sessions.read(found[1])
        host = snapshot.by_mac.get(session.mac) if session else None
        return _Request(
            found[3], address, now, snapshot, found[2], session, session.mac if session else None, host.name if host else None
        )

    def _answer(self, request: _Request) -> Content | Refusal:
        name = request.name
        if name.startswith(_MENUS):
            return self._menu(request, name.removeprefix(_MENUS))
        if found := _INSTALL.fullmatch(name):
            return self._consuming(request, found[1], found[2])
        if name.startswith(("m/", "f/")):
            return self._payload(request, name)
        if request.set_name is None:
            return self._by_hand(request)
        try:
            return self._content(request, self._loaders.open(request.set_name, name), f"loader: {request.set_name}")
        except PathRefused as refused:
            if refused.reason != "not-found" or name.endswith(".c32"):  # a module from elsewhere would be of another build
                raise
        return self._content(request, self._open(self._config.tftp_root, name), "tftp.root")

    def _by_hand(self, request: _Request) -> Content:
        """A name without a session: what the administrator laid there, or else a file of the default set."""
        try:
            return self._content(request, self._open(self._config.tftp_root, request.name), "tftp.root")
        except PathRefused as refused:
            set_name = self._loaders.default_set()
            if refused.reason != "not-found" or set_name is None:
                raise
        return self._content(request, self._loaders.open(set_name, request.name), f"loader: {set_name}")

    def _menu(self, request: _Request, name: str) -> Content | Refusal:
        """pxelinux asks for the system's UUID, `01-MAC`, its address in hex less a digit each time, and `default`. Only the MAC names a
        host beyond doubt, so the others miss at once; `default` ends the search on the machine's own disk."""
        if name == "default":
            return self._text(request, pxelinux.own_disk("this machine"), "menu: default")
        found = _MAC_MENU.fullmatch(name)
        if found is None:
            return self._refuse(request, NOT_FOUND, "File not found", "menu: not by MAC")
        try:
            mac = parse_mac(found[1][1:])
        except ValueError:
            return self._refuse(request, NOT_FOUND, "File not found", "menu: group address")
        return self._menu_of(replace(request, mac=mac), mac)

    def _menu_of(self, request: _Request, mac: str) -> Content | Refusal:
        who = subject(self._store, request.snapshot, mac)
        request = replace(request, host=who.host.name if who.host else None)
        client = Client(mac, Firmware.BIOS, address=request.address)
        site = self._loaders.site_for(who.medium, self._config.dhcp.mode)
        decision = decide(client, who.host, who.install, site, profile=who.profile, medium=who.medium, now=request.now)
        if decision.target not in (Target.INSTALLER, Target.PLAIN) or decision.install is None:
            return self._own_disk(request, decision)
        install = decision.install
        grant = self._arming.open_boot(install, mac, request.address, request.now)
        if isinstance(grant, BootDenied):
            return replace(self._refuse(request, NOT_FOUND, "File not found", f"menu: {grant.reason}"), install=install.id)
        token = grant.answerfile_token
        try:
            body = pxelinux.menu(decision, answerfile_url=f"{self._base()}/a/{token}" if token else None)
        except pxelinux.MenuError as error:
            reason = Reason(Weight.REFUSED, "menu-unwritable", error.message, f"host {request.host}")
            return self._own_disk(request, replace(decision, target=Target.OWN_DISK, because=(*decision.because, reason)))
        self._tell(request, decision)
        return replace(self._text(request, body, f"menu: {decision.target}"), install=install.id)

    def _own_disk(self, request: _Request, decision: Decision) -> Content:
        who = decision.host.name if decision.host else "this machine"
        words = decision.profile.words if decision.profile else BootWords()
        try:
            body = pxelinux.own_disk(who, words)
        except pxelinux.MenuError:
            body = pxelinux.own_disk("this machine")
        self._tell(request, replace(decision, target=Target.OWN_DISK))
        return self._text(request, body, "menu: own-disk")

    def _consuming(self, request: _Request, install_id: str, name: str) -> Content | Refusal:
        """The file whose whole delivery uses up an install that fetches no answerfile."""
        content = self._payload(request, name)

        def delivered() -> None:
            now = self._clock()
            try:
                self._arming.ramdisk_delivered(install_id, request.address, now)
            except (PxeserveError, SQLAlchemyError, OSError) as error:
                self._trouble(request, name, request.address, now, error)

        return replace(content, install=install_id, delivered=delivered)

    def _payload(self, request: _Request, name: str) -> Content:
        kind, _, rest = name.partition("/")
        if kind == "f":
            return self._content(request, self._open(self._config.server.data / "files", rest), "files")
        medium_name, _, path = rest.partition("/")
        medium = request.snapshot.media.get(medium_name) if kind == "m" else None
        if medium is None or not path:
            raise PathRefused("not-found")
        return self._content(request, self._open(self._config.server.data / "media" / medium.folder, path), f"medium: {medium.name}")

    def _open(self, folder: Path, name: str) -> OpenFile:
        root = self._roots.get(folder)
        if root is None:
            try:
                root = self._roots.setdefault(folder, Root(folder))
            except OSError:
                raise PathRefused("not-found") from None
        return root.open(name)

    def _base(self) -> str:
        port = self._config.http.port
        return f"http://{self._address}" + ("" if port == 80 else f":{port}")

    def _content(self, request: _Request, file: OpenFile, rule: str) -> Content:
        session = request.session.id if request.session else None
        return Content(file.size, rule, fd=file.fd, key=file.key, session=session, mac=request.mac, host=request.host)

    def _text(self, request: _Request, data: bytes, rule: str) -> Content:
        session = request.session.id if request.session else None
        return Content(len(data), rule, data=data, session=session, mac=request.mac, host=request.host)

    def _refuse(self, request: _Request, code: int, message: str, rule: str) -> Refusal:
        session = request.session.id if request.session else None
        return Refusal(code, message, rule, session=session, mac=request.mac, host=request.host)

    def _tell(self, request: _Request, decision: Decision) -> None:
        because = [{"weight": r.weight, "code": r.code, "text": r.text, "source": r.source} for r in decision.because]
        self._recorder.emit(
            Event(
                "boot.menu",
                request.now,
                f"menu for {decision.target}: {decision.because[-1].text}",
                host=request.host,
                mac=request.mac,
                address=str(request.address),
                install=decision.install.id if decision.install else None,
                session=request.session.id if request.session else None,
                data={"target": decision.target, "because": because},
            )
        )

    def _trouble(self, request: _Request | None, path: str, address: IPv4Address, now: float, error: Exception) -> Refusal:
        """Our own trouble: the client hears only that, the record hears what it was."""
        text = f"{harmless(path)} could not be answered: {type(error).__name__}: {harmless(str(error))}"
        self._recorder.emit(Event("tftp.trouble", now, text, address=str(address), mac=request.mac if request else None))
        return Refusal(UNDEFINED, "Server trouble; see its events", "trouble")
