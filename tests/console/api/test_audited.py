"""Whatever changes something is a line of the audit by whoever asked for it, also when it was refused: of every operation there is.

A new operation has to be put into the story below.
"""

from __future__ import annotations

import base64
import io
import tarfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve import certificates
from pxeserve.console.api.table import WITHOUT
from pxeserve.console.api.verbs import ELSEWHERE
from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import Recorder
from pxeserve.operations import registry, undoing
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.people.entrance import entrance
from pxeserve.repo.sample import make_sample
from pxeserve.store import audit, discovered, installs, inventory, jobs, joins, pools, recoveries
from pxeserve.store.discovered import Machine
from tests.console import people
from tests.console.conftest import Console
from tests.console.test_gate import ask, routes
from tests.media_samples import make
from tests.recovery.backups.dumps import dump
from tests.test_certificates import issued, pem

PASSWORD = "correct horse battery"
OURS, ANOTHER, THIRD, CARD = "52:54:00:77:00:01", "02:00:00:00:00:07", "02:00:00:00:00:08", "02:00:00:00:00:09"
SCRIPT = base64.b64encode(b"#!/bin/sh\nexit 0\n").decode()


def changing() -> dict[str, registry.Verb]:
    return {name: one for name, one in registry.verbs().items() if one.changes}


