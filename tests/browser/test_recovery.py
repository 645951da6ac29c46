"""A runbook in a browser: it follows what happens, and a person's word is given once, by a question that nothing takes away."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from pxeserve.domain.role import Role
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.recovering import running
from pxeserve.operations.recovering.outcomes import Stops
from pxeserve.store import recoveries
from tests.browser import recovering
from tests.browser.conftest import Look
from tests.console import scene
from tests.console.served import Served


def test_a_runbook_follows_what_happens_and_takes_a_word(look: Look, console: Served) -> None:
    context = Context(console.config, console.store, Actor("tester"), lambda _progress: None)

    def ask(verb: str, **arguments: Any) -> Any:
        return registry.call(context, verb, arguments)

    for number in (19, 20):
        said = ("name=eth0", "proto=static", f"ipaddr=127.85.16.{number}", "subnet=255.0.0.0", "gateway=127.0.0.1")
        ask("host.set", name=f"xen-r3-{number}", set=[f"admin-interface.{one}" for one in said])
    ask("pool.add", name="rack-c", master="xen-r3-19", add=["xen-r3-20"], set=["version=8.3.0"])
    recovering.lay(console.store, ask("recover.plan", name="xen-r3-20"))
    page = look(Role.OPERATOR).at("/recoveries/r1")
    expect(page.locator("#live")).to_have_text("live")
    page.get_by_role("button", name="silent is done").click()
    page.get_by_role("button", name="It is done").click()
    expect(page.locator(".toast")).to_contain_text("silent is confirmed")
    expect(page.locator("#state")).to_have_text("running")
    expect(page.locator("#live")).to_have_text("live")
    with console.store.site.read() as connection:
        row = recoveries.by_id(connection, "r1")
    assert row is not None and running.settle(context, row, Stops("its toolstack lies", "mend it"))
    scene.player(console.store, "R3", 20, 0).does(0, "recovery.stopped", text="forget: its toolstack lies").told()
    expect(page.locator("#state")).to_have_text("stopped")
    expect(page.locator("#runbook")).to_contain_text("its toolstack lies")
    expect(page.get_by_role("button", name="Take it up again")).to_be_visible()
