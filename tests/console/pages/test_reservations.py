"""Reservations: found, added, freed as they were shown, and refused where they could not be kept."""

from __future__ import annotations

import json

from pxeserve.domain.role import Role
from tests.console.conftest import Console
from tests.console.pages.conftest import look, send


def test_an_address_is_reserved_found_and_freed(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    assert "No address is reserved" in look(client, "/network/reservations").says()
    for host, address in (("xen-r1-01", "10.77.0.9"), ("xen-r1-02", "10.77.0.10")):
        assert send(client, "/network/reservations", {"host": host, "address": address}).status_code == 200
    shown = look(client, "/network/reservations")
    assert shown.all("//tbody//td[1]//text()") == ["10.77.0.9", "10.77.0.10"]  # as numbers, not as words
    assert look(client, "/network/reservations?q=r1-02").all("//tbody//td[1]//text()") == ["10.77.0.10"]
    assert "/network/reservations" in look(client, "/network").all("//a/@href")
    form = shown.one("//dialog[@id='free-xen-r1-01']//form")
    assert "xen-r1-01 gets 10.77.0.9 no longer" in shown.says("//dialog[@id='free-xen-r1-01']")
    freed = send(client, form.get("hx-delete"), json.loads(form.get("hx-vals")), "DELETE")
    assert freed.headers["HX-Redirect"] == "/network/reservations"
    assert look(client, "/network/reservations").all("//tbody//td[1]//text()") == ["10.77.0.10"]


def test_what_cannot_be_reserved_is_refused_in_words(furnished: Console) -> None:
    client = furnished.as_role(Role.OPERATOR)
    send(client, "/network/reservations", {"host": "xen-r1-01", "address": "10.77.0.9"})
    taken = send(client, "/network/reservations", {"host": "xen-r1-02", "address": "10.77.0.9"})
    assert taken.status_code == 409 and "xen-r1-01" in taken.get_json()["detail"]
    assert send(client, "/network/reservations", {"host": "xen-r1-02", "address": "10.77.0"}).status_code == 422
    assert send(client, "/network/reservations", {"host": "nobody", "address": "10.77.0.8"}).status_code == 404
    other = send(client, "/network/reservations/xen-r1-01", {"address": "10.77.0.7"}, "DELETE")
    assert other.status_code == 412 and "10.77.0.9 reserved by now" in other.get_json()["detail"]
    viewer = furnished.as_role(Role.VIEWER)
    assert send(viewer, "/network/reservations", {"host": "xen-r1-02", "address": "10.77.0.8"}).status_code == 403
    assert look(viewer, "/network/reservations").all("//button[@data-dialog]") == []