class Story:
    """One site, on which `actor` does everything once, in an order in which it can be done."""

    def __init__(self, console: Console, actor: Actor, folder: Path) -> None:
        self.console, self.actor, self.folder = console, actor, folder
        recorder = Recorder(console.config.server.data / "run" / "nobody-listens", "console")
        self.context = Context(console.config, console.store, actor, lambda _: None, recorder)
        self.told: dict[str, Any] = {}

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(self.context, verb, arguments)

    def acts(self) -> dict[str, Callable[[], Any]]:
        """Each operation that changes something, and how it is asked for here."""
        ask, told = self.ask, self.told
        certificate, key = issued("localhost")
        declared = "media: []\nprofiles: [{name: other, medium: sample}]\n"
        table = "name,mac,profile\nxen03,52:54:00:77:00:03,rack\n"
        return {
            "tls.import": lambda: ask("tls.import", certificate=certificate, key=pem(key)),
            "tls.forget": lambda: ask("tls.forget"),
            "webhook.test": self._rings,
            "job.cancel": lambda: ask("job.cancel", id="0123456789abcdef"),
            "media.verify": lambda: ask("media.verify", name="sample"),
            "upload.send": lambda: ask("upload.send", name="a.iso", stream=io.BytesIO(b"abc"), at=0, length=3, total=3),
            "upload.remove": lambda: ask("upload.remove", name="a.iso"),
            "media.import": lambda: ask("media.import", name="second", source=str(self.folder / "sample")),
            "media.cancel-import": lambda: ask("media.cancel-import", name="half"),
            "media.create": self._makes_a_pack,
            "media.revise": lambda: ask("media.revise", name="pack", to="pack-2", set=["title=Another"]),
            "media.import ": lambda: ask("media.import", name="net", source=make("netinstall", self.folder / "net")),
            "media.set": lambda: ask("media.set", name="net", set=["version=8.2.1"]),
            "media.remove": lambda: ask("media.remove", name="second"),
            "loaders.import": lambda: ask("loaders.import"),
            "site.set": lambda: ask("site.set", set=["timezone=UTC"]),
            "profile.add": lambda: ask("profile.add", name="spare", medium="sample"),
            "profile.set": lambda: ask("profile.set", name="spare", set=["timezone=Europe/Rome"]),
            "profile.remove": lambda: ask("profile.remove", name="spare"),
            "host.add": lambda: ask("host.add", name="xen02", profile="rack", mac=["52:54:00:77:00:02"]),
            "host.set": lambda: ask("host.set", name="xen02", set=["rack=R2"]),
            "host.remove": lambda: ask("host.remove", name="xen02"),
            "pool.add": self._makes_a_pool,
            "pool.set": lambda: ask("pool.set", name="rack-p", set=["version=8.3.0"]),
            "pool.secret": lambda: ask("pool.secret", name="rack-p", password=PASSWORD),
            "pool.trust": lambda: ask("pool.trust", name="rack-p", host="xen04", fingerprint="ab" * 32),
            "backup.add": self._backs_up,
            "recover.drill": lambda: ask("recover.drill", name="xen04"),
            "recover.begin": self._recovers,
            "recover.confirm": lambda: ask("recover.confirm", id=self._recovery("waiting"), step="silent"),
            "recover.resume": lambda: ask("recover.resume", id=self._recovery("stopped")),
            "recover.stop": lambda: ask("recover.stop", id=told["recovery"]),
            "backup.remove": lambda: ask("backup.remove", id=told["backup"]),
            "pool.remove": lambda: ask("pool.remove", name="rack-p"),
            "host.import": lambda: ask("host.import", text=table, form="csv", file="hosts.csv"),
            "apply": lambda: ask("apply", text=declared),
            "discovered.adopt": lambda: ask("discovered.adopt", mac=ANOTHER, name="xen07", profile="rack"),
            "discovered.adopt-all": lambda: ask(
                "discovered.adopt-all", text=f"name,mac,profile\nxen08,{THIRD},rack\n", form="csv", file="hosts.csv"
            ),
            "discovered.forget": lambda: ask("discovered.forget", mac=CARD),
            "answerfile.import": lambda: ask("answerfile.import", profile="rack", values={"timezone": "Europe/Rome"}),
            "draft.save": self._saves,
            "history.restore": lambda: ask("history.restore", id=self._oldest_answers()),
            "script.add": lambda: ask("script.add", name="a.sh", content=SCRIPT),
            "script.set": lambda: ask("script.set", name="a.sh", content=base64.b64encode(b"#!/bin/sh\nexit 1\n").decode()),
            "script.remove": lambda: ask("script.remove", name="a.sh"),
            "template.add": lambda: ask("template.add", name="a.xml.j2", text="<installation/>"),
            "template.set": lambda: ask("template.set", name="a.xml.j2", text="<installation></installation>"),
            "template.remove": lambda: ask("template.remove", name="a.xml.j2"),
            **({"undo": self._takes_back} if self.actor.kind == "session" else {}),  # nobody else is told the word for it
            "host.install": lambda: ask("host.install", name="xen01", reveal="later"),
            "host.password": lambda: ask("host.password", name="xen01"),
            "host.cancel": lambda: ask("host.cancel", name="xen01"),
            "join.again": self._joins_again,
            "host.install-all": lambda: ask("host.install-all", name=["xen01"], count=1),
            "host.cancel-all": lambda: ask("host.cancel-all", name=["xen01"], count=1),
            "rehearse.begin": lambda: told.update(ask("rehearse.begin", mac=OURS)),
            "rehearse.end": lambda: ask("rehearse.end", mac=told["mac"], host="xen01", verdict="it would"),
            "rehearse.walk": lambda: list(ask("rehearse.walk", mac=OURS)),  # nobody serves here: both end at the first step
            "rehearse.run": lambda: ask("rehearse.run", mac=OURS),
            "user.add": lambda: ask("user.add", name="bert", role="viewer", password=PASSWORD),
            "user.set-role": lambda: ask("user.set-role", name="bert", role="operator"),
            "user.password": lambda: ask("user.password", name="bert", password=PASSWORD + "!"),
            "user.disable": lambda: ask("user.disable", name="bert"),
            "user.enable": lambda: ask("user.enable", name="bert"),
            "session.end": lambda: ask("session.end", id=self._session_of_vera()),
            "session.end-all": lambda: [self._session_of_vera(), ask("session.end-all", user="viewer")],
            "token.create": lambda: told.update(ask("token.create", name="robot", role="viewer", user="viewer", days=30)),
            "token.revoke": lambda: ask("token.revoke", id=told["id"]),
            "token.revoke-all": lambda: [
                ask("token.create", name="robot", role="viewer", user="viewer", days=30), ask("token.revoke-all", user="viewer")
            ],
            "user.remove": lambda: ask("user.remove", name="bert"),
        }

    def _rings(self) -> None:
        with pytest.raises(PxeserveError, match="Connection refused"):  # nobody hears it; it was asked for all the same
            self.ask("webhook.test", name="bell")

    def _makes_a_pool(self) -> None:
        said = ["admin-interface.name=eth0", "admin-interface.proto=static", "admin-interface.ipaddr=10.77.0.14",
                "admin-interface.subnet=255.255.255.0", "admin-interface.gateway=10.77.0.254"]  # fmt: skip
        self.ask("host.add", name="xen04", profile="rack", mac=["52:54:00:77:00:04"], set=said)
        self.ask("pool.add", name="rack-p", master="xen04")

    def _backs_up(self) -> None:
        database = dump("4.1", hosts=("xen04", "xen05")).replace(b"7843p", b"sample")
        self.told["backup"] = self.ask("backup.add", pool="rack-p", stream=io.BytesIO(database))["id"]

    def _recovers(self) -> None:
        runs = self.ask("media.show", name="sample")
        self.ask("pool.set", name="rack-p", set=[f"product={runs['product']}", f"version={runs['version']}"])
        seen = self.ask("recover.plan", name="xen04")["print"]
        self.told["recovery"] = self.ask("recover.begin", name="xen04", print=seen, confirm="xen04")["id"]

    def _recovery(self, state: str) -> str:
        """It has come into that state."""
        with self.console.store.site.write() as connection:
            row = recoveries.by_id(connection, self.told["recovery"])
            assert row is not None
            assert recoveries.advance(connection, row, {"state": state})
        return str(row.id)

    def _makes_a_pack(self) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:bz2"):
            pass  # a package that holds nothing
        size = len(packed.getvalue())
        self.ask("upload.send", name="a.tar.bz2", stream=io.BytesIO(packed.getvalue()), at=0, length=size, total=size)
        self.ask("media.create", name="pack", id="acme:pack", format="text", files={"a.tar.bz2": "a.tar.bz2"})

    def _saves(self) -> None:
        opened = self.ask("draft.open", what="profile", name="rack")
        self.ask("draft.save", what="profile", name="rack", answers=opened["answers"] | {"timezone": "Europe/Paris"},
                 revision=opened["revision"])  # fmt: skip

    def _takes_back(self) -> None:
        context = replace(self.context, request="0123")
        registry.call(context, "host.set", {"name": "xen01", "set": ["rack=R9"]})
        registry.call(context, "undo", {"word": undoing.told(context)})

    def _joins_again(self) -> Any:
        """The host that was armed has asked to join a pool, and was refused."""
        store = self.console.store
        with store.site.write() as connection:
            host = inventory.host(connection, "xen01")
            assert host is not None
            install = installs.newest_of(connection, host.id)
            assert install is not None
            pool_id = pools.save(connection, Pool("p1", "xen01", (Member("xen01"),)))
            joins.add(connection, joins.JoinRow("j1", host.id, install.id, pool_id, "", joins.FAILED, "look", "no", "", 1.0, 1.0, 0))
        answer = self.ask("join.again", host="xen01")
        with store.site.write() as connection:
            pools.remove(connection, pool_id)
        return answer

    def _oldest_answers(self) -> int:
        found = self.ask("history.list", what="profile", name="rack")
        return int((found["items"] if isinstance(found, dict) else found)[-1]["id"])

    def _session_of_vera(self) -> str:
        people.session(self.console.store, Role.VIEWER)
        return str(self.ask("session.list", user="viewer")[0]["id"])


