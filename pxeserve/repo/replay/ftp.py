"""FTP as the installers speak it: a login for every question, PASV and never EPSV, no QUIT.

4.1 to 7.1 look for a file with ftplib, at port 21 whatever the address says: by NLST of its folder (to 6.5) or by SIZE in the ASCII mode
that a fresh login is in (7.0, 7.1). From 8.2 on a file is looked for by beginning to fetch it. Contents come through urllib, at the
address's own port; Python 2.4 asks NLST for the one name before it fetches it, and changes the folder one name at a time. Later ones
take a name that cannot be fetched for a folder's and go there before they give up.
"""

from __future__ import annotations

import ftplib
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from posixpath import basename, dirname
from urllib.parse import unquote

from pxeserve.repo.replay.accessor import PIECE, WAIT, Read, Sums, Taken, UnreadableError, named
from pxeserve.repo.replay.generation import FtpProbe, Speech
from pxeserve.repo.replay.report import Log

_PASSIVE = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})", re.ASCII)
_MOST_NAMES = 1 << 20
_Trouble = (OSError, EOFError, ftplib.Error)


@dataclass(slots=True)
class _Session:
    """One login. `said` holds each command with the first line of its reply; `broken` is why there is no connection."""

    ftp: ftplib.FTP
    broken: str = ""
    said: list[str] = field(default_factory=list)
    status: int | None = None

    def say(self, command: str) -> str:
        """One command and its reply. Raises ftplib.Error for 4xx and 5xx, OSError where nobody answers."""
        if self.broken:
            raise OSError(self.broken)
        try:
            reply = self.ftp.sendcmd(command)
        except ftplib.Error as error:
            self._heard(command, str(error))
            raise
        self._heard(command, reply)
        return reply

    def login(self) -> None:
        """As ftplib does for nobody in particular."""
        if self.say("USER anonymous").startswith("3"):
            self.say("PASS anonymous@")

    def folder(self, path: str) -> None:
        """ftplib's cwd, which says `.` for nothing."""
        self.say(f"CWD {path or '.'}")

    def passive(self, command: str) -> socket.socket:
        """Open a data connection to where PASV says, and begin `command` on it."""
        reply = self.say("PASV")
        found = _PASSIVE.search(reply)
        if found is None:
            raise OSError(f"no address in {reply!r}")
        *parts, high, low = (int(one) for one in found.groups())
        host = ".".join(map(str, parts))
        if host != self.ftp.host:
            raise OSError(f"PASV leads to {host} and not to {self.ftp.host}: installers go where it says")
        data = socket.create_connection((host, high * 256 + low), WAIT)
        try:
            self.say(command)
        except _Trouble:
            data.close()
            raise
        return data

    def names(self, command: str) -> list[str]:
        """ftplib's nlst: in ASCII mode, a name a line."""
        self.say("TYPE A")
        received = bytearray()
        with self.passive(command) as data:
            while piece := data.recv(PIECE):
                received += piece
                if len(received) > _MOST_NAMES:
                    raise OSError("a list of names without end")
        self.finish(command)
        return received.decode("latin-1").replace("\r\n", "\n").split("\n")[:-1]

    def finish(self, command: str) -> None:
        """The reply after a transfer."""
        try:
            reply = self.ftp.getresp()
        except ftplib.Error as error:
            self._heard(f"{command} (end)", str(error))
            raise
        self._heard(f"{command} (end)", reply)

    def _heard(self, command: str, reply: str) -> None:
        self.said.append(f"{command} → {reply.splitlines()[0] if reply else ''}")
        if reply[:3].isdigit():
            self.status = int(reply[:3])


