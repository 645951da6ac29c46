"""Accounts: there is always an administrator, and who loses something loses the sessions with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from pxeserve.accounts import people
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.store.accounts import UserRow
from tests.accounts.conftest import HERE, PASSWORD, House

Act = Callable[[Connection, UserRow], object]
ACTS: dict[str, Act] = {
    "user.set-role": lambda connection, row: people.set_role(connection, row, Role.VIEWER, "anna", 5.0),
    "user.disable": lambda connection, row: people.disable(connection, row, "anna", 5.0),
    "user.remove": lambda connection, row: people.remove(connection, row, "anna", 5.0),
    "user.password": lambda connection, row: people.set_password(connection, row, "another hash", "anna", 5.0),
}


@pytest.mark.parametrize("act", ["user.set-role", "user.disable", "user.remove"])
def test_the_last_administrator_stays_one(house: House, act: str) -> None:
    with house.store.site.write() as connection:
        people.add(connection, people.new("bert", Role.ADMIN, "hash", "root", 0.0), "root", 0.0)
        people.disable(connection, people.known(connection, "bert"), "anna", 0.0)   # one who cannot come in is none
    with pytest.raises(RefusedError, match="last administrator"), house.store.site.write() as connection:
        ACTS[act](connection, people.known(connection, "anna"))
    assert house.user("anna").role is Role.ADMIN
    with house.store.site.write() as connection:
        people.enable(connection, people.known(connection, "bert"), "anna", 0.0)
        ACTS[act](connection, people.known(connection, "anna"))


@pytest.mark.parametrize("act", ACTS)
def test_it_ends_the_sessions_of_that_account_and_of_no_other(house: House, act: str) -> None:
    theirs = house.reception.log_in("olga", PASSWORD, HERE, "Firefox")
    other = house.reception.log_in("vera", PASSWORD, HERE, "Firefox")
    with house.store.site.write() as connection:
        ACTS[act](connection, people.known(connection, "olga"))
    assert house.reception.by_session(theirs.secret) is None
    assert house.reception.alive({theirs.row.id, other.row.id}) == {other.row.id}
    assert house.audit()[-1][:3] == ("anna", act, "olga")


def test_what_changes_nothing_ends_nothing_and_is_no_line(house: House) -> None:
    entered = house.reception.log_in("olga", PASSWORD, HERE, "Firefox")
    before = house.actions()
    with house.store.site.write() as connection:
        people.set_role(connection, people.known(connection, "olga"), Role.OPERATOR, "anna", 5.0)
        people.enable(connection, people.known(connection, "olga"), "anna", 5.0)
    assert house.actions() == before
    assert house.reception.by_session(entered.secret) is not None


@pytest.mark.parametrize("name", ["anna", "a", "anna.b-c_9", "x" * 32])
def test_what_an_account_may_be_called(name: str) -> None:
    assert people.name_of(f" {name.upper()} ") == name


@pytest.mark.parametrize(
    "name", ["", "9lives", "-anna", "anna b", "anna\n.", "änna", "root", "Token", "host", "nobody", "x" * 33, "../etc", "a/b", "<b>"]
)
def test_what_it_may_not(name: str) -> None:
    with pytest.raises(PxeserveError):
        people.name_of(name)


def test_two_of_one_name_and_one_who_is_not_there(house: House) -> None:
    with pytest.raises(ConflictError, match="already a user anna"), house.store.site.write() as connection:
        people.add(connection, people.new("anna", Role.VIEWER, "hash", "root", 0.0), "root", 0.0)
    with pytest.raises(NotFoundError, match="no user bert"), house.store.site.read() as connection:
        people.known(connection, "bert")
    with pytest.raises(ConflictError, match="an account already"), house.store.site.write() as connection:
        people.add_first(connection, people.new("bert", Role.ADMIN, "hash", "root", 0.0), "root", 0.0)


def test_a_hash_is_in_no_picture_of_an_account(house: House) -> None:
    assert house.user("anna").password not in repr(house.user("anna"))


def test_of_two_administrators_who_take_each_other_s_role_at_once_one_stays(house: House) -> None:
    with house.store.site.write() as connection:
        people.add(connection, people.new("bert", Role.ADMIN, "hash", "root", 0.0), "root", 0.0)
    refused: list[str] = []
    begin = threading.Barrier(2)

    def demote(name: str, by: str) -> None:
        begin.wait(30)
        try:
            with house.store.site.write() as connection:
                people.set_role(connection, people.known(connection, name), Role.VIEWER, by, 5.0)
        except RefusedError:
            refused.append(name)

    threads = [threading.Thread(target=demote, args=one) for one in (("anna", "bert"), ("bert", "anna"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert house.user(refused[0]).role is Role.ADMIN