@pytest.fixture
def site(console: Console, tmp_path: Path) -> Console:
    """What the story needs besides: machines that were heard, an import that broke off, a job, a webhook, a netinstall tree."""
    data = console.config.server.data
    make_sample(tmp_path / "sample")
    certificates.ensure(data / "keys", ["localhost"])
    (data / "media" / ".staging-half" / "tree").mkdir(parents=True)
    with console.store.events.write() as connection:
        now = time.time()
        discovered.put(connection, [Machine(mac, now, now) for mac in (ANOTHER, THIRD, CARD)], 1000)
    with console.store.site.write() as connection:
        jobs.add(connection, jobs.JobRow("0123456789abcdef", "media.verify", "medium sample", {}, "root", int(Role.ADMIN), "waiting", now))
    (tmp_path / "secret").write_text("whsec_" + base64.b64encode(bytes(32)).decode())
    (tmp_path / "secret").chmod(0o600)
    hook = {"name": "bell", "url": "http://127.0.0.1:9/", "secret_file": str(tmp_path / "secret")}
    console.config = type(console.config).model_validate(console.config.plain() | {"webhook": [hook]})
    return console


def by(console: Console, door: str) -> Actor:
    """Somebody who may do everything, in by that door."""
    came = entrance(console.store, console.config.server.data)
    if door == "socket":
        return Actor("root")
    found = came.by_session(people.session(console.store, Role.ADMIN), "192.0.2.7") if door == "session" else None
    found = found or came.by_token(people.token(console.store, Role.ADMIN), "192.0.2.7")
    assert found is not None
    return found


