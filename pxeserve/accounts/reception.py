"""Who is let in: by the code for the first account, by a password, by a session, by an API token. And what is written down of those who
are turned away.

One for a process: it holds what is counted in memory. Every way in and out is a line of the audit, the many failures of one attacker a
line a minute. Whatever is wrong with a password, it is answered with the same words and after the same work.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pxeserve.accounts import people, sessions, tokens
from pxeserve.accounts.delays import Delays, place_of
from pxeserve.accounts.first_run import FirstRun
from pxeserve.accounts.passwords import Hasher, is_too_long
from pxeserve.accounts.tally import Failure, Tally
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, PxeserveError, RefusedError
from pxeserve.moment import SYSTEM, Clock
from pxeserve.store import Store, audit
from pxeserve.store import accounts as store
from pxeserve.store.accounts import SessionRow, TokenRow, UserRow

log = structlog.get_logger("console")

UNKNOWN = "unknown account"
FIRST_RUN = "first run"


class DelayedError(PxeserveError):
    """Too many tries failed; in `seconds` the next one is looked at: after `wait` whole ones it is."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.wait = max(math.ceil(seconds), 1)
        super().__init__("too many wrong passwords", code="too-many", fix=f"try again in {self.wait} s")


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that has begun, or goes on under a new secret: `secret` goes into the cookie and nowhere else."""

    secret: str = field(repr=False)
    row: SessionRow
    user: UserRow


@dataclass(frozen=True, slots=True)
class Seen:
    """Whose session a request carries, and whether its password was given a short while ago."""

    row: SessionRow
    user: UserRow
    fresh: bool


class Reception:
    """`data` is the data folder. Safe among threads."""

    def __init__(self, kept: Store, data: Path, *, clock: Clock = SYSTEM, hasher: Hasher | None = None) -> None:
        self._site = kept.site
        self._clock = clock
        self._hasher = hasher or Hasher()
        self._delays = Delays()
        self._tally = Tally(self._write_down)
        self._first_run = FirstRun(data / "state")
        self._is_set_up = False

    def is_set_up(self) -> bool:
        """Whether there is any account. Until then nothing but the way to the first one is open."""
        if not self._is_set_up:
            with self._site.read() as connection:
                self._is_set_up = store.has_users(connection)
            if self._is_set_up:
                self._first_run.withdraw()
        return self._is_set_up

    def offer(self) -> None:
        """See to it that there is a code for the first account where there is none. Raises PxeserveError when it cannot be written."""
        if not self.is_set_up():
            self._first_run.offer()

    def set_up(self, code: str, name: str, password: str, address: str, agent: str) -> Entered:
        """Make the first account, an administrator's, by the code from the file, and let its owner in.

        Raises PxeserveError: `refused` for a wrong code, `conflict` when there is an account by now, `invalid` for a name or a password
        that cannot be one, `too-many` and `busy`."""
        if self.is_set_up():
            raise ConflictError("there is an account already", fix="log in, or ask whoever has it")
        now = self._clock.now()
        place = place_of(address)
        self._wait(FIRST_RUN, place, now.boottime)
        if not self._first_run.fits(code):
            self._tally.count("first-run.refused", "code", place, now.boottime)
            fix = f"it stands in {self._first_run.path} on the server; five wrong ones make a new one"
            raise RefusedError("that is not the code", fix=fix)
        self._delays.succeeded(FIRST_RUN, place)
        row = people.new(people.name_of(name), Role.ADMIN, self._hasher.hashed(password), FIRST_RUN, now.wall)
        with self._site.write() as connection:
            people.add_first(connection, row, f"{FIRST_RUN} from {address}", now.wall)
            entered = self._let_in(connection, row, address, agent, "")
        self.is_set_up()
        return entered

    def log_in(self, name: str, password: str, address: str, agent: str, *, before: str = "") -> Entered:
        """A session for the owner of that password. The session whose secret the browser still holds (`before`) ends.

        Raises PxeserveError: `wrong-password` for whatever reason a password opens nothing; `too-many` (a DelayedError), `busy` and
        `too-large`."""
        user = self._right(name.strip().lower(), password, address)
        renewed = self._hasher.hashed(password) if self._hasher.is_old(user.password) else ""
        with self._site.write() as connection:
            self._refuse_changed(connection, user)
            if renewed:
                store.change_user(connection, user.name, {"password": renewed})
            return self._let_in(connection, user, address, agent, before)

    def confirm(self, secret: str, password: str, address: str) -> None:
        """The password once more, for what wants a fresh one. Raises as `log_in` does, and `unauthenticated` when the session is over.

        The session keeps its secret: what other windows of the same browser send goes on being right."""
        user = self._right(self._of_session(secret).user.name, password, address)
        now = self._clock.now()
        with self._site.write() as connection:
            row = self._open(connection, secret)
            self._refuse_changed(connection, user)
            sessions.confirm(connection, row, now)
            audit.append(connection, now.wall, user.name, "session.confirm", row.id, f"from {address}")

    def change_password(self, secret: str, password: str, new: str, address: str) -> Entered:
        """Another password for the owner of this session, who gives the present one. Their other sessions end, and this one goes on under
        a new secret. Raises as `confirm` does."""
        user = self._right(self._of_session(secret).user.name, password, address)
        hashed = self._hasher.hashed(new)
        now = self._clock.now()
        with self._site.write() as connection:
            row = self._open(connection, secret)
            self._refuse_changed(connection, user)
            store.change_user(connection, user.name, {"password": hashed, "password_at": now.wall})
            ended = store.end_sessions_of(connection, user.name, but=row.id)
            audit.append(connection, now.wall, user.name, "user.password", user.name, f"from {address}, {ended} other sessions ended")
            return Entered(sessions.renew(connection, row, now), row, user)

    def log_out(self, secret: str, address: str) -> None:
        """End a session; nothing happens when it is over already."""
        now = self._clock.now()
        with self._site.write() as connection:
            row = sessions.look(connection, secret, now)
            if row is not None and store.end_sessions(connection, [row.id]):
                audit.append(connection, now.wall, row.user, "session.end", row.id, f"logged out from {address}")

    def by_session(self, secret: str) -> Seen | None:
        """Whose session that is; None when it is none, or over. It counts as activity."""
        now = self._clock.now()
        with self._site.read() as connection:
            row = sessions.look(connection, secret, now)
            user = store.user(connection, row.user) if row is not None else None
        if row is None or user is None or user.disabled:
            return None
        if sessions.wants_seeing(row, now):
            self._note(lambda connection: sessions.seen(connection, row, now))
        return Seen(row, user, sessions.is_fresh(row, now))

    def by_token(self, text: str, address: str) -> tuple[TokenRow, UserRow] | None:
        """Whose API token that is; None when it opens nothing. Its first use is a line of the audit."""
        now = self._clock.now()
        with self._site.read() as connection:
            row = tokens.look(connection, text, now)
            user = store.user(connection, row.user) if row is not None else None
        if row is None or user is None or user.disabled:
            self._tally.count("token.refused", tokens.id_in(text)[:6] or "no token", place_of(address), now.boottime)
            return None
        if tokens.wants_writing(row, address, now):
            self._note(lambda connection: tokens.used(connection, row, address, now))
        return row, user

    def alive(self, ids: Collection[str]) -> set[str]:
        """Which of these sessions and tokens (by id) are still good. Asking keeps none of them alive."""
        now = self._clock.now()
        with self._site.read() as connection:
            users = {user.name for user in store.users(connection) if not user.disabled}
            found = {row.id for row in store.sessions(connection) if row.id in ids and row.user in users and not sessions.is_over(row, now)}
            return found | {row.id for row in store.tokens(connection) if row.id in ids and row.user in users and tokens.is_good(row, now)}

    def tidy(self) -> None:
        """What time does: failures are told, sessions that are over are forgotten, the code for the first account is another one after a
        day. Call it every few seconds."""
        now = self._clock.now()
        self._tally.tell_what_is_due(now.boottime)
        with self._site.read() as connection:
            over = any(sessions.is_over(row, now) for row in store.sessions(connection))
        if over:
            self._note(lambda connection: sessions.tidy(connection, now))
        self.offer()

    def _right(self, asked: str, password: str, address: str) -> UserRow:
        """The account `asked`, if that is its password. A failure is counted before anything is hashed, so that many tries at once are not
        all the first."""
        if is_too_long(password):
            raise PxeserveError("password: longer than any password here", code="too-large")
        with self._site.read() as connection:
            user = store.user(connection, asked) if people.is_name(asked) else None
        about, began = asked[:64], self._clock.now().boottime
        place = address if user is not None and user.entered_from == address else place_of(address)
        self._wait(about, place, began)
        try:
            right = self._hasher.fits(user.password if user is not None else None, password)
        except PxeserveError:
            self._delays.unlooked(about, place)
            raise
        if user is None or user.disabled or not right:
            self._tally.count("session.refused", user.name if user is not None else UNKNOWN, place_of(address), began)
            raise _wrong_password()
        self._delays.succeeded(about, place)
        return user

    def _wait(self, about: str, place: str, now: float) -> None:
        seconds = self._delays.attempt(about, place, now)
        if seconds:
            raise DelayedError(seconds)

    def _of_session(self, secret: str) -> Seen:
        found = self.by_session(secret)
        if found is None:
            raise _no_session()
        return found

    def _open(self, connection: Connection, secret: str) -> SessionRow:
        row = sessions.look(connection, secret, self._clock.now())
        if row is None:
            raise _no_session()
        return row

    @staticmethod
    def _refuse_changed(connection: Connection, user: UserRow) -> None:
        """Raises PxeserveError when the account is not what it was while its password was looked at."""
        current = store.user(connection, user.name)
        if current is None or current.disabled or (current.password, current.role) != (user.password, user.role):
            raise _wrong_password()

    def _let_in(self, connection: Connection, user: UserRow, address: str, agent: str, before: str) -> Entered:
        now = self._clock.now()
        old = sessions.look(connection, before, now)
        if old is not None:
            store.end_sessions(connection, [old.id])
        secret, row = sessions.begin(connection, user.name, address, agent, now)
        store.change_user(connection, user.name, {"entered_at": now.wall, "entered_from": address})
        audit.append(connection, now.wall, user.name, "session.begin", row.id, f"from {address}")
        return Entered(secret, row, user)

    def _note(self, note: Callable[[Connection], object]) -> None:
        """Write down what nobody waits for: that it cannot be written now keeps nobody out."""
        try:
            with self._site.write() as connection:
                note(connection)
        except DBAPIError as error:
            log.warning("what happened at the console's door could not be written down", because=str(error.orig))

    def _write_down(self, failure: Failure) -> None:
        at = self._clock.now().wall
        times = "" if failure.count == 1 else f"{failure.count} more times, "
        self._note(lambda connection: audit.append(connection, at, "nobody", failure.action, failure.about, f"{times}from {failure.place}"))


def _wrong_password() -> PxeserveError:
    fix = "pxeserve passwd USER on the server sets a new one"
    return PxeserveError("name and password do not belong together", code="wrong-password", fix=fix)


def _no_session() -> PxeserveError:
    return PxeserveError("nobody is logged in here", code="unauthenticated", fix="log in")
