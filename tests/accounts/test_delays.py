"""Guessing gets slower; nobody is kept out for good, and nobody by another's guesses."""

from __future__ import annotations

import pytest

from pxeserve.accounts.delays import REMEMBERED, Delays, place_of


def waits(delays: Delays, count: int, now: float = 0.0, account: str = "anna", place: str = "10.0.0.0/24") -> list[float]:
    """How long each of `count` tries has to wait that are made as soon as they may be, all of them wrong."""
    found = []
    for _ in range(count):
        left = delays.attempt(account, place, now)
        if left:
            now += left
            assert delays.attempt(account, place, now) == 0
        found.append(left)
    return found


def test_after_the_fifth_failure_the_waits_double_up_to_a_minute() -> None:
    assert waits(Delays(), 14) == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_asking_while_one_has_to_wait_makes_it_no_longer() -> None:
    delays = Delays()
    waits(delays, 8)
    now = 0.0 + 1 + 2 + 4
    left = delays.attempt("anna", "10.0.0.0/24", now)
    assert left == 8
    for _ in range(100):
        assert delays.attempt("anna", "10.0.0.0/24", now) == 8
    assert delays.attempt("anna", "10.0.0.0/24", now + 8) == 0


def test_many_at_once_are_not_all_the_first() -> None:
    delays = Delays()
    assert [delays.attempt("anna", "10.0.0.0/24", 0.0) for _ in range(100)].count(0.0) == 5


def test_another_account_and_another_network_do_not_wait() -> None:
    delays = Delays()
    waits(delays, 20)
    assert delays.attempt("olga", "10.0.0.0/24", 0.0) == 0
    assert delays.attempt("anna", "10.0.1.0/24", 0.0) == 0


def test_a_right_password_forgets_what_went_before() -> None:
    delays = Delays()
    waits(delays, 4)
    assert delays.attempt("anna", "10.0.0.0/24", 0.0) == 0
    delays.succeeded("anna", "10.0.0.0/24")
    assert waits(delays, 5) == [0, 0, 0, 0, 0]


def test_what_was_not_looked_at_counts_for_nothing() -> None:
    delays = Delays()
    for _ in range(50):
        assert delays.attempt("anna", "10.0.0.0/24", 0.0) == 0
        delays.unlooked("anna", "10.0.0.0/24")


def test_an_hour_of_quiet_forgets() -> None:
    delays = Delays()
    waits(delays, 20)
    assert waits(delays, 5, now=1_000_000.0) == [0, 0, 0, 0, 0]


def test_what_is_remembered_is_bounded() -> None:
    delays = Delays()
    for number in range(REMEMBERED + 500):
        delays.attempt(f"name{number}", "10.0.0.0/24", 0.0)
    assert len(delays) == REMEMBERED


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.1.2.3", "10.1.2.0/24"),
        ("::ffff:10.1.2.3", "10.1.2.0/24"),
        ("2001:db8:1:2ff::5", "2001:db8:1:200::/56"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_the_network_of_an_address(address: str, place: str) -> None:
    assert place_of(address) == place
