"""Users, sessions and tokens as verbs: who may ask what of whom, and that nothing secret comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.accounts import people, tokens
from pxeserve.accounts.first_run import FILE
from pxeserve.accounts.reception import Reception
from pxeserve.config import Config
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.people.entrance import Entrance
from pxeserve.operations.people.users import hasher
from pxeserve.store import Store, audit, open_store
from pxeserve.store import accounts as stored
from pxeserve.supervisor import prepare

PASSWORD, HERE = "correct horse battery", "10.0.0.5"
ROOT = Actor("root")
Ask = Callable[..., Any]


class House:
    """A service's verbs, asked by whom one likes."""

    def __init__(self, data: Path) -> None:
        prepare.fill(data)
        self.store: Store = open_store(data)
        self.config = Config.model_validate({"server": {"data": str(data)}})
        self.entrance = Entrance(Reception(self.store, data, hasher=hasher()))

    def ask(self, actor: Actor, verb: str, **arguments: Any) -> Any:
        return registry.call(Context(self.config, self.store, actor, lambda _: None, request="r1"), verb, arguments)

    def refused(self, actor: Actor, verb: str, **arguments: Any) -> str:
        with pytest.raises(PxeserveError) as error:
            self.ask(actor, verb, **arguments)
        return error.value.code

    def logged_in(self, name: str) -> Actor:
        actor = self.entrance.by_session(self.entrance.reception.log_in(name, PASSWORD, HERE, "Firefox").secret, HERE)
        assert actor is not None
        return actor

    def by_token(self, text: str) -> Actor:
        actor = self.entrance.by_token(text, HERE)
        assert actor is not None
        return actor

    def lines(self) -> list[dict[str, Any]]:
        with self.store.site.read() as connection:
            return list(reversed(audit.lines(connection, audit.Wanted(), 1000)))


@pytest.fixture
def house(tmp_path: Path) -> Any:
    house = House(tmp_path)
    hashed = hasher().hashed(PASSWORD)
    with house.store.site.write() as connection:
        for name, role in (("anna", Role.ADMIN), ("olga", Role.OPERATOR), ("vera", Role.VIEWER)):
            people.add(connection, people.new(name, role, hashed, "root", 1.0), "root", 1.0)
    yield house
    house.store.close()


def test_the_first_account_is_made_once_and_withdraws_the_code(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.entrance.reception.offer()
    assert (tmp_path / "state" / FILE).exists()
    answer = house.ask(ROOT, "user.init", name="admin", password=PASSWORD)
    assert (answer["name"], answer["role"], answer["created_by"]) == ("admin", "admin", "root")
    assert not (tmp_path / "state" / FILE).exists()
    assert house.refused(ROOT, "user.init", name="second", password=PASSWORD) == "conflict"
    house.store.close()


def test_an_administrator_adds_changes_and_removes(house: House) -> None:
    anna = house.logged_in("anna")
    house.ask(anna, "user.add", name="Bert", role="viewer", password=PASSWORD)
    assert house.ask(anna, "user.set-role", name="bert", role="operator")["role"] == "operator"
    house.logged_in("bert")
    assert house.ask(anna, "user.disable", name="bert")["ended"] == 1
    assert house.ask(anna, "user.list")[1]["disabled"] is True
    house.ask(anna, "user.enable", name="bert")
    assert house.ask(anna, "user.password", name="bert", password="another pass phrase")["ended"] == 0
    assert house.ask(anna, "user.remove", name="bert") == {"removed": "bert"}
    assert [line["action"] for line in house.lines()][-6:] == [
        "user.set-role", "session.begin", "user.disable", "user.enable", "user.password", "user.remove"
    ]  # fmt: skip
    assert house.lines()[-1]["origin"] == f"{HERE} r1"


def test_nobody_else_does_and_an_administrator_only_with_a_fresh_password(house: House) -> None:
    wanted = {"name": "olga"}
    for verb in ("user.set-role", "user.disable", "user.enable", "user.remove", "user.password", "user.show"):
        assert house.refused(house.logged_in("olga"), verb, **wanted) == "forbidden"
    assert house.refused(replace(house.logged_in("anna"), fresh=False), "user.disable", **wanted) == "not-fresh"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [({"name": "bert", "role": "king", "password": PASSWORD}, "king"), ({"name": "../x", "role": "viewer", "password": PASSWORD}, "name"),
     ({"name": "bert", "role": "viewer", "password": "short"}, "12 characters"), ({"name": "bert", "role": "viewer"}, "password"),
     ({"name": "bert", "role": "viewer", "password": "x" * 2000}, "1024 bytes")],
)  # fmt: skip
def test_what_cannot_be_an_account_is_refused_by_its_field(house: House, arguments: dict[str, Any], word: str) -> None:
    with pytest.raises(PxeserveError, match=word) as error:
        house.ask(ROOT, "user.add", **arguments)
    assert error.value.code == "invalid"
    assert "x" * 2000 not in str(error.value)