@dataclass(frozen=True, slots=True)
class Ftp:
    """The source `ftp://HOST[:PORT]/PATH/`; `path` has a slash at both ends."""

    host: str
    port: int
    path: str
    speech: Speech
    log: Log
    read: Read

    def start(self) -> None:
        """Nothing: each question is a login of its own."""

    def there(self, path: str) -> bool:
        """By NLST, SIZE or the beginning of RETR, as the generation does."""
        try:
            name = self._name(path)
        except UnreadableError:
            return False
        match self.speech.ftp_probe:
            case FtpProbe.RETR:
                return self._begun(name)
            case probe:
                return self._listed(name, probe)

    def fetch(self, path: str, keep: int = 0) -> Taken:
        """RETR in image mode, to its end."""
        name = self._name(path)
        sums = Sums(keep, self.read)
        with self._session() as session:
            try:
                with self._retrieval(session, name) as data:
                    while piece := data.recv(PIECE):
                        sums.take(piece)
            except _Trouble as error:
                outcome = "cut" if sums.size else "no answer" if session.status is None else "refused"
                self.log.add("RETR", f"/{path}", session.status, sums.size, outcome, tuple(session.said))
                raise UnreadableError(f"<urlopen error ftp error: {error}>") from None
            outcome = "whole"
            try:
                session.finish(f"RETR {basename(name)}")
            except _Trouble:  # urllib does not look whether a transfer ended well
                outcome = "cut"
            self.log.add("RETR", f"/{path}", session.status, sums.size, outcome, tuple(session.said))
        return sums.taken()

    def _listed(self, name: str, probe: FtpProbe) -> bool:
        folder, file = dirname(name), basename(name)
        found = False
        with self._session() as session:
            try:
                session.login()
                session.folder(folder)
                sized = probe is FtpProbe.SIZE and session.say(f"SIZE {file}").startswith("213")
                found = sized or file in session.names("NLST")
            except _Trouble:
                found = False
            outcome = "there" if found else "not there" if session.said else "no answer"
            self.log.add(probe.value.upper(), f"/{self._below(name)}", session.status, 0, outcome, tuple(session.said))
        return found

    def _begun(self, name: str) -> bool:
        found = False
        with self._session() as session:
            try:
                self._retrieval(session, name).close()
                found = True
            except _Trouble:
                found = False
            outcome = "there" if found else "not there" if session.said else "no answer"
            self.log.add("RETR", f"/{self._below(name)}", session.status, 0, outcome, tuple(session.said))
        return found

    def _retrieval(self, session: _Session, name: str) -> socket.socket:
        folder, file = dirname(name), basename(name)
        session.login()
        if self.speech.python < (2, 7):
            for part in folder.split("/") if folder else ():
                session.folder(part)
            session.say("TYPE I")
            session.names(f"NLST {file}")
        else:
            session.folder(folder)
        session.say("TYPE I")
        try:
            return session.passive(f"RETR {file}")
        except ftplib.error_perm as error:
            if self.speech.python < (2, 7) or not str(error).startswith("550"):
                raise
        return self._as_folder(session, file)

    def _as_folder(self, session: _Session, file: str) -> socket.socket:
        """Python 2.7 and later: what cannot be fetched may be a folder, so they try to go there before they give up."""
        session.say("TYPE A")
        here = ftplib.parse257(session.say("PWD"))  # noqa: S321
        try:
            session.folder(file)
        finally:
            session.folder(here)
        return session.passive(f"LIST {file}")

    @contextmanager
    def _session(self) -> Iterator[_Session]:
        ftp = ftplib.FTP(encoding="latin-1")  # noqa: S321 - what installers speak
        session = _Session(ftp)
        try:
            try:
                ftp.connect(self.host, self.port, WAIT)
            except _Trouble as error:
                session.broken = str(error)
            yield session
        finally:
            ftp.close()

    def _name(self, path: str) -> str:
        """From the server's top, without a leading slash; urllib decodes what was not encoded, too."""
        return unquote(named(self.path[1:] + path, self.speech), "latin-1" if self.speech.python < (3, 0) else "utf-8")

    def _below(self, name: str) -> str:
        return name.removeprefix(self.path[1:])
