"""API tokens: only the whole right text opens anything, for as long as it may, and never more than its owner."""

from __future__ import annotations

import random
import re
import secrets
import string
from typing import Any

import pytest

from pxeserve.accounts import people, tokens
from pxeserve.accounts.tokens import DAY, Wish
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations.context import Limit
from pxeserve.operations.entrance import Entrance
from pxeserve.store import accounts as stored
from tests.accounts.conftest import HERE, THERE, House


def make(house: House, user: str = "anna", role: Role = Role.OPERATOR, **more: Any) -> tuple[str, stored.TokenRow]:
    with house.store.site.write() as connection:
        return tokens.make(connection, user, Wish("for a test", role, **more), user, house.clock.now())


def test_it_is_spelled_so_that_scanners_find_it_and_its_secret_is_kept_nowhere(house: House) -> None:
    text, row = make(house)
    assert re.fullmatch(r"pxs_[a-z2-7]{8}_[A-Za-z0-9_-]{43}", text)
    secret = text[13:]
    assert secret not in repr(row)
    house.store.close()
    assert secret.encode() not in b"".join(path.read_bytes() for path in house.data.rglob("*") if path.is_file())


def test_it_opens_for_its_owner(house: House) -> None:
    text, row = make(house)
    found = house.reception.by_token(text, HERE)
    assert found is not None
    assert (found[0].id, found[1].name) == (row.id, "anna")


def test_10_000_wrong_ones_open_nothing(house: House) -> None:
    """Malformed ones, unknown ids, right ids with wrong secrets, one letter off: whatever one might try."""
    text, row = make(house)
    chance = random.Random(8)
    alphabet = string.ascii_letters + string.digits + "-_"
    secret = text[13:]

    def near() -> str:
        at = chance.randrange(43)
        other = chance.choice(alphabet.replace(secret[at], ""))
        return f"pxs_{row.id}_{secret[:at]}{other}{secret[at + 1:]}"

    kinds = [
        near,
        lambda: f"pxs_{row.id}_{secrets.token_urlsafe(32)}",
        lambda: f"pxs_{''.join(chance.choice('abcdefghijklmnopqrstuvwxyz234567') for _ in range(8))}_{secret}",
        lambda: text[: chance.randrange(len(text))],
        lambda: text + chance.choice(alphabet),
        lambda: "".join(chance.choice(string.printable) for _ in range(chance.randrange(100))),
    ]
    with house.store.site.read() as connection:
        opened = [wrong for wrong in (chance.choice(kinds)() for _ in range(10_000)) if tokens.look(connection, wrong, house.clock.now())]
    assert opened == []


@pytest.mark.parametrize(
    "text",
    ["", "pxs_", "Bearer", "-1", "0", "None", "null", "pxs__", "pxs_aaaaaaaa_", "pxs_aaaaaaaa_" + "A" * 42, "pxs_aaaaaaaa_" + "A" * 44,
     "pxs_aaaaaaaa_" + "ü" * 43, "pxs_AAAAAAAA_" + "A" * 43, "pxs_aaaaaaaa_" + "A" * 42 + "\n", "pxs_aaaaaaaa_" + "A" * 43 + "\n",
     "x" * 100_000],
)  # fmt: skip
def test_what_is_not_spelled_as_one_is_compared_with_nothing(house: House, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "hmac", None)
    assert house.reception.by_token(text, HERE) is None


