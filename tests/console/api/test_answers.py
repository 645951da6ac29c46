"""Every GET of the tables on a site with something in it: answered, and as it is described (the fixture holds each answer to that)."""

from __future__ import annotations

from typing import Any

import pytest

from pxeserve.console.api.route import BASE, Route
from pxeserve.console.api.table import ROUTES
from tests.console.api.conftest import Api

OF_THE_EDITOR = ("drafts", "history")
GETS = [route for route in ROUTES if route.method == "GET" and route.tag not in OF_THE_EDITOR]  # those have tests of their own
PLACES = {"name": "xen01", "mac": "52:54:00:77:00:01", "host": "xen01", "other": "isc", "dialect": "8.2", "what": "schema"}
OTHERS = {"/profiles/{name}": "rack", "/media/{name}": "sample", "/racks/{name}": "-", "/scripts/{name}": "a.sh", "/users/{name}": "ada",
          "/pools/{name}": "rack-a",
          "/templates/{name}": "site/a.j2"}  # fmt: skip
NOT_THERE = {
    "/uploads/{name}", "/jobs/{id}", "/discovered/{mac}", "/installs/{install}/timeline", "/installs/{install}/log", "/hosts/{name}/log",
    "/pools/{name}/status", "/pools/{name}/hosts/{host}/certificate", "/recoveries/{id}",
    "/backups/{id}", "/backups/{id}/restore-script", "/pools/{pool}/backup-job",
}  # fmt: skip
"""What this site has none of."""
ELSE = {"/answerfiles/reader": "?profile=rack", "/foresight/{mac}": ""}


def where(route: Route) -> str:
    path = route.path
    for name in route.names:
        path = path.replace(f"{{{name}}}", OTHERS.get(route.path, PLACES.get(name, "none")))
    return path + ELSE.get(route.path, "")


def test_all_that_can_be_looked_at_is_as_it_is_described(site: Api, admin: Api) -> None:
    site.post("/scripts", {"name": "a.sh", "content": "IyEvYmluL3NoCmV4aXQgMAo="})
    site.post("/templates", {"name": "site/a.j2", "text": "<installation/>"})
    pooled(site)
    admin.ask("PUT", "/pools/rack-a/secret", json={"password": "open sesame", "storage": "luns"})
    site.post("/hosts/xen01/install", {})
    admin.post("/users", {"name": "ada", "role": "operator", "password": "correct horse battery"})
    admin.post("/tokens", {"name": "robot", "role": "viewer", "user": "ada"})
    for route in GETS:
        response = admin.get(where(route))
        refused = route.path == "/foresight/{mac}"
        expected = 404 if route.path in NOT_THERE | {"/tls"} else 409 if refused else 200
        assert response.status_code == expected, (route.path, response.text)


def pooled(site: Api) -> Any:
    """A pool of xen01 alone."""
    said = ["proto=static", "ipaddr=10.77.0.11", "subnet=255.255.255.0", "gateway=10.77.0.254"]
    site.patch("/hosts/xen01", {"set": [f"admin-interface.{one}" for one in said]})
    storage = "storage.luns={kind: lvmoiscsi, target: 10.77.0.6, target_iqn: 'iqn.2008-03.org.example:t', scsi_id: '36', chap_user: pool}"
    return site.post("/pools", {"name": "rack-a", "master": "xen01", "set": [storage, "networks.backup.device=eth1"]})


def test_a_pool_is_made_changed_and_given_its_passwords(site: Api, admin: Api) -> None:
    assert pooled(site).status_code == 201
    assert site.patch("/pools/rack-a", {"set": ["version=8.3.0"]}).json["version"] == "8.3.0"
    told = admin.ask("PUT", "/pools/rack-a/secret", json={"password": "open sesame", "storage": "luns"})
    assert told.json["chap"] == ["luns"] and "sesame" not in told.text
    trusted = admin.ask("PUT", "/pools/rack-a/certificate", json={"host": "xen01", "fingerprint": "ab" * 32})
    assert trusted.json["members"][0]["fingerprint"] == "ab" * 32
    assert site.ask("PUT", "/pools/rack-a/secret", json={"password": "x"}).status_code == 403
    blind = site.post("/hosts/xen01/recovery", {"confirm": "xen01"})
    assert (blind.status_code, blind.json["errors"][0]["field"]) == (422, "print"), "nobody recovers by a plan that nobody looked at"
    assert "is the master of pool rack-a" in site.ask("DELETE", "/hosts/xen01").text
    assert site.ask("DELETE", "/pools/rack-a").status_code == 200


def test_a_whole_life_of_a_site(site: Api) -> None:
    """Each act that changes something, once."""
    assert site.get("/hosts/xen01").json["state"] == "idle"
    assert site.patch("/hosts/xen01", {"set": ["rack=R2", "tags=a"]}).json["rack"] == "R2"
    assert site.patch("/profiles/rack", {"set": ["timezone=Europe/London"]}).json["answerfile"]["timezone"] == "Europe/London"
    assert site.patch("/site", {"set": ["timezone=UTC"]}).json["answerfile"] == {"timezone": "UTC"}
    assert site.post("/installs/plan", {"rack": "R2"}).json["found"] == 1
    armed = site.post("/hosts/xen01/install", {}).json
    assert armed["root_password"]
    assert site.get("/hosts?rack=R2").json["items"][0]["state"] == "armed"
    assert site.post("/hosts/xen01/cancel").json["state"] == "cancelled"
    assert site.post("/installs", {"rack": "R2", "count": 1}).json["hosts"][0]["host"] == "xen01"
    assert site.post("/installs/cancel", {"rack": "R2", "count": 1}).json["hosts"][0]["state"] == "cancelled"
    table = site.get("/host-table").json["csv"]
    assert site.post("/host-table", {"text": table, "form": "csv", "dry_run": True}).json["changes"] == []
    declared = site.get("/export").json["site"]
    assert site.done("/apply", {"text": declared, "dry_run": True}) == {"changes": [], "dry_run": True}
    lint = site.post("/answerfiles/lint", {"text": "<installation/>", "dialect": "xcp-8.3"}).json
    assert lint["verdict"] == "refused"
    assert site.post("/answerfiles/convert", {"text": "<installation/>", "source": "8.2", "target": "xs8"}).status_code == 409
    assert site.done("/answerfiles/check", {})[0]["verdict"] in ("accepted", "surprising")
    values = {"profile": "rack", "values": {"timezone": "Europe/Rome"}}
    assert site.post("/answerfiles/import", values).json["set"] == {"timezone": "Europe/Rome"}
    assert site.done("/media/sample/verify", {})[0]["state"] == "good"
    assert site.done("/media/verify", {"depth": "changed"})[0]["read"] == 0
    assert site.done("/doctor", {"only": ["clock-record"]})["results"][0]["check"] == "clock-record"
    for path in ("/hosts/xen01", "/profiles/rack", "/media/sample"):
        assert site.ask("DELETE", path).status_code == 200
    assert site.get("/hosts").json == {"items": [], "next": None, "total": 0}


@pytest.mark.parametrize("route", [one for one in ROUTES if one.method != "GET"], ids=lambda route: route.operation)
def test_a_body_with_a_field_that_is_none_is_refused_by_its_name(admin: Api, route: Route) -> None:
    path = BASE + route.path.replace("{", "").replace("}", "")
    response: Any = admin.client.open(path, method=route.method, json={"nonsense": 1}, headers={"If-Match": "*"})
    assert response.status_code == 422, response.text
    assert {"where": "body", "field": "nonsense", "detail": "there is no such field"} in response.json["errors"]
