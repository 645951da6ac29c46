"""Whoever has read the token of a first boot off the wire, and has not the host's address, is not heard, whatever they say; and a host
tells one certificate."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable

import pytest

from pxeserve.store import pools
from tests.recovery.firstboot.conftest import PRINT, Site, pool

OWN, STRANGE = "127.0.0.1", "127.0.0.9"
Say = Callable[..., int]


@pytest.fixture
def said(site: Site) -> tuple[str, Say]:
    """The install of xen02, and what says something with the token of its first boot: the status that is answered."""
    install, body = site.arm(pool(), "xen02", "8.2", {"chap.1": "chap's secret"})
    found = re.search(rb"http://([0-9.]+):([0-9]+)/fb/([\w-]+)", body)
    assert found is not None
    address, port, token = (one.decode() for one in found.groups())

    def say(method: str, path: str, body: str = "", source: str = OWN) -> int:
        connection = http.client.HTTPConnection(address, int(port), timeout=60, source_address=(source, 0))
        try:
            connection.request(method, f"/fb/{token}/{path}", body.encode() if method == "POST" else None)
            return connection.getresponse().status
        finally:
            connection.close()

    return install, say


def pinned(site: Site) -> str:
    with site.store.site.read() as connection:
        row = pools.pool(connection, "lab")
    member = row.pool.member("xen02") if row is not None else None
    assert member is not None
    return member.fingerprint


SAID = (
    ("POST", "step/toolstack/done"), ("POST", "step/certificate/failed"), ("POST", "inventory"), ("POST", "certificate"), ("GET", "join"),
    ("GET", "secrets"), ("POST", "done"), ("POST", "failed"),
)  # fmt: skip


def test_nothing_is_believed_that_comes_from_another_address(site: Site, said: tuple[str, Say]) -> None:
    install, say = said
    assert [say(method, path, PRINT, STRANGE) for method, path in SAID] == [404] * len(SAID)
    row = site.row(install)
    assert (row.state, row.step, row.inventory, row.told_at, pinned(site)) == ("waiting", "", None, None, "")
    assert site.told() == []
    [(_, alarm)] = site.told("install.alarm")
    assert alarm["address"] == STRANGE and f"first boot of the host at {OWN}" in alarm["because"], "once a minute at most"
    assert [say(method, path, PRINT) for method, path in SAID[:4]] == [204] * 4
    assert say("POST", "done") == 204
    assert (site.row(install).state, pinned(site)) == ("done", PRINT.replace(":", "").lower())


def test_a_first_boot_tells_one_certificate_and_another_is_an_alarm(site: Site, said: tuple[str, Say]) -> None:
    _, say = said
    one, other = "ab" * 32, "cd" * 32
    assert [say("POST", "certificate", text) for text in (one, one, other)] == [204, 204, 404]
    assert pinned(site) == one
    [(_, alarm)] = site.told("install.alarm")
    assert f"another certificate ({other[:16]}…)" in alarm["because"] and f"({one[:16]}…), which stays" in alarm["because"]
    with site.store.site.write() as connection:
        pools.keep_fingerprint(connection, site.hosts["xen02"].id, other, 2.0)   # a person has looked
    assert say("POST", "certificate", one) == 204
    assert pinned(site) == other, "what a person says stays"
