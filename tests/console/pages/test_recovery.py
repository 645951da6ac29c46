"""The way back of a dead host on its pages: its plan, a drill, and a runbook that is begun, waits, stops, is taken up again and given up.

The old machine is whatever answers at port 443 of an address on loopback; the pool's password is not known, at which a runbook stops.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.recovering import running
from pxeserve.repo.sample import make_sample
from pxeserve.store import inventory, joins, pools
from pxeserve.store import tables as t
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send
from tests.loopback import own
from tests.operations.test_site import ANSWERS
from tests.recovery.simulated import running as simulated

HOSTS = {"xen01": own(14, 1), "xen02": own(14, 2)}


class Scene:
    """A pool of two that could be installed from a sample medium, behind the pages of a console."""

    def __init__(self, console: Console, folder: Path) -> None:
        self.console = console
        self.context = Context(console.config, console.store, Actor("tester"), lambda _progress: None)
        make_sample(folder)
        self.ask("loaders.import")
        self.ask("media.import", source=folder, name="sample")
        self.ask("profile.add", name="rack", medium="sample", set=ANSWERS)
        for number, (name, address) in enumerate(HOSTS.items()):
            words = [f"admin-interface.{one}" for one in ("proto=static", f"ipaddr={address}", "subnet=255.0.0.0", "gateway=127.0.0.1")]
            self.ask("host.add", name=name, mac=[f"52:54:00:77:14:0{number}"], profile="rack", set=words)
        shown = self.ask("media.show", name="sample")
        with console.store.site.write() as connection:
            pools.save(connection, Pool("green", "xen01", tuple(map(Member, HOSTS)), shown["product"], shown["version"]))

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(self.context, verb, arguments)

    def begins(self) -> str:
        """An operator begins to recover xen02; the address of its page."""
        answer = self.sent(self.shown())
        assert answer.status_code == 200, answer.text
        return str(answer.headers["HX-Redirect"])

    def shown(self) -> dict[str, Any]:
        """What the page of the plan sends beside the name that is typed."""
        form = look(self.console.as_role(Role.OPERATOR), "/hosts/xen02/recover").one("//dialog[@id='begin']//form")
        return dict(json.loads(form.get("hx-vals")))

    def sent(self, shown: dict[str, Any]) -> Any:
        """The answer to a form that was filled in."""
        return send(self.console.as_role(Role.OPERATOR), "/hosts/xen02/recover", {"confirm": "xen02", **shown})

    def turn(self) -> None:
        """One turn of the worker."""
        running.turn(self.context)


@pytest.fixture
def scene(console: Console, tmp_path: Path) -> Scene:
    if not Path("/usr/lib/PXELINUX/pxelinux.0").exists():
        pytest.skip("pxelinux is not installed")
    return Scene(console, tmp_path / "sample")


@pytest.fixture
def old_machine(scene: Scene, tmp_path: Path) -> Iterator[None]:
    """The old xen02 is not dead: its toolstack answers."""
    folder = tmp_path / "pool"
    folder.mkdir()
    (folder / "world.json").write_text(json.dumps({"hosts": {}, "databases": {}, "port": 443}))
    with simulated(folder) as machines:
        machines.install("xen02", HOSTS["xen02"])
        yield


def test_a_host_says_its_pool_and_shows_the_way_back(scene: Scene) -> None:
    viewer = scene.console.as_role(Role.VIEWER)
    host = look(viewer, "/hosts/xen02")
    assert host.all("//header//a[@href='/pools/green']") and host.all("//nav//a[@href='/hosts/xen02/recover']")
    shown = look(viewer, "/hosts/xen02/recover")
    steps = [one.text_content() for one in shown.all("//section[@aria-labelledby='steps-title']//li//b")]
    assert steps == ["silent", "forget", "arm", "boot", "installed", "first-boot", "joined", "enabled", "storage"]
    assert "everything on" in shown.says("//section[@aria-labelledby='costs-title']")
    assert not shown.all("//dialog[@id='begin'] | //form[contains(@hx-post, 'drill')]")
    assert look(viewer, "/pools/green").all("//a[@href='/hosts/xen02/recover']")


def test_a_host_in_no_pool_has_no_way_back_and_is_told_how_it_gets_one(scene: Scene) -> None:
    scene.ask("host.add", name="alone", mac=["52:54:00:77:14:99"], profile="rack")
    viewer = scene.console.as_role(Role.VIEWER)
    assert not look(viewer, "/hosts/alone").all("//a[contains(@href, 'recover')][ancestor::main]")
    assert "is in no pool" in look(viewer, "/hosts/alone/recover").says("//div[contains(@class,'flash')]")


def test_a_drill_says_what_would_stop_it_and_is_kept(scene: Scene) -> None:
    client = scene.console.as_role(Role.OPERATOR)
    told = send(client, "/hosts/xen02/drill", {}).text
    assert "It would stop" in told and "toolstack: the certificate of xen01 was never told" in told
    assert "drill" in look(client, "/recoveries").says("//section[@id='list']//tbody")
    shown = look(client, f"/recoveries/{scene.ask('recover.list')[0]['id']}")
    assert "Drill of xen02" in shown.says("//h1") and not shown.all("//main//button")


def test_nothing_begins_unless_its_name_is_typed(scene: Scene) -> None:
    client = scene.console.as_role(Role.OPERATOR)
    assert look(client, "/hosts/xen02/recover").one("//dialog[@id='begin']//input[@data-typed='xen02']") is not None
    assert "was not said" in scene.sent({**scene.shown(), "confirm": "xen"}).get_json()["detail"]
    assert send(scene.console.as_role(Role.VIEWER), "/hosts/xen02/recover", {"confirm": "xen02", **scene.shown()}).status_code == 403
    assert scene.ask("recover.list") == []


def test_a_page_that_is_old_begins_nothing_and_says_what_has_changed(scene: Scene) -> None:
    shown = scene.shown()
    scene.ask("host.set", name="xen02", set=["primary-disk=sdb"])
    answer = scene.sent(shown)
    assert answer.status_code == 409
    assert "it differs in the disks that are wiped" in answer.get_json()["detail"]
    assert scene.ask("recover.list") == []
    assert scene.sent(scene.shown()).status_code == 200


def test_it_waits_for_a_word_on_the_old_machine_and_goes_on_when_that_is_given(scene: Scene, old_machine: None) -> None:
    page = scene.begins()
    client = scene.console.as_role(Role.OPERATOR)
    assert "running" in look(client, page).says("//*[@id='state']")
    scene.turn()
    shown = look(client, page)
    assert f"answers at {HOSTS['xen02']}:443" in shown.says("//dialog[@id='confirm']") and "silent is done" in shown.says("//*[@id='acts']")
    assert shown.one("//body").get("data-live") == "host=xen02"
    assert not look(scene.console.as_role(Role.VIEWER), page).all("//dialog[@id='confirm']")
    assert send(client, f"{page}/confirm", {"step": "silent"}).headers["HX-Redirect"] == page
    assert look(client, page).one("//li[@aria-current='step']//b").text_content() == "forget"
    assert "is running at step forget" in send(client, f"{page}/confirm", {"step": "silent"}).get_json()["detail"]


def test_it_stops_with_the_fix_is_taken_up_again_and_given_up_by_the_name(scene: Scene) -> None:
    page = scene.begins()
    client = scene.console.as_role(Role.OPERATOR)
    scene.turn()  # loopback refuses for a machine that is off, and one that refuses is on: so a person has to say it
    assert send(client, f"{page}/confirm", {"step": "silent"}).headers["HX-Redirect"] == page
    scene.turn()
    shown = look(client, page)
    assert shown.says("//*[@id='state']") == "stopped"
    assert "forget: the certificate of xen01 was never told" in shown.says("//div[contains(@class,'flash is-bad')]")
    assert "is under way" in look(client, "/hosts/xen01/recover").says("//div[contains(@class,'flash')]")
    assert page.rpartition("/")[2] in look(client, "/pools/green").says("//section[@aria-labelledby='recoveries-title']")
    assert send(client, f"{page}/resume", {}).headers["HX-Redirect"] == page
    assert "running" in look(client, page).says("//*[@id='state']")
    assert "was not typed" in send(client, f"{page}/stop", {"confirm": "xen01"}).get_json()["detail"]
    assert send(client, f"{page}/stop", {"confirm": "xen02"}).status_code == 200
    assert "abandoned" in look(client, page).says("//*[@id='state']") and not look(client, page).all("//main//button")
    assert "abandoned" in look(client, "/recoveries?q=xen02").says("//section[@id='list']//tbody")


def test_a_join_that_failed_says_why_on_the_page_of_the_pool_and_is_asked_for_again(scene: Scene) -> None:
    with scene.console.store.site.write() as connection:
        host = inventory.host(connection, "xen02")
        assert host is not None
        connection.execute(t.pool_join.insert().values(
            id="j1", host_id=host.id, install_id="i1", pool_id=1, state="failed", step="compare", because="its build is another one",
            fix="install the pool's", asked_at=1.0, changed_at=2.0, version=1,
        ))  # fmt: skip
    assert "its build is another one" in look(scene.console.as_role(Role.VIEWER), "/pools/green").says("//*[@id='recovery']")
    client = scene.console.as_role(Role.OPERATOR)
    button = look(client, "/pools/green").one("//*[@id='recovery']//button")
    assert send(client, button.get("hx-post"), {}).headers["HX-Redirect"] == "/pools/green"
    with scene.console.store.site.read() as connection:
        again = joins.newest_of_host(connection, host.id)
    assert again is not None and again.state == "asked"
    assert not look(client, "/pools/green").all("//*[@id='recovery']//button")
