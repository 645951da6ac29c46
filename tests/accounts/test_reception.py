"""Coming in by a password: the right one opens, whatever is wrong is answered alike, guessing is slowed and counted, and nothing that was
typed is found anywhere."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy.exc import OperationalError

from pxeserve.accounts import people
from pxeserve.accounts.delays import QUIET
from pxeserve.accounts.reception import UNKNOWN, DelayedError, Reception
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.store import accounts as stored
from tests.accounts.conftest import HERE, PASSWORD, THERE, House

WRONG = "not the password"


def refused(house: House, name: str, password: str, address: str = HERE) -> PxeserveError:
    with pytest.raises(PxeserveError) as error:
        house.reception.log_in(name, password, address, "Firefox")
    return error.value


def test_the_right_password_opens_and_is_a_line_of_the_audit(house: House) -> None:
    entered = house.reception.log_in(" Anna ", PASSWORD, HERE, "Firefox")
    assert entered.user.name == "anna"
    assert house.audit()[-1] == ("anna", "session.begin", entered.row.id, f"from {HERE}")
    assert (house.user("anna").entered_at, house.user("anna").entered_from) == (house.clock.now().wall, HERE)


def test_whatever_is_wrong_is_said_in_the_same_words_after_the_same_work(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.store.site.write() as connection:
        people.disable(connection, house.user("vera"), "anna", 0.0)
    worked: list[str] = []
    fits = PasswordHasher.verify

    def watched(self: Any, kept: str, password: str) -> Any:
        worked.append(kept[:31])
        return fits(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    tries = [("anna", WRONG), ("nobody", WRONG), ("vera", PASSWORD), ("", ""), ("root", PASSWORD), ("a" * 5000, WRONG), ("x'; --", WRONG)]
    said = {(error.code, error.message, error.fix) for error in (refused(house, *one) for one in tries)}
    assert len(said) == 1
    assert next(iter(said))[0] == "wrong-password"
    assert worked == ["$argon2id$v=19$m=19456,t=2,p=1$"] * len(tries)


def test_who_guesses_waits_and_even_the_right_password_waits_with_him(house: House) -> None:
    for _ in range(5):
        assert refused(house, "anna", WRONG).code == "wrong-password"
    waiting = refused(house, "anna", PASSWORD)
    assert isinstance(waiting, DelayedError)
    assert (waiting.code, waiting.seconds) == ("too-many", 1.0)
    house.clock.pass_(1)
    assert house.reception.log_in("anna", PASSWORD, HERE, "Firefox").user.name == "anna"


def test_the_wait_is_by_the_clock_that_nobody_sets(house: House) -> None:
    for _ in range(5):
        refused(house, "anna", WRONG)
    house.clock.set(86400)
    assert refused(house, "anna", PASSWORD).code == "too-many"


def test_guesses_from_elsewhere_keep_nobody_out(house: House) -> None:
    for _ in range(200):
        refused(house, "anna", WRONG, THERE)
    house.reception.log_in("anna", PASSWORD, HERE, "Firefox")


def test_guesses_from_the_same_network_do_not_keep_out_whom_the_house_knows_there(house: House) -> None:
    house.reception.log_in("anna", PASSWORD, "10.0.0.5", "Firefox")
    for _ in range(200):
        refused(house, "anna", WRONG, "10.0.0.66")
    house.reception.log_in("anna", PASSWORD, "10.0.0.5", "Firefox")


def test_many_at_once_are_not_all_the_first(house: House) -> None:
    codes: list[str] = []

    def guess() -> None:
        codes.append(refused(house, "anna", WRONG).code)

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count("wrong-password") + codes.count("busy") + codes.count("too-many") == 40
    assert codes.count("wrong-password") <= 5


def test_failures_are_counted_and_not_a_line_each(house: House) -> None:
    for number in range(300):
        refused(house, "anna", WRONG, f"10.{number % 250}.0.1" if number > 200 else HERE)
    house.reception.tidy()
    told = [line for line in house.audit() if line[1] == "session.refused"]
    assert len(told) <= 65
    house.clock.pass_(61)
    house.reception.tidy()
    told = [line for line in house.audit() if line[1] == "session.refused"]
    assert ("nobody", "session.refused", "anna", "from 10.0.0.0/24") in told
    assert ("nobody", "session.refused", "anna", "4 more times, from 10.0.0.0/24") in told   # those that waited were no tries
    house.clock.pass_(QUIET)
    house.reception.tidy()
    house.reception.tidy()
    assert len(house.audit()) < 150


def test_a_name_that_nobody_has_is_not_written_down(house: House) -> None:
    """People type their password there now and then."""
    refused(house, "mysecretpassword", WRONG)
    assert house.audit()[-1] == ("nobody", "session.refused", UNKNOWN, "from 10.0.0.0/24")


def test_a_megabyte_is_refused_before_anything_is_hashed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.reception, "_hasher", None)
    assert refused(house, "anna", "x" * 1_000_000).code == "too-large"


def test_an_old_hash_is_made_anew_at_the_next_log_in(house: House) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with house.store.site.write() as connection:
        stored.change_user(connection, "anna", {"password": older})
    refused(house, "anna", WRONG)
    assert house.user("anna").password == older
    house.reception.log_in("anna", PASSWORD, HERE, "Firefox")
    assert house.user("anna").password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    house.reception.log_in("anna", PASSWORD, HERE, "Firefox")


def test_another_password_ends_the_other_sessions_and_gives_this_one_another_secret(house: House) -> None:
    mine = house.reception.log_in("anna", PASSWORD, HERE, "Firefox")
    other = house.reception.log_in("anna", PASSWORD, THERE, "Chromium")
    with pytest.raises(PxeserveError) as wrong:
        house.reception.change_password(mine.secret, WRONG, "a new pass phrase", HERE)
    assert wrong.value.code == "wrong-password"
    with pytest.raises(PxeserveError, match="12 characters"):
        house.reception.change_password(mine.secret, PASSWORD, "short", HERE)
    changed = house.reception.change_password(mine.secret, PASSWORD, "a new pass phrase", HERE)
    assert [house.reception.by_session(one) is not None for one in (mine.secret, other.secret, changed.secret)] == [False, False, True]
    assert refused(house, "anna", PASSWORD).code == "wrong-password"
    house.reception.log_in("anna", "a new pass phrase", HERE, "Firefox")
    assert ("anna", "user.password", "anna", f"from {HERE}, 1 other sessions ended") in house.audit()


def test_a_role_that_changes_while_a_password_is_looked_at_lets_nobody_in(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Reception._right

    def meanwhile(self: Reception, asked: str, password: str, address: str) -> stored.UserRow:
        found = right(self, asked, password, address)
        with house.store.site.write() as connection:
            people.set_role(connection, found, Role.VIEWER, "anna", 0.0)
        return found

    monkeypatch.setattr(Reception, "_right", meanwhile)
    assert refused(house, "olga", PASSWORD).code == "wrong-password"


def test_where_nothing_can_be_written_nobody_new_comes_in_and_who_is_in_stays(house: House) -> None:
    """A full disk, here a store that can only be read."""
    entered = house.reception.log_in("anna", PASSWORD, HERE, "Firefox")
    house.clock.pass_(120)
    house.store.close()
    with house.store.site.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")   # nothing grows from here on, on this connection
    assert house.reception.by_session(entered.secret) is not None
    with pytest.raises(OperationalError, match="full"):
        for _ in range(2000):
            house.reception.log_in("anna", PASSWORD, HERE, "x" * 200)
            house.clock.pass_(1)
    assert house.reception.by_session(entered.secret) is not None


def test_what_was_planted_is_found_nowhere(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """Passwords, right and wrong, the secret of a session: not in the store's files, not in what was logged, not in the audit."""
    planted = ["planted-wrong-password-1", "planted-new-password-2", PASSWORD]
    refused(house, "anna", planted[0])
    refused(house, planted[0], planted[0])
    entered = house.reception.log_in("anna", PASSWORD, HERE, "Firefox")
    with pytest.raises(PxeserveError) as error:
        house.reception.confirm(entered.secret, planted[0], HERE)
    changed = house.reception.change_password(entered.secret, PASSWORD, planted[1], HERE)
    house.clock.pass_(61)
    house.reception.tidy()
    house.store.close()
    kept = b"".join(path.read_bytes() for path in house.data.rglob("*") if path.is_file())
    shown = "".join(capfd.readouterr()) + repr((house.audit(), entered, changed, error.value, str(error.value), house.reception))
    for secret in (*planted, entered.secret, changed.secret):
        assert secret.encode() not in kept
        assert secret not in shown
