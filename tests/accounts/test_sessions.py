"""A session ends by itself, in time, whatever the clocks do; and nothing in the store opens one."""

from __future__ import annotations

import hashlib
import re
import secrets

import pytest

from pxeserve.accounts import sessions
from pxeserve.accounts.reception import Entered
from pxeserve.errors import PxeserveError
from pxeserve.store import accounts as stored
from tests.accounts.conftest import HERE, PASSWORD, THERE, House

MINUTE, HOUR = 60.0, 3600.0


def log_in(house: House, name: str = "anna", address: str = HERE, *, before: str = "") -> Entered:
    return house.reception.log_in(name, PASSWORD, address, "Firefox", before=before)


def test_the_secret_is_256_bits_of_which_only_the_hash_is_kept(house: House) -> None:
    secret = log_in(house).secret
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)
    with house.store.site.read() as connection:
        [row] = stored.sessions(connection)
    assert row.hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in repr(row)


def test_it_opens_for_its_owner_and_nothing_else_does(house: House) -> None:
    entered = log_in(house)
    seen = house.reception.by_session(entered.secret)
    assert seen is not None
    assert (seen.user.name, seen.row.id, seen.fresh) == ("anna", entered.row.id, True)
    for wrong in ("", entered.row.id, entered.row.hash, entered.secret[:-1], entered.secret + "A", f" {entered.secret}", "ü" * 43,
                  secrets.token_urlsafe(32), entered.secret + "\n"):  # fmt: skip
        assert house.reception.by_session(wrong) is None


def test_half_an_hour_without_a_request_ends_it(house: House) -> None:
    secret = log_in(house).secret
    for _ in range(4):
        house.clock.pass_(29 * MINUTE)
        assert house.reception.by_session(secret) is not None
    house.clock.pass_(30 * MINUTE)
    assert house.reception.by_session(secret) is None


def test_twelve_hours_end_it_however_busy_it_is(house: House) -> None:
    secret = log_in(house).secret
    for _ in range(12 * 3 - 1):
        house.clock.pass_(20 * MINUTE)
        assert house.reception.by_session(secret) is not None
    house.clock.pass_(20 * MINUTE)
    assert house.reception.by_session(secret) is None


def test_asking_whether_it_is_alive_keeps_it_from_nothing(house: House) -> None:
    entered = log_in(house)
    for _ in range(5):
        house.clock.pass_(5 * MINUTE)
        assert house.reception.alive({entered.row.id, "0000"}) == {entered.row.id}
    house.clock.pass_(5 * MINUTE)
    assert house.reception.alive({entered.row.id}) == set()


@pytest.mark.parametrize("by", [-HOUR, -86400.0, -1_799_999_000.0, 86400.0])
def test_a_clock_that_jumps_ends_it_and_never_lengthens_it(house: House, by: float) -> None:
    secret = log_in(house).secret
    house.clock.set(by)
    assert house.reception.by_session(secret) is None


def test_a_clock_that_is_set_back_a_little_lengthens_nothing(house: House) -> None:
    secret = log_in(house).secret
    house.clock.pass_(29 * MINUTE)
    house.clock.set(-29 * MINUTE)
    house.clock.pass_(MINUTE)
    assert house.reception.by_session(secret) is None


def test_it_lives_through_a_start_of_the_machine_for_as_long_as_it_has(house: House) -> None:
    secret = log_in(house).secret
    house.clock.start_anew(10 * MINUTE)
    assert house.reception.by_session(secret) is not None
    house.clock.start_anew(30 * MINUTE)
    assert house.reception.by_session(secret) is None


def test_a_password_is_fresh_for_five_minutes_and_again_when_it_is_given_again(house: House) -> None:
    secret = log_in(house).secret
    house.clock.pass_(5 * MINUTE)
    seen = house.reception.by_session(secret)
    assert seen is not None
    assert not seen.fresh
    with pytest.raises(PxeserveError) as wrong:
        house.reception.confirm(secret, "not the password", HERE)
    assert wrong.value.code == "wrong-password"
    house.reception.confirm(secret, PASSWORD, HERE)
    seen = house.reception.by_session(secret)
    assert seen is not None
    assert seen.fresh
    assert house.actions()[-1] == "session.confirm"


def test_logging_out_ends_it_at_the_server(house: House) -> None:
    entered = log_in(house)
    house.reception.log_out(entered.secret, HERE)
    assert house.reception.by_session(entered.secret) is None
    house.reception.log_out(entered.secret, HERE)
    assert house.audit()[-1] == ("anna", "session.end", entered.row.id, f"logged out from {HERE}")
    assert house.actions().count("session.end") == 1


def test_logging_in_anew_gives_another_secret_and_ends_what_the_browser_held(house: House) -> None:
    """A secret that somebody else has put into the browser is not the one that the owner goes on with."""
    first = log_in(house)
    second = log_in(house, before=first.secret)
    assert second.secret != first.secret
    assert house.reception.by_session(first.secret) is None
    assert house.reception.by_session(second.secret) is not None


def test_two_at_once_do_not_see_each_other(house: House) -> None:
    anna, olga = log_in(house), log_in(house, "olga", THERE)
    assert [house.reception.by_session(one.secret).user.name for one in (anna, olga)] == ["anna", "olga"]  # type: ignore[union-attr]
    house.reception.log_out(anna.secret, HERE)
    assert house.reception.by_session(olga.secret) is not None


def test_the_one_that_was_idle_for_longest_gives_way_to_the_33rd(house: House) -> None:
    made = []
    for _ in range(sessions.MOST):
        made.append(log_in(house).secret)
        house.clock.pass_(1)
    log_in(house)
    alive = [house.reception.by_session(secret) is not None for secret in made]
    assert alive == [False] + [True] * (sessions.MOST - 1)


def test_what_is_over_is_forgotten(house: House) -> None:
    log_in(house)
    house.clock.pass_(HOUR)
    kept = log_in(house, "olga")
    log_in(house, "vera")
    house.clock.pass_(MINUTE)
    house.reception.tidy()
    with house.store.site.read() as connection:
        assert {row.user for row in stored.sessions(connection)} == {"olga", "vera"}
    assert house.reception.by_session(kept.secret) is not None