def test_every_wrong_one_is_compared_as_32_bytes_also_where_there_is_no_such_id(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []

    class Watched:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            lengths.append((len(one), len(other)))
            return one == other

    text, row = make(house)
    monkeypatch.setattr(tokens, "hmac", Watched)
    assert house.reception.by_token(f"pxs_{row.id}_{'A' * 43}", HERE) is None
    assert house.reception.by_token(f"pxs_aaaaaaaa_{'A' * 43}", HERE) is None
    assert house.reception.by_token(text, HERE) is not None
    assert lengths == [(32, 32)] * 3


@pytest.mark.parametrize(("days", "by"), [(90, 90 * DAY), (1, DAY), (366, 366 * DAY)])
def test_it_lives_as_long_as_was_said_and_no_longer(house: House, days: int, by: float) -> None:
    text, row = make(house, days=days)
    assert tokens.expires(row) == house.clock.now().wall + by
    house.clock.pass_(by - 1)
    assert house.reception.by_token(text, HERE) is not None
    house.clock.pass_(1)
    assert house.reception.by_token(text, HERE) is None


@pytest.mark.parametrize("days", [0, -1, 367])
def test_no_other_life_is_given(house: House, days: int) -> None:
    with pytest.raises(PxeserveError, match="from 1 to 366 days"):
        make(house, days=days)


def test_a_clock_that_is_set_back_revives_none(house: House) -> None:
    text, _ = make(house, days=1)
    house.clock.pass_(2 * DAY)
    house.clock.set(-1.5 * DAY)
    assert house.reception.by_token(text, HERE) is None
    house.clock.set(-DAY)
    assert house.reception.by_token(text, HERE) is None


def test_its_first_use_is_audited_and_where_it_was_used_last_is_known(house: House) -> None:
    text, row = make(house)
    for address in (HERE, HERE, THERE):
        house.clock.pass_(1)
        assert house.reception.by_token(text, address) is not None
    assert house.audit()[-1] == (f"token {row.id[:6]}", "token.first-use", row.id[:6], f"of anna, from {HERE}")
    assert house.actions().count("token.first-use") == 1
    with house.store.site.read() as connection:
        kept = stored.token(connection, row.id)
    assert kept is not None
    assert (kept.used_at, kept.used_from) == (house.clock.now().wall, THERE)


def test_one_that_was_revoked_opens_nothing_and_is_revoked_once(house: House) -> None:
    text, row = make(house)
    with house.store.site.write() as connection:
        assert tokens.revoke(connection, row, "anna", house.clock.now())
        assert not tokens.revoke(connection, row, "olga", house.clock.now())
    assert house.reception.by_token(text, HERE) is None
    assert house.reception.alive({row.id}) == set()


def test_two_at_once_do_not_see_each_other(house: House) -> None:
    first, second = make(house), make(house, "olga")
    with house.store.site.write() as connection:
        tokens.revoke(connection, first[1], "anna", house.clock.now())
    assert house.reception.by_token(first[0], HERE) is None
    found = house.reception.by_token(second[0], HERE)
    assert found is not None
    assert found[1].name == "olga"
    mixed = f"pxs_{first[1].id}_{second[0][13:]}"
    assert house.reception.by_token(mixed, HERE) is None


def test_it_can_do_what_its_owner_can_and_no_more_from_then_on(house: House) -> None:
    text, _ = make(house, "anna", Role.ADMIN)
    entrance = Entrance(house.reception)
    actor = entrance.by_token(text, HERE)
    assert actor is not None
    assert (actor.role, actor.kind, actor.user, actor.fresh, actor.limit) == (Role.ADMIN, "token", "anna", False, None)
    with house.store.site.write() as connection:
        people.set_role(connection, house.user("olga"), Role.ADMIN, "anna", 0.0)
        people.set_role(connection, house.user("anna"), Role.VIEWER, "olga", 0.0)
    actor = entrance.by_token(text, HERE)
    assert actor is not None
    assert actor.role is Role.VIEWER


def test_it_sleeps_while_its_owner_is_disabled_and_is_gone_with_its_owner(house: House) -> None:
    text, row = make(house, "olga", Role.VIEWER)
    with house.store.site.write() as connection:
        people.disable(connection, house.user("olga"), "anna", 0.0)
    assert house.reception.by_token(text, HERE) is None
    assert house.reception.alive({row.id}) == set()
    with house.store.site.write() as connection:
        people.enable(connection, house.user("olga"), "anna", 0.0)
    assert house.reception.by_token(text, HERE) is not None
    with house.store.site.write() as connection:
        people.remove(connection, house.user("olga"), "anna", 0.0)
    assert house.reception.by_token(text, HERE) is None


def test_limit_and_freshness_are_the_actor_s(house: House) -> None:
    text, row = make(house, hosts=("xen01",), racks=("R2",), unattended=True)
    actor = Entrance(house.reception).by_token(text, HERE)
    assert actor is not None
    assert actor.limit == Limit(frozenset({"xen01"}), frozenset({"R2"}))
    assert actor.fresh
    assert (actor.name, actor.address, actor.key) == (f"token {row.id[:6]}", HERE, row.id)


def test_an_account_has_so_many_and_what_was_revoked_does_not_count(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST", 3)
    made = [make(house) for _ in range(3)]
    with pytest.raises(RefusedError, match="3 tokens"):
        make(house)
    with house.store.site.write() as connection:
        tokens.revoke(connection, made[0][1], "anna", house.clock.now())
    make(house)


def test_those_that_are_long_over_are_forgotten(house: House) -> None:
    make(house, days=1)
    house.clock.pass_(31 * DAY)
    make(house)
    with house.store.site.read() as connection:
        assert len(stored.tokens(connection, "anna")) == 1