def test_everybody_sees_and_ends_their_own_sessions_and_an_administrator_all(house: House) -> None:
    anna, olga, vera = (house.logged_in(name) for name in ("anna", "olga", "vera"))
    assert [one["user"] for one in house.ask(vera, "session.list")] == ["vera"]
    assert [one["this"] for one in house.ask(vera, "session.list")] == [True]
    assert {one["user"] for one in house.ask(anna, "session.list")} == {"anna", "olga", "vera"}
    assert house.refused(vera, "session.list", user="olga") == "forbidden"
    assert house.refused(vera, "session.end", id=olga.key) == "not-found"
    assert house.refused(vera, "session.end-all", user="olga") == "forbidden"
    assert house.ask(anna, "session.end", id=olga.key) == {"ended": olga.key, "user": "olga"}
    house.logged_in("vera")
    assert house.ask(vera, "session.end-all") == {"ended": 1, "user": "vera"}   # not the one that asks
    assert house.entrance.alive({anna.key, olga.key, vera.key}) == {anna.key, vera.key}
    assert house.refused(ROOT, "session.end-all") == "invalid"


def test_a_token_is_told_once_and_is_its_owner_s_at_most(house: House) -> None:
    olga = house.logged_in("olga")
    made = house.ask(olga, "token.create", name="for ci", role="operator")
    assert made["token"].startswith(f"pxs_{made['id']}_")
    assert house.refused(olga, "token.create", name="more", role="admin") == "forbidden"
    assert house.refused(olga, "token.create", name="another's", role="viewer", user="anna") == "forbidden"
    assert house.refused(replace(olga, fresh=False), "token.create", name="stale", role="viewer") == "not-fresh"
    [listed] = house.ask(olga, "token.list")
    assert listed == {key: value for key, value in made.items() if key != "token"}
    assert "token" not in listed


def test_root_says_whose_where_it_is_not_plain(house: House) -> None:
    assert house.ask(ROOT, "token.create", name="x", role="viewer")["user"] == "anna"
    house.ask(ROOT, "user.set-role", name="olga", role="admin")
    assert house.refused(ROOT, "token.create", name="x", role="viewer") == "invalid"
    assert house.ask(ROOT, "token.create", name="x", role="viewer", user="vera")["user"] == "vera"
    assert house.refused(ROOT, "token.create", name="x", role="operator", user="vera") == "forbidden"


def test_a_token_that_makes_tokens_makes_none_that_outlives_it_or_can_do_more(house: House) -> None:
    maker = house.by_token(house.ask(ROOT, "token.create", name="m", role="operator", user="anna", days=10, unattended=True)["token"])
    assert house.refused(maker, "token.create", name="x", role="admin") == "forbidden"
    assert house.refused(maker, "token.create", name="x", role="viewer", days=11) == "forbidden"
    assert house.ask(maker, "token.create", name="x", role="viewer", days=9)["user"] == "anna"
    attended = house.by_token(house.ask(ROOT, "token.create", name="m", role="admin", user="anna")["token"])
    assert house.refused(attended, "token.create", name="x", role="viewer", days=1) == "not-fresh"


