"""One client's control connection, as installers need it: commands for reading alone, and SIZE in ASCII mode.

Installers of 7.0 and 7.1 ask for a file's size without having said TYPE I, and take a refusal for "no repository here"; those before
them look into a folder with CWD and NLST, and a CWD to a missing one has to fail with 550.
"""

from __future__ import annotations

from typing import Any, ClassVar

import structlog
from pyftpdlib.exceptions import AuthenticationFailed
from pyftpdlib.handlers import FTPHandler

from pxeserve.publish.ftp.filesystem import NOT_IMPORTED, Lent, MediaFS
from pxeserve.publish.ftp.house import House
from pxeserve.publish.ftp.transfer import NoPortError, Passive, Transfer
from pxeserve.shelf import CHANGED

IDLE_SECONDS = 300
"""How long a session may say nothing: an installer unpacks a package between two of its commands."""

_WRITING = frozenset({
    "ALLO", "APPE", "DELE", "MFMT", "MKD", "RMD", "RNFR", "RNTO", "STOR", "STOU", "XMKD", "XRMD", "SITE", "SITE CHMOD", "SITE HELP",
})  # fmt: skip
_NAMES = frozenset({"anonymous", "ftp"})
log = structlog.get_logger("ftp")


class Everybody:
    """Lets anonymous in, with any password, to read. What pyftpdlib calls an authorizer."""

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:
        """Raise AuthenticationFailed for any other name; the password is neither looked at nor kept."""
        if username.lower() not in _NAMES:
            handler.server.house.count("refused-login")
            raise AuthenticationFailed("This server knows anonymous alone.")

    def get_home_dir(self, username: str) -> str:
        """Where a session begins."""
        return "/"

    def get_msg_login(self, username: str) -> str:
        """What is said at the beginning."""
        return "Read only."

    def get_msg_quit(self, username: str) -> str:
        """What is said at the end."""
        return "Goodbye."

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:
        """Whether a command of this class may be used: change folder, list, read."""
        return perm in "elr"

    def get_perms(self, username: str) -> str:
        """All that may be used."""
        return "elr"

    def impersonate_user(self, username: str, password: str) -> None:
        """Nobody is anybody else here."""

    def terminate_impersonation(self, username: str) -> None:
        """Nobody was."""


class Session(FTPHandler):  # type: ignore[misc]
    """One client. What all sessions share is the server's."""

    authorizer = Everybody()
    abstracted_fs = MediaFS
    dtp_handler = Transfer
    passive_dtp = Passive
    proto_cmds: ClassVar[dict[str, Any]] = {name: one for name, one in FTPHandler.proto_cmds.items() if name not in _WRITING}
    timeout = IDLE_SECONDS
    banner = "pxeserve: media, read only."
    unicode_errors = "replace"
    _current_type: str

    @property
    def passive_ports(self) -> range:
        """The ports of data connections."""
        return self.server.passive_ports  # type: ignore[no-any-return]

    @property
    def masquerade_address_map(self) -> dict[str, str]:
        """The address that machines are told, by the interface's own."""
        return self.server.told  # type: ignore[no-any-return]

    @property
    def transferring(self) -> bool:
        """Whether a file is being sent."""
        return self.data_channel is not None and self.data_channel.file_obj is not None

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        """Look at the media first, so that each command sees them as they are now."""
        self._house.tree.look()
        if cmd in _WRITING:
            return self.respond("550 This server only gives files.")
        super().pre_process_command(line, cmd, arg)
        return None

    def ftp_SIZE(self, path: str) -> None:
        """The size in bytes, in ASCII mode too."""
        mode: str = self._current_type
        self._current_type = "i"
        super().ftp_SIZE(path)
        self._current_type = mode
        self._look_for_miss(path)

    def ftp_CWD(self, path: str) -> str | None:
        """Go to a folder."""
        went: str | None = super().ftp_CWD(path)
        self._look_for_miss(path)
        return went

    def ftp_RETR(self, file: str) -> str | None:
        """Send a file."""
        given: str | None = super().ftp_RETR(file)
        self._look_for_miss(file)
        return given

    def respond(self, resp: str, logfun: Any = None) -> None:
        """Say `resp`; refusals are counted by their code."""
        if resp[:1] in "45":
            self._house.count(f"refused-{resp[:3]}")
        self._last_response = resp
        self.push(resp + "\r\n")

    def log(self, msg: str, logfun: Any = None) -> None:
        """The record is told of what matters; no line for each command."""

    def log_cmd(self, cmd: str, arg: str, respcode: int, respstr: str) -> None:
        """As `log`."""

    def log_exception(self, instance: Any) -> None:
        """Something that was not foreseen; the session it happened in is closed by the library."""
        self._house.count("failed")
        log.exception("an FTP session failed in a way that was not foreseen", address=self.remote_ip)

    def log_transfer(self, cmd: str, filename: str, receive: bool, completed: bool, elapsed: float, bytes: int) -> None:
        """Tell the record of a file."""
        channel = self.data_channel
        lent = channel.file_obj if channel is not None else None
        if isinstance(lent, Lent):
            self._house.sent(self.remote_ip, filename, lent.file.size, channel.began, bytes, elapsed, whole=completed)

    def _make_epasv(self, extmode: bool = False) -> None:
        try:
            super()._make_epasv(extmode)
        except NoPortError:
            self.respond("425 All ports for passive connections are in use.")

    def _look_for_miss(self, path: str) -> None:
        if self._last_response.startswith("550"):
            self._house.missed(self.remote_ip, path, CHANGED if NOT_IMPORTED in self._last_response else "not-found")

    @property
    def _house(self) -> House:
        return self.server.house  # type: ignore[no-any-return]
