"""Backups over the API: sent by a token that can do nothing else, kept encrypted, given back byte for byte to an administrator alone."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import Any

import pytest

from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.store import audit, backups, pools
from pxeserve.store import tables as t
from tests.console import people
from tests.console.api.conftest import Api
from tests.console.conftest import Console
from tests.recovery.backups.dumps import MASTER, SECRET, dump

KIND = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def pool(console: Console) -> str:
    with console.store.site.write() as connection:
        pools.save(connection, Pool("rack-a", "xen01", (Member("xen01"),)))
    return "rack-a"


def put(api: Api, pool: str, content: bytes, query: str = "") -> Any:
    return api.client.put(f"/api/v1/pools/{pool}/backups{query}", data=content, headers=KIND)


def writer(console: Console, *pools: str) -> Api:
    """A program with a token of the scope `backup:write`."""
    client = console.stranger()
    text = people.token(console.store, Role.OPERATOR, scope="backup:write", pools=pools)
    client.environ_base.update({"HTTP_AUTHORIZATION": f"Bearer {text}"})
    return Api(client)


def events(console: Console) -> list[tuple[str, str]]:
    """What the worker will take over into the record."""
    with console.store.site.read() as connection:
        return [(one.kind, one.data["backup"]) for one in connection.execute(t.install_event.select())]


def test_what_is_sent_is_read_kept_encrypted_and_given_back(console: Console, operator: Api, viewer: Api, admin: Api, pool: str) -> None:
    sent = put(operator, pool, dump())
    assert sent.status_code == 201, sent.text
    found = viewer.get(f"/backups/{sent.json['id']}").json
    assert (found["sha256"], found["size"], found["state"]) == (hashlib.sha256(dump()).hexdigest(), len(dump()), "good")
    assert found["holds"]["master_uuid"] == MASTER and found["holds"]["suspended"][0]["sr"] == "Local storage"
    assert "no imported medium installs" in found["note"]
    lies = list((console.config.server.data / "backups").iterdir())
    assert [path.name for path in lies] == [f"{found['id']}.enc"] and SECRET.encode() not in lies[0].read_bytes()
    key = console.config.server.data / "keys" / "backup.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    given = admin.client.get(f"/api/v1/backups/{found['id']}/content")
    assert given.data == dump() and given.headers["Content-Disposition"].startswith("attachment")
    assert operator.done(f"/backups/{found['id']}/check")["state"] == "good"
    assert events(console) == [("backup.taken", found["id"])]
    with console.store.site.read() as connection:
        told = [(line["action"], line["object"]) for line in audit.lines(connection, audit.Wanted(), 100)]
    assert {("backup.add", found["id"]), ("backup.get", found["id"])} <= set(told)


def test_nobody_but_an_administrator_with_a_fresh_password_gets_the_bytes(console: Console, operator: Api, viewer: Api, pool: str) -> None:
    path = f"/api/v1/backups/{put(operator, pool, dump()).json['id']}/content"
    assert [api.client.get(path).status_code for api in (viewer, operator)] == [403, 403]
    assert console.as_role(Role.ADMIN, fresh=False).get(path).json["code"] == "not-fresh"
    assert console.stranger().get(path).status_code == 401


def test_a_token_for_it_sends_to_its_pool_and_can_do_nothing_else(console: Console, operator: Api, pool: str) -> None:
    ours = writer(console, pool)
    id = put(ours, pool, dump()).json["id"]
    others = writer(console, "rack-b")
    assert put(others, pool, dump()).status_code == 403
    assert put(ours, pool, dump(pool="55555555-5555-4555-8555-555555555555"), "?another=true").status_code == 403
    paths = ["/backups", f"/backups/{id}", f"/backups/{id}/content", "/hosts", "/status", "/uploads", "/tokens", "/events", "/openapi.json"]
    assert {path: ours.client.get(f"/api/v1{path}").status_code for path in paths} == dict.fromkeys(paths, 403)
    assert ours.client.post("/api/v1/verbs/backup.list", json={"arguments": {}}).status_code == 403
    assert ours.client.post("/api/v1/verbs/status", json={"arguments": {}}).status_code == 403
    assert ours.client.delete(f"/api/v1/backups/{id}").status_code == 403


@pytest.mark.parametrize(
    ("content", "said"),
    [(dump()[:-20], "it is cut"), (b"hello", "it is not XML"), (dump(hosts=("other1", "other2")), "none of which is one of this pool's")],
)
def test_what_is_no_backup_of_it_leaves_a_row_and_no_bytes(console: Console, operator: Api, pool: str, content: bytes, said: str) -> None:
    refused = put(operator, pool, content)
    assert refused.status_code in (400, 409) and said in refused.json["detail"]
    row = operator.get("/backups").json["items"][0]
    assert row["state"] == "refused" and said in row["because"]
    assert list((console.config.server.data / "backups").iterdir()) == []
    assert events(console) == [("backup.refused", row["id"])]


def test_another_pools_is_known_by_the_backups_before_it_unless_it_is_meant(operator: Api, pool: str) -> None:
    assert put(operator, pool, dump()).status_code == 201
    other = dump(pool="55555555-5555-4555-8555-555555555555")
    assert "the backups before it are of" in put(operator, pool, other).json["detail"]
    assert put(operator, pool, other, "?another=true").status_code == 201


def test_an_address_that_a_host_inherits_makes_a_dump_its_pools(operator: Api, pool: str) -> None:
    others = dump(hosts=("other1", "other2"))
    assert put(operator, pool, others).status_code == 409
    said = ("name=eth0", "proto=static", "ipaddr=10.77.0.12", "subnet=255.255.255.0")
    assert operator.patch("/profiles/rack", {"set": [f"admin-interface.{one}" for one in said]}).status_code == 200
    assert put(operator, pool, others).status_code == 201


def test_removed_is_gone(console: Console, admin: Api, operator: Api, pool: str) -> None:
    id = put(operator, pool, dump()).json["id"]
    assert operator.client.delete(f"/api/v1/backups/{id}").status_code == 403
    assert admin.client.delete(f"/api/v1/backups/{id}").status_code == 200
    assert list((console.config.server.data / "backups").iterdir()) == []
    assert admin.get(f"/backups/{id}").status_code == 404
    assert events(console)[-1] == ("backup.removed", id)


def test_without_its_key_none_is_read_and_no_new_key_is_made_in_its_place(console: Console, operator: Api, admin: Api, pool: str) -> None:
    id = put(operator, pool, dump()).json["id"]
    key = console.config.server.data / "keys" / "backup.key"
    saved = key.read_bytes()
    key.unlink()
    for refused in (admin.client.get(f"/api/v1/backups/{id}/content"), put(operator, pool, dump())):
        assert refused.status_code == 409 and "backup.key is missing" in refused.json["detail"], refused.text
    assert not key.exists()
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    other = admin.client.get(f"/api/v1/backups/{id}/content")
    assert other.status_code == 409 and "is damaged" in other.json["detail"] and "keys/backup.key" in other.json["fix"]
    assert events(console)[-1] == ("backup.damaged", id)
    key.write_bytes(saved)
    assert admin.client.get(f"/api/v1/backups/{id}/content").data == dump()
    key.unlink()
    assert admin.client.delete(f"/api/v1/backups/{id}").status_code == 200  # one that is lost can be removed, and all begins anew
    assert put(operator, pool, dump()).status_code == 201


def test_a_damaged_one_is_no_good_one_until_it_is_found_whole_again(console: Console, operator: Api, admin: Api, pool: str) -> None:
    older = put(operator, pool, dump()).json["id"]
    id = put(operator, pool, dump("6.5")).json["id"]

    def newest() -> Any:
        with console.store.site.read() as connection:
            return backups.newest_good(connection, 1)

    file = console.config.server.data / "backups" / f"{id}.enc"
    whole = file.read_bytes()
    assert newest().id == id
    for spoil in (lambda: file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1])), file.unlink):
        spoil()
        for _ in range(2):
            assert operator.post(f"/backups/{id}/check?wait=30").json["state"] == "failed"
        found = operator.get(f"/backups/{id}").json
        assert found["state"] == "damaged" and re.match(r"found \d{4}-\d\d-\d\d \d\d:\d\d UTC: ", found["because"]), found
        assert newest().id == older
        assert admin.client.get(f"/api/v1/backups/{id}/content").status_code == 409
        file.write_bytes(whole)
        assert newest().id == older, "nobody has looked yet"
        assert operator.done(f"/backups/{id}/check")["state"] == "good"
        found = operator.get(f"/backups/{id}").json
        assert (found["state"], found["because"], newest().id) == ("good", "", id)
    assert [kind for kind, of in events(console) if of == id] == ["backup.taken", *["backup.damaged", "backup.good"] * 2]


def test_a_damaged_one_holds_its_pool_and_keeps_its_file(console: Console, operator: Api, admin: Api, pool: str) -> None:
    id = put(operator, pool, dump()).json["id"]
    file = console.config.server.data / "backups" / f"{id}.enc"
    file.write_bytes(file.read_bytes()[:-1])
    assert admin.client.get(f"/api/v1/backups/{id}/content").status_code == 409
    os.utime(file, (0, 0))
    assert put(operator, pool, dump()).status_code == 201  # and sweeps what is nobody's
    assert file.exists()
    assert "2 backups of it would be lost" in operator.client.delete(f"/api/v1/pools/{pool}").json["detail"]


def test_who_has_stolen_the_token_pushes_no_day_out_and_is_told_of(console: Console, operator: Api, pool: str) -> None:
    ours = writer(console, pool)
    true = [put(ours, pool, dump()).json["id"] for _ in range(29)]
    with console.store.site.write() as connection:
        for days, id in enumerate(true, 1):
            of = t.backup.c.id == id
            connection.execute(t.backup.update().where(of).values(taken_at=t.backup.c.taken_at - days * 86_400))
    today = put(ours, pool, dump()).json["id"]
    for _ in range(34):
        assert put(ours, pool, dump()).status_code == 201
    with console.store.site.read() as connection:
        kept = {row.id: row.state for row in backups.backups(connection, 1)}
    assert {*true, today} <= kept.keys() and len(kept) <= 30 + 30
    lies = {path.name.partition(".")[0] for path in (console.config.server.data / "backups").iterdir()}
    assert lies == kept.keys()
    told = events(console)
    assert [kind for kind, _ in told].count("backup.crowded") == 1 and [kind for kind, _ in told].count("backup.pruned") > 1
    with console.store.site.read() as connection:
        [line] = audit.lines(connection, audit.Wanted(action="backup.crowd"), 9)
    assert "more than 30 database backups of rack-a came within a day" in line["result"] and "token" in line["result"]


def test_a_pool_is_held_by_what_is_kept_and_not_by_what_was_refused(console: Console, admin: Api, operator: Api, pool: str) -> None:
    id = put(operator, pool, dump()).json["id"]
    assert put(operator, pool, b"no dump").status_code == 400
    assert "1 backup of it would be lost" in operator.client.delete(f"/api/v1/pools/{pool}").json["detail"]
    assert admin.client.delete(f"/api/v1/backups/{id}").status_code == 200
    assert operator.client.delete(f"/api/v1/pools/{pool}").status_code == 200
    assert operator.get("/backups").json["items"] == []


def test_a_pool_whose_job_has_stopped_says_so(console: Console, operator: Api, viewer: Api, pool: str) -> None:
    assert put(operator, pool, dump()).status_code == 201
    assert not any("newest backup" in one for one in viewer.get(f"/pools/{pool}").json["notes"])
    with console.store.site.write() as connection:
        connection.execute(t.backup.update().values(taken_at=t.backup.c.taken_at - 5 * 86_400))
    assert any("newest backup was taken 5 days ago" in one for one in viewer.get(f"/pools/{pool}").json["notes"])
