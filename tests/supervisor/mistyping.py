"""What people and programs type into the wrong place, by construction: into every field of every route that takes something, into names,
addresses, headers and bodies that are no bodies. Refuses to judge the answers."""

from __future__ import annotations

import http.client
import json
import secrets
from typing import Any

from pxeserve import wire
from pxeserve.console.api.route import BASE
from pxeserve.console.api.table import ROUTES
from tests.supervisor.furnishing import TRUST, Site


def mistype(site: Site) -> None:
    """All of it, each a secret of its own kind."""
    _at_the_door(site)
    _in_addresses(site)
    typed = site.plant("typed in a body")
    for route in ROUTES:
        path = BASE + "".join("x" if piece.startswith("{") else piece for piece in _pieces(route.path))
        if route.method == "GET":
            continue
        for role in ("viewer", "admin"):
            for name, value in _bodies(typed):
                headers = {"Authorization": f"Bearer {site.tokens[role]}", "If-Match": "*"}
                site.wrongly(f"{route.method} {route.path} {name}", site.ask(route.method, path, raw=value, **headers))


def _bodies(secret: str) -> list[tuple[str, bytes]]:
    fields = ("name", "password", "set", "text", "source", "content", "key", "mac", "profile", "values", "answers", "role", "days", "code")
    wrong: dict[str, Any] = {"pass": secret} | {field: {"was": [secret]} for field in fields}
    return [("malformed", b'{"password": "' + secret.encode()), ("unknown and wrong", json.dumps(wrong).encode())]


def _at_the_door(site: Site) -> None:
    """At log-in, and with tokens that are none."""
    wrong, name, header = site.plant("wrong password"), site.plant("password as a name"), site.plant("secret in a header")
    core = next(one.core for one in site.planted if one.text == header)
    forms = ({"name": "admin", "password": wrong}, {"name": name, "password": "x" * 12}, {"name": name}, {"password": [wrong], "name": 1})
    for told in forms:
        site.wrongly("log-in", site.ask("POST", "/session", told))
    for said in (f"Bearer {core}", f"Bearer pxs_{core}_{core * 2}", f"Basic {core}", core):
        site.wrongly("a wrong token", site.ask("GET", "/api/v1/status", Authorization=said))
    site.wrongly("a wrong cookie", site.ask("GET", "/", Cookie=f"__Host-sid={core}"))
    for key in ("X_CSRF", "If_Match", "Idempotency_Key", "Referer", "User_Agent", "X_Forwarded_For", "Range", "Last_Event_ID"):
        headers = {"Cookie": site.cookies["admin"], key: core}
        site.wrongly(f"header {key}", site.ask("GET", "/api/v1/hosts", **headers))
        site.wrongly(f"header {key}", site.ask("PATCH", "/api/v1/hosts/xen02", {"set": []}, **headers))
    site.wrongly("a short password", site.program("admin", "POST", "/users", {"name": "bea", "role": "viewer", "password": core[:11]}))
    long = core * 100
    site.wrongly("a long password", site.program("admin", "POST", "/users", {"name": "bea", "role": "viewer", "password": long}))
    site.wrongly("a wrong code", site.ask("POST", "/setup", {"code": core, "name": "eve", "password": wrong}))


def _in_addresses(site: Site) -> None:
    """In the address of a medium, in queries, and in paths of machines."""
    word = site.plant("password in the address of a medium")
    core = next(one.core for one in site.planted if one.text == word)
    places = ("http://bert:{}@127.0.0.1:9/a.iso", "ftp://bert:{}@127.0.0.1/a", "https://{}@localhost/x y", "bert:{}@nas:/a")
    for source in (place.format(core) for place in places):
        site.wrongly("media.import", site.program("operator", "POST", "/media?wait=30", {"name": "far", "source": source}))
    key = site.plant("key in the address of a medium", word := f"zq{secrets.token_hex(8)}", word)
    source = f"http://127.0.0.1:9/a.iso?token={key}&{key}#{key}"  # nobody answers there: broken off, and shown until it is let go
    site.wrongly("media.import", site.program("operator", "POST", "/media?wait=30", {"name": "signed", "source": source}))
    assert [one["name"] for one in site.verb("media.imports")] == ["signed"]
    query = site.plant("secret in a query")
    bare = next(one.core for one in site.planted if one.text == query)
    for role in ("viewer", "admin"):
        for path in ("/hosts", "/events", "/media", "/users", "/audit", "/status"):
            site.wrongly(f"query of {path}", site.program(role, "GET", f"{path}?token={bare}"))
        for path in ("/", "/hosts", "/events", "/login", "/setup"):
            answer = site.ask("GET", f"{path}?password={bare}", Cookie=site.cookies[role])
            site.wrongly(f"GET {path}", answer, role)
    for wrong in (f"sources=[ftp://bert:{core}@h/x", f"root-password.hash={core}", f"root-password.plain={core}",
                  f"root-password={{hash: {core}, plaintext: {core}}}", f"root-password.hashes=[{core}]"):  # fmt: skip
        site.wrongly("host.set", site.program("operator", "PATCH", "/hosts/xen02", {"set": [wrong]}, If_Match="*"))


def stream(site: Site, role: str) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
    """The live stream of somebody with that role."""
    connection = http.client.HTTPSConnection(f"127.0.0.1:{site.service.ports['console']}", timeout=60, context=TRUST)
    connection.request("GET", "/live", headers={"Cookie": site.cookies[role]})
    response = connection.getresponse()
    assert response.status == 200
    return connection, response


def over_the_socket(site: Site, verb: str, **arguments: Any) -> bytes:
    """All that root is told, item after item."""
    said = []
    with site.service.door() as sock:
        wire.send(sock, {"verb": verb, "arguments": arguments})
        for message in wire.messages(sock):
            said.append(json.dumps(message))
            if {"result", "error"} & message.keys():
                break
    return "\n".join(said).encode()


def _pieces(path: str) -> list[str]:
    out: list[str] = []
    for number, word in enumerate(path.split("/")):
        out += ["/", word] if number else [word]
    return out