def lines_after(console: Console, seq: int) -> list[dict[str, Any]]:
    with console.store.site.read() as connection:
        return [line for line in audit.lines(connection, audit.Wanted(), 1000) if line["seq"] > seq]


def newest(console: Console) -> int:
    with console.store.site.read() as connection:
        return max((int(line["seq"]) for line in audit.lines(connection, audit.Wanted(), 1)), default=0)


@pytest.mark.parametrize("door", ["socket", "session", "token"])
def test_whatever_changes_something_is_a_line_by_whoever_asked(site: Console, tmp_path: Path, door: str) -> None:
    actor = by(site, door)
    story = Story(site, actor, tmp_path)
    acts = story.acts()
    assert {name.strip() for name in acts} | {"user.init", "undo"} == changing().keys()
    for verb, act in acts.items():
        before = newest(site)
        act()
        found = lines_after(site, before)
        assert any(line["actor"] == actor.name for line in found), verb
        assert {line["actor"] for line in found} == {actor.name}, verb
    with site.store.site.read() as connection:
        assert audit.chain(connection).broken_at is None


def test_the_first_account_is_a_line_by_whoever_made_it(bare_console: Console, tmp_path: Path) -> None:
    Story(bare_console, Actor("root"), tmp_path).ask("user.init", name="anna", password=PASSWORD)
    assert [(line["actor"], line["action"]) for line in lines_after(bare_console, 0)] == [("root", "user.add")]


@pytest.mark.parametrize("door", ["as_role", "as_token"])
def test_whoever_was_refused_for_their_role_is_told_with_what_they_wanted(console: Console, door: str) -> None:
    """By every route that asks for an operation that changes something; programs also by the operation's name."""
    client = getattr(console, door)(Role.VIEWER)
    wanted = {name for name, one in changing().items() if one.role > Role.VIEWER}
    before, asked = newest(console), set()
    for route, path, rule in routes(console.app):
        if rule.verb in wanted:
            assert ask(client, route, path).status_code == 403, route
            asked.add(rule.verb)
    if door == "as_token":
        for name in wanted - ELSEWHERE.keys():
            assert client.post(f"/api/v1/verbs/{name}", json={}).status_code == 403, name
            asked.add(name)
    assert wanted - asked <= WITHOUT.keys()
    found = [line for line in lines_after(console, before) if line["action"] != "token.first-use"]
    assert {line["action"] for line in found} == asked
    assert {line["result"] for line in found} == {"refused: role, from 127.0.0.1"}
    assert len({line["actor"] for line in found}) == 1
    assert found[0]["actor"] == "viewer" if door == "as_role" else found[0]["actor"].startswith("token ")


def test_a_token_outside_its_limit_is_told_once_and_not_what_it_said(console: Console) -> None:
    client = console.as_token(Role.OPERATOR, hosts=("xen01",))
    before = newest(console)
    for _ in range(5):
        assert client.post("/api/v1/verbs/site.set", json={"arguments": {"set": [PASSWORD]}}).status_code == 200  # said in its last line
    found = [(line["action"], line["result"]) for line in lines_after(console, before) if line["action"] != "token.first-use"]
    assert found == [("site.set", "refused: limit, from 127.0.0.1")]
