"""Users, sessions and tokens as verbs: who may ask what of whom, and that nothing secret comes out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.accounts import tokens
from pxeserve.accounts.first_run import FILE
from pxeserve.errors import PxeserveError
from pxeserve.store import accounts as stored
from tests.operations.people.conftest import HERE, PASSWORD, ROOT, House


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
