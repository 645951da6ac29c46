"""API tokens as verbs: who makes, sees and revokes them, and what one may ask that is limited to some hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor
from tests.operations.people.conftest import HERE, ROOT, House


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
