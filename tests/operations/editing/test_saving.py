"""The answers of a site, a profile and a host opened, saved, previewed, remembered and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import history, tables
from tests.media_samples import make
from tests.operations.test_site import MAC, Site

HASH = "$6$rounds=656000$0123456789abcdef$" + "x" * 86
OTHER = "$6$rounds=656000$fedcba9876543210$" + "y" * 86


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path)
    found.ask("media.import", source=make("xcp-8.3", tmp_path / "xcp"), name="xcp83")
    found.ask("loaders.import")
    found.ask("site.set", set=["timezone=Etc/UTC", "nameservers=[192.0.2.1]"])
    found.ask("profile.add", name="rack", medium="xcp83", set=["primary-disk=sda", f"root-password.hash={HASH}"])
    found.ask("host.add", name="xen01", mac=[MAC], profile="rack", set=["admin-interface.name=eth0", "admin-interface.proto=dhcp"])
    yield found
    found.context.store.close()


def _rows(site: Site, what: str, name: str) -> list[history.Row]:
    with site.context.store.site.read() as connection:
        return history.rows(connection, what, name)


def test_a_host_is_opened_with_all_it_inherits_who_said_it_and_its_file_but_no_secret(site: Site) -> None:
    told = site.ask("draft.open", what="host", name="xen01")
    assert (told["profile"], told["medium"], told["dialect"]) == ("rack", "xcp83", "xcp-8.3")
    assert told["answers"]["timezone"] == "Etc/UTC"
    assert told["own"] == {"admin-interface": {"name": "eth0", "proto": "dhcp"}}
    assert told["origins"]["timezone"] == "site" and told["origins"]["primary-disk.device"] == "profile rack"
    assert '<root-password type="hash">********</root-password>' in told["written"]["text"]
    assert HASH not in str(told)
    assert site.ask("draft.open", what="profile", name="rack")["hosts"] == ["xen01"]


def test_only_what_is_a_hosts_own_is_declared_and_the_secret_it_was_not_shown_stays(site: Site) -> None:
    told = site.ask("draft.open", what="host", name="xen01")
    answers = {**told["answers"], "keymap": "uk", "timezone": "Europe/London"}
    saved = site.ask("draft.save", what="host", name="xen01", answers=answers, revision=told["revision"])
    assert saved["own"] == {"admin-interface": {"name": "eth0", "proto": "dhcp"}, "keymap": "uk", "timezone": "Europe/London"}
    assert "keymap: nothing -> uk" in saved["difference"]
    again = site.ask("draft.open", what="profile", name="rack")
    site.ask("draft.save", what="profile", name="rack", answers={**again["answers"], "keymap": "us"}, revision=again["revision"])
    with site.context.store.site.read() as connection:
        stored = connection.execute(select(tables.profile.c.answers)).scalar_one()
    assert stored == {"primary-disk": "sda", "root-password": {"hash": HASH}, "keymap": "us"}


def test_what_is_emptied_is_inherited_no_more(site: Site) -> None:
    told = site.ask("draft.open", what="host", name="xen01")
    answers = {key: value for key, value in told["answers"].items() if key not in ("timezone", "root-password")}
    saved = site.ask("draft.save", what="host", name="xen01", answers=answers, revision=told["revision"])
    assert saved["own"]["timezone"] is None and saved["own"]["root-password"] == "random"
    assert "timezone" not in site.ask("draft.open", what="host", name="xen01")["answers"]


def test_two_people_at_one_profile_the_second_hears_of_the_first(site: Site) -> None:
    told = site.ask("draft.open", what="profile", name="rack")
    site.ask("profile.set", name="rack", set=["keymap=uk"])
    said = site.refused("draft.save", what="profile", name="rack", answers=told["answers"], revision=told["revision"])
    assert "was changed by somebody else since you read it: answerfile.keymap" in said


def test_a_plain_password_is_not_taken_and_no_message_repeats_it(site: Site) -> None:
    told = site.ask("draft.open", what="profile", name="rack")
    for said in ({"plaintext": "correct horse"}, "correct horse"):
        refused = site.refused("draft.save", what="profile", name="rack", answers={"root-password": said}, revision=told["revision"])
        assert "plain text is not taken here" in refused and "correct" not in refused


def test_what_could_not_work_in_a_host_below_is_refused_and_nothing_is_changed(site: Site) -> None:
    told = site.ask("draft.open", what="profile", name="rack")
    wrong = {**told["answers"], "scripts": {"filesystem-populated": ["nowhere.sh"]}}
    said = site.refused("draft.save", what="profile", name="rack", answers=wrong, revision=told["revision"])
    assert "there is no script nowhere.sh" in said
    assert site.ask("draft.open", what="profile", name="rack")["revision"] == told["revision"]
    assert len(_rows(site, "profile", "rack")) == 1


def test_viewers_look_and_operators_save(site: Site) -> None:
    old = site.context
    viewer = Context(old.config, old.store, Actor("eve", Role.VIEWER), old.report)
    registry.call(viewer, "draft.open", {"what": "host", "name": "xen01"})
    registry.call(viewer, "draft.preview", {"host": "xen01"})
    for verb, arguments in (("draft.save", {"what": "site", "answers": {}, "revision": None}), ("history.restore", {"id": 1})):
        with pytest.raises(PxeserveError) as error:
            registry.call(viewer, verb, arguments)
        assert error.value.code == "forbidden"


def test_a_preview_is_of_what_is_not_saved_yet_and_of_nobody_else(site: Site) -> None:
    answers = {**site.ask("draft.open", what="profile", name="rack")["answers"], "keymap": "uk"}
    told = site.ask("draft.preview", host="xen01", what="profile", name="rack", answers=answers)
    assert "<keymap>uk</keymap>" in told["text"]
    assert HASH not in str(told) and told["last"] is None and told["differs"] == []
    assert {"line", "element", "origin"} <= told["origins"][0].keys()
    assert "<keymap>" not in site.ask("draft.preview", host="xen01")["text"]
    assert "there is no host" in site.refused("draft.preview", host="xen99")


def test_a_preview_shows_what_is_different_from_the_file_last_served(site: Site) -> None:
    site.ask("host.install", name="xen01")
    kept = _rows(site, "armed", "xen01")
    shown = str(kept[0].answers)
    assert len(kept) == 1 and "********" in shown and HASH not in shown and "/s/TOKEN/" in shown
    site.ask("host.cancel", name="xen01")
    same = site.ask("draft.preview", host="xen01")
    assert same["last"]["delivered_at"] is None and {one["sign"] for one in same["differs"]} == {" "}
    site.ask("host.set", name="xen01", set=["keymap=uk"])
    told = site.ask("draft.preview", host="xen01")
    assert [one["text"].strip() for one in told["differs"] if one["sign"] != " "] == ["<keymap>uk</keymap>"]
    site.ask("host.install", name="xen01")
    with site.context.store.site.write() as connection:  # the first of the two is the one that was delivered
        connection.execute(update(tables.install).where(tables.install.c.id == kept[0].note).values(delivered_at=7.0))
    served = site.ask("draft.preview", host="xen01")
    assert served["last"]["delivered_at"] == 7.0 and any(one["sign"] == "+" for one in served["differs"])


def test_every_way_to_change_answers_is_remembered_with_who_and_how(site: Site) -> None:
    site.ask("host.set", name="xen01", set=["keymap=uk"])
    site.ask("answerfile.import", host="xen01", values={"hostname": "xen01"}, file="old.xml")
    told = site.ask("draft.open", what="host", name="xen01")
    answers = {**told["answers"], "keymap": "us"}
    site.ask("draft.save", what="host", name="xen01", answers=answers, revision=told["revision"], note="as asked")
    declared = f"site: {{answerfile: {{timezone: Europe/London}}}}\nhosts: [{{name: xen01, mac: '{MAC}', profile: rack}}]"
    site.ask("apply", text=declared)
    told = site.ask("history.list", what="host", name="xen01")
    assert [(one["action"], one["who"], one["note"]) for one in told] == [
        ("apply", "tester", ""), ("host.set", "tester", "as asked"), ("answerfile.import", "tester", "from old.xml"),
        ("host.set", "tester", ""), ("host.add", "tester", ""),
    ]  # fmt: skip
    assert told[1]["changes"] == "~ host xen01: keymap: uk -> us"
    assert [one["action"] for one in site.ask("history.list", what="site")] == ["apply", "site.set"]


def test_what_was_declared_is_taken_back_as_a_change_of_its_own(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["keymap=uk", f"root-password.hash={OTHER}"])
    first = site.ask("history.list", what="profile", name="rack")[-1]
    shown = site.ask("history.show", id=first["id"])
    assert shown["answers"]["root-password"] == {"hash": "********"} and "keymap: uk -> nothing" in shown["changes"]
    told = site.ask("history.restore", id=first["id"])
    assert "keymap: uk -> nothing" in told["changes"]
    assert site.ask("history.list", what="profile", name="rack")[0]["note"].startswith("as it was at 20")
    with site.context.store.site.read() as connection:
        assert connection.execute(select(tables.profile.c.answers)).scalar_one()["root-password"] == {"hash": HASH}
        audited = connection.execute(select(tables.audit.c.action).order_by(tables.audit.c.seq.desc()).limit(1)).scalar_one()
    assert audited == "history.restore"


def test_a_password_in_plain_text_is_remembered_nowhere(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["root-password.hash=", "root-password.plaintext=correct horse"])
    site.ask("profile.set", name="rack", set=[f"root-password={{hash: {OTHER}}}", "keymap=uk"])
    rows = _rows(site, "profile", "rack")
    assert "correct horse" not in str([row.answers for row in rows])
    said = site.refused("history.restore", id=rows[1].id)
    assert "the password of then was in plain text, and is not kept" in said


def test_what_was_there_before_anything_was_remembered_can_be_taken_back(site: Site) -> None:
    with site.context.store.site.write() as connection:
        history.forget(connection, ("profile",), ["rack"])
    site.ask("profile.set", name="rack", set=["keymap=uk"])
    rows = _rows(site, "profile", "rack")
    assert [(row.action, row.who) for row in rows] == [("profile.set", "tester"), ("before", "")]
    site.ask("history.restore", id=rows[1].id)
    assert "keymap" not in site.ask("profile.show", name="rack")["answerfile"]


def test_the_history_is_bounded_and_goes_with_its_host(site: Site) -> None:
    for number in range(history.MOST + 3):
        site.ask("host.set", name="xen01", set=[f"hostname=h{number}"])
    with site.context.store.site.read() as connection:
        rows = history.rows(connection, "host", "xen01", 10 * history.MOST)
    assert len(rows) == history.MOST and rows[0].answers["hostname"] == f"h{history.MOST + 2}"
    site.ask("host.remove", name="xen01")
    assert _rows(site, "host", "xen01") == []


def test_what_is_as_it_was_is_saved_without_a_trace(site: Site) -> None:
    whose = (("site", ""), ("profile", "rack"), ("host", "xen01"))
    before: dict[str, Any] = {what: site.ask("draft.open", what=what, name=name) for what, name in whose}
    for what, told in before.items():
        saved = site.ask("draft.save", what=what, name=told["name"], answers=told["answers"], revision=told["revision"])
        assert (saved["difference"], saved["revision"]) == ("", told["revision"])
    assert [len(_rows(site, what, told["name"])) for what, told in before.items()] == [1, 1, 1]