def test_all_tokens_of_somebody_are_revoked_at_once_by_their_owner_or_an_administrator(house: House) -> None:
    anna, olga, vera = (house.logged_in(name) for name in ("anna", "olga", "vera"))
    made = [house.ask(olga, "token.create", name=f"robot {number}", role="viewer") for number in range(3)]
    spared = house.ask(vera, "token.create", name="another", role="viewer")
    house.ask(olga, "token.revoke", id=made[0]["id"])
    assert house.refused(vera, "token.revoke-all", user="olga") == "forbidden"
    assert house.refused(ROOT, "token.revoke-all") == "invalid"
    assert house.refused(anna, "token.revoke-all", user="nobody-here") == "not-found"
    assert house.ask(anna, "token.revoke-all", user="Olga") == {"revoked": 2, "user": "olga"}
    assert {one["id"]: one["state"] for one in house.ask(anna, "token.list")} == {
        **{one["id"]: "revoked" for one in made}, spared["id"]: "good"
    }  # fmt: skip
    assert house.entrance.by_token(made[2]["token"], HERE) is None
    line = house.lines()[-2]
    assert (line["actor"], line["action"], line["object"]) == ("anna", "token.revoke", "olga")
    assert line["result"] == f"all 2: {made[1]['id'][:6]}, {made[2]['id'][:6]}"
    assert house.ask(olga, "token.revoke-all") == {"revoked": 0, "user": "olga"}
    assert house.ask(vera, "token.revoke-all") == {"revoked": 1, "user": "vera"}


def test_a_token_is_revoked_by_its_owner_or_an_administrator_by_as_much_of_its_id_as_the_audit_shows(house: House) -> None:
    olga, vera = house.logged_in("olga"), house.logged_in("vera")
    made = house.ask(olga, "token.create", name="ci", role="viewer")
    assert house.refused(vera, "token.revoke", id=made["id"]) == "not-found"
    assert house.refused(olga, "token.revoke", id=made["id"][:5]) == "not-found"
    assert house.ask(olga, "token.revoke", id=made["id"][:6])["state"] == "revoked"
    assert house.refused(olga, "token.revoke", id=made["id"]) == "not-found"
    assert house.entrance.by_token(made["token"], HERE) is None
    assert [(line["actor"], line["action"], line["object"]) for line in house.lines() if line["object"] == made["id"][:6]] == [
        ("olga", "token.create", made["id"][:6]), ("olga", "token.revoke", made["id"][:6]), ("nobody", "token.refused", made["id"][:6])
    ]  # fmt: skip


@pytest.fixture
def racked(house: House) -> House:
    house.ask(ROOT, "profile.add", name="rack")
    for number in range(1, 5):
        rack = [f"rack=R{1 + number // 4}"]
        house.ask(ROOT, "host.add", name=f"xen0{number}", profile="rack", mac=[f"52:54:00:77:00:0{number}"], set=rack)
    return house


def limited(house: House, **limit: Any) -> Actor:
    made = house.ask(ROOT, "token.create", name="l", role="operator", user="anna", unattended=True, **limit)
    return house.by_token(made["token"])


@pytest.mark.parametrize(
    ("verb", "within", "outside"),
    [
        ("host.show", {"name": "xen01"}, {"name": "xen03"}),
        ("host.list", {"name": ["xen01", "xen02"]}, {"name": ["xen01", "xen03"]}),
        ("host.list", {"name": ["xen01"]}, {}),
        ("host.plan", {"name": ["xen02"]}, {"rack": "R1"}),
        ("host.table", {"name": ["xen02"]}, {"name": ["xen04"]}),
        ("explain", {"mac": "xen01"}, {"mac": "xen03"}),
        ("timeline", {"host": "xen01"}, {"host": "xen04"}),
        ("status", {}, {"name": "xen01"}),
    ],
)
def test_a_limited_token_asks_about_its_hosts_and_no_others(racked: House, verb: str, within: Any, outside: Any) -> None:
    actor = limited(racked, hosts=["xen01", "xen02"])
    racked.ask(actor, verb, **within)
    assert racked.refused(actor, verb, **outside) == "forbidden"


