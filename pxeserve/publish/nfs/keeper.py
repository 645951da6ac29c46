"""Keeps Ganesha running and exporting what is visible: what is missing, what to load, when to try again. One turn at a time.

NFSv3 needs a portmapper (rpcbind) to register with, and Ganesha ends at once without one. Then NFSv4 is served alone, and v3 joins it when
there is one. Nothing that goes wrong here ever stops more than NFS.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain.medium import Medium
from pxeserve.publish.nfs import ganesha
from pxeserve.publish.nfs.ganesha import Settings
from pxeserve.publish.nfs.process import Process, plugins, program
from pxeserve.repo.exported import Export, State, exports, refusal

LOOK_AGAIN = 5.0
"""Seconds until what is missing is looked for again."""

_FIRST_WAIT, _LONGEST_WAIT, _HEALTHY = 0.2, 10.0, 30.0
_RELOAD = 10.0
_STOP = 5.0
_LINES_A_MINUTE = 30
_CAP_DAC_READ_SEARCH = 2
log = structlog.get_logger("nfs")


class Keeper:
    """For one thread. `current` gives the visible media; `settings` are as configured, their versions those that are wanted."""

    def __init__(self, settings: Settings, data: Path, current: Callable[[], Mapping[str, Medium]]) -> None:
        self._settings = settings
        self._data = data
        self._folder = data / "run" / "nfs"
        self._current = current
        self._media: Mapping[str, Medium] = {}
        self._process: Process | None = None
        self._serving = settings
        self._wanted: tuple[Export, ...] = ()
        self._loaded: tuple[Export, ...] = ()
        self._failed: set[str] = set()
        self._since: float | None = None
        """When it was last told to load, while it has not said that it did."""
        self._started = 0.0
        self._due = 0.0
        self._wait = _FIRST_WAIT
        self._looked = 0.0
        self._state: State | None = None
        self._minute, self._lines = 0, 0

    @property
    def log(self) -> int | None:
        """The descriptor that is readable when Ganesha has something to say."""
        return self._process.log if self._process is not None else None

    def turn(self, now: float) -> None:
        """Do what is to be done at `now`, on a monotonic clock. Never waits."""
        self._look()
        if self._process is None:
            if now >= self._due:
                self._start(now)
        else:
            self._listen(now)
        if self._process is not None and self._process.status is not None:
            self._buried(now)
        if self._process is not None and self._since is None:
            self._load(now)
            self._join_v3(now)

    def stop(self) -> None:
        """End it, and leave word of that."""
        if self._process is not None:
            self._process.stop(_STOP)
            self._process.close()
            self._process = None
        with contextlib.suppress(OSError):
            State("waiting", "the service is not running").write(self._data)

    def _look(self) -> None:
        try:
            media = self._current()
        except SQLAlchemyError:
            return  # what was exported stays so
        if media is not self._media:
            self._media = media
            self._wanted = tuple(replace(one, inode=_inode(one.path)) for one in exports(media.values(), self._data))

    def _start(self, now: float) -> None:
        path, place = program(), plugins()
        versions = self._settings.versions if rpcbind_answers() else tuple(one for one in self._settings.versions if one != 3)
        if missing := _missing(path, place, versions):
            self._tell(State("waiting", missing))
            self._due = now + LOOK_AGAIN
            return
        assert path is not None and place is not None
        if versions != self._settings.versions:
            log.error(f"NFSv3 is left out: {_NO_RPCBIND}; NFSv4 is served")
        self._serving = replace(self._settings, versions=versions, plugins=place)
        self._loaded = self._wanted
        self._failed.clear()
        try:
            self._folder.joinpath("recovery").mkdir(parents=True, exist_ok=True)
            self._write()
            self._process = Process(path, self._folder)
        except OSError as error:
            self._tell(State("failed", f"NFS-Ganesha cannot be started: {error.strerror}"))
            self._put_off(now)
            return
        self._started = self._since = now

    def _listen(self, now: float) -> None:
        assert self._process is not None
        for line in self._process.lines():
            said = ganesha.said(line)
            if said is None:
                continue
            if said.not_exported:
                self._failed.add(said.not_exported)
            if said.grave and self._may_say(now):
                log.warning(f"ganesha: {said.text}", part=said.part)
            if said.initialised:
                log.info("NFS is served", versions=self._serving.versions, port=self._serving.port, pid=self._process.pid)
            if said.initialised or said.reloaded:
                self._since = None
                self._say_serving()
        if self._since is not None and self._loaded_before(now):
            self._since = None

    def _loaded_before(self, now: float) -> bool:
        """Whether it has had its time to load and said nothing."""
        return self._since is not None and now - self._since > _RELOAD

    def _load(self, now: float) -> None:
        """Bring it a step nearer to what should be exported."""
        assert self._process is not None
        following = ganesha.towards(self._loaded, self._wanted)
        if following == self._loaded:
            self._say_serving()
            return
        self._loaded = following
        self._failed.clear()
        try:
            self._write()
        except OSError as error:
            self._tell(State("failed", f"{self._folder / 'ganesha.conf'}: cannot be written: {error.strerror}"))
            return
        self._since = now
        self._process.reload()

    def _join_v3(self, now: float) -> None:
        """Begin anew with NFSv3 when there is a portmapper at last. Clients of v4 wait for a moment and go on."""
        if self._serving.versions == self._settings.versions or now - self._looked < LOOK_AGAIN:
            return
        self._looked = now
        if rpcbind_answers():
            assert self._process is not None
            log.info("rpcbind answers now: NFS begins anew, with NFSv3")
            self._process.stop(_STOP)
            self._process.close()
            self._process = None
            self._due = now

    def _buried(self, now: float) -> None:
        assert self._process is not None
        self._listen(now)
        log.error(f"NFS-Ganesha ended with {self._process.status}; started again", pid=self._process.pid)
        self._tell(State("failed", f"NFS-Ganesha ended with {self._process.status}; the service's log says why"))
        self._process.close()
        self._process = None
        if now - self._started > _HEALTHY:
            self._wait = _FIRST_WAIT
        self._put_off(now)

    def _put_off(self, now: float) -> None:
        self._due, self._wait = now + self._wait, min(self._wait * 2, _LONGEST_WAIT)

    def _write(self) -> None:
        """By one rename: it may be read at any moment."""
        fresh = self._folder / "ganesha.new"
        fresh.write_text(ganesha.render(self._serving, self._loaded))
        fresh.rename(self._folder / "ganesha.conf")

    def _say_serving(self) -> None:
        refused = {name: why for name, medium in self._media.items() if (why := refusal(medium, self._data))}
        for one in self._failed:
            name = one.removeprefix("/media/")
            refused[name] = "its file system gives no handles that NFS needs, or its folder cannot be reached"
        left_out = sorted(set(self._settings.versions) - set(self._serving.versions))
        text = f"without NFSv{left_out[0]}: {_NO_RPCBIND}" if left_out else ""
        self._tell(State("serving", text, self._serving.versions, refused))

    def _tell(self, state: State) -> None:
        if state == self._state:
            return
        if state.state == "waiting":
            log.error(f"NFS is not served: {state.text}")
        known = self._state.refused if self._state is not None else {}
        for name, why in state.refused.items():
            if known.get(name) != why:
                log.warning(f"medium {name} is not exported over NFS: {why}")
        self._state = state
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            state.write(self._data)
        except OSError as error:
            log.error(f"{self._folder}: cannot be written: {error.strerror}")

    def _may_say(self, now: float) -> bool:
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._lines = minute, 0
        self._lines += 1
        return self._lines <= _LINES_A_MINUTE


_NO_RPCBIND = "nothing answers on port 111 (apt-get install rpcbind)"


def _missing(path: str | None, place: Path | None, versions: tuple[int, ...]) -> str:
    if path is None or place is None:
        return "NFS-Ganesha is not installed (apt-get install nfs-ganesha-vfs, and systemctl disable --now nfs-ganesha)"
    if not versions:
        return f"NFSv3 alone is asked for, and {_NO_RPCBIND}"
    if os.geteuid() and not _may_search():
        return "it opens files by their handles, for which it needs CAP_DAC_READ_SEARCH: start pxeserve as root, or with that capability"
    return ""


def _inode(path: str) -> int:
    try:
        return Path(path).stat().st_ino
    except OSError:
        return 0


def _may_search() -> bool:
    """Whether a program that is started from here will have the capability."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapAmb:"):
            return bool(int(line.split()[1], 16) >> _CAP_DAC_READ_SEARCH & 1)
    return False


def rpcbind_answers() -> bool:
    """Whether there is a portmapper on this machine, or in this container."""
    for family, address in ((socket.AF_UNIX, "/run/rpcbind.sock"), (socket.AF_INET, ("127.0.0.1", 111))):
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.settimeout(0.2)
            try:
                sock.connect(address)
            except OSError:
                continue
            return True
    return False