def test_a_token_of_a_rack_goes_by_where_hosts_stand_now(racked: House) -> None:
    actor = limited(racked, racks=["R2"])
    assert [one["name"] for one in racked.ask(actor, "host.list", rack="R2")] == ["xen04"]
    racked.ask(actor, "rack.show", name="R2")
    assert racked.refused(actor, "rack.show", name="R1") == "forbidden"
    assert racked.refused(actor, "rack.show", name="-") == "forbidden"
    racked.ask(ROOT, "host.set", name="xen04", set=["rack=R1"])
    assert racked.refused(actor, "host.show", name="xen04") == "forbidden"


def test_whatever_is_not_in_the_table_is_refused_to_a_limited_token(racked: House) -> None:
    from pxeserve.operations.within import _TABLE

    actor = replace(limited(racked, hosts=["xen01"]), role=Role.ADMIN)
    for verb in sorted(registry.verbs().keys() - _TABLE.keys()):
        assert racked.refused(actor, verb, name="xen01") == "forbidden", verb
    assert {"host.set", "host.remove", "host.add", "apply", "export", "token.create", "user.add", "audit.list"}.isdisjoint(_TABLE)


@pytest.mark.parametrize("name", [["xen01"], 5, None, {"a": 1}])
def test_what_does_not_name_a_host_is_within_nothing(racked: House, name: Any) -> None:
    assert racked.refused(limited(racked, hosts=["xen01"]), "host.show", name=name) == "forbidden"


def test_a_limit_names_hosts_that_are_there(racked: House) -> None:
    assert racked.refused(ROOT, "token.create", name="x", role="viewer", user="anna", hosts=["xen99"]) == "not-found"


def test_a_medium_that_is_refused_is_a_line_of_the_audit(house: House, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    code = house.refused(ROOT, "media.import", source=str(tmp_path / "nothing"), name="xcp83")
    last = house.lines()[-1]
    assert (last["action"], last["object"], last["result"]) == ("media.import", "xcp83", f"refused: {code}")


def test_the_audit_is_an_administrator_s_and_whole(house: House) -> None:
    assert house.refused(house.logged_in("olga"), "audit.list") == "forbidden"
    anna = house.logged_in("anna")
    answer = house.ask(anna, "audit.list", limit=2, action="user.*")
    assert [line["object"] for line in answer["lines"]] == ["vera", "olga"]
    assert house.ask(anna, "audit.list", limit=2, action="user.*", before=answer["next"])["next"] is None
    assert house.ask(anna, "audit.verify") == {"whole": True, "lines": 6, "broken_at": None, "because": ""}  # olga's refusal too


def test_where_nothing_can_be_written_nothing_is_done_and_it_is_said(house: House) -> None:
    """A full disk: each act is refused whole, with its line of the audit, and looking goes on."""
    house.ask(ROOT, "profile.add", name="rack")
    house.store.close()
    with house.store.site.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")   # no page more than there are, on this connection, which is the only one
    done = []
    with pytest.raises(PxeserveError, match="disk is full") as full:
        for number in range(4096):
            mac = f"52:54:00:77:{number // 256:02x}:{number % 256:02x}"
            done.append(house.ask(ROOT, "host.add", name=f"xen{number}", profile="rack", mac=[mac], set=["tags=a"])["name"])
    assert full.value.code == "unwritable"
    assert {one["name"] for one in house.ask(ROOT, "host.list")} == set(done)
    assert [line["object"] for line in house.lines() if line["action"] == "host.add"] == done
    assert house.ask(ROOT, "audit.verify")["whole"]


def test_nothing_that_opens_anything_comes_out_of_a_verb(house: House) -> None:
    anna = house.logged_in("anna")
    text = house.ask(anna, "token.create", name="ci", role="viewer")["token"]
    with house.store.site.read() as connection:
        hidden = [text[13:], PASSWORD]
        hidden += [row.hash for row in stored.sessions(connection)] + [row.hash for row in stored.tokens(connection)]
        hidden += [row.password for row in stored.users(connection)]
    said = json.dumps([house.ask(anna, verb) for verb in ("user.list", "session.list", "token.list", "audit.list", "export")])
    assert [one for one in hidden if one in said] == []
    assert tokens.id_in(text) in said
