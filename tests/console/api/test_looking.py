"""To look changes nothing: every GET of pages, API, streams and files on a site with something in it, and the data folder is what it was.

The routes are those of the application: a new one is asked for by itself. It has to find something, or stand among those that do not.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from pxeserve import certificates
from pxeserve.domain.role import Role
from tests.console.api.conftest import Api
from tests.console.conftest import Console
from tests.console.test_gate import routes
from tests.recovery.backups.dumps import dump

PASSWORD = "correct horse battery"
THERE = {
    "media": "sample", "profiles": "rack", "racks": "R2", "scripts": "a.sh", "users": "ada", "static": "app.css", "dhcp-snippets": "isc",
    "uploads": "a.iso", "hosts": "xen01", "discovered": "02:00:00:00:00:09",
    "explain": "52:54:00:77:00:01", "foresight": "52:54:00:77:00:01",
    "pools": "rack-a", "drawn": "xcp-8.3", "xcp-8.3": "example", "templates": "site.xml.j2",
}  # fmt: skip
"""What is looked at beneath each place."""
KINDS = {"jobs": "job", "installs": "install", "history": "history", "backups": "backup"}
"""Places whose ids are made anew each time, and by what name they are kept."""
ASKED = {
    "GET /api/v1/answerfiles/reader": "?profile=rack", "GET /api/v1/drafts/form": "?dialect=xcp-8.3",
    "GET /api/v1/drafts/open": "?what=host&name=xen01", "GET /api/v1/history": "?what=site", "GET /help/why": "?mac=52:54:00:77:00:01",
    "GET /answerfiles/file": "?dialect=xcp-8.3",
}  # fmt: skip
NOTHING_THERE = {
    "GET /api/v1/hosts/<name>/log", "GET /api/v1/discovered/<mac>", "GET /api/v1/installs/<install>/log",
    "GET /api/v1/installs/<install>/timeline", "GET /api/v1/hosts/<name>/recovery",
    "GET /api/v1/recoveries/<id>", "GET /recoveries/<id>", "GET /api/v1/pools/<name>/hosts/<host>/certificate",
    "GET /api/v1/foresight/<mac>",  # no service runs here
}  # fmt: skip
"""What this site has none of; there too nothing changes."""


TOLD = {"GET /api/v1/backups/<id>/content"}
"""A secret that leaves is a line of the audit, and changes nothing else."""


def of_audit(line: str) -> bool:
    """Whether the audit alone is another one by this difference."""
    return any(word in line for word in ('INTO "audit"', "sqlite_sequence", "audit-head", "audit.head"))


def furnished(console: Console) -> dict[str, str]:
    """More than the fixture has; the ids of what was made."""
    certificates.ensure(console.config.server.data / "keys", ["localhost"])
    site, admin = Api(console.as_token(Role.OPERATOR)), Api(console.as_token(Role.ADMIN))
    site.post("/scripts", {"name": "a.sh", "content": "IyEvYmluL3NoCmV4aXQgMAo="})
    site.post("/templates", {"name": "site.xml.j2", "text": "<installation/>"})
    site.patch("/hosts/xen01", {"set": ["rack=R2"]})
    site.patch("/site", {"set": ["timezone=UTC"]})
    site.client.put("/api/v1/uploads/a.iso", data=b"abc", content_type="application/octet-stream")
    admin.post("/users", {"name": "ada", "role": "operator", "password": PASSWORD})
    site.post("/hosts/xen01/install", {})
    said = ["name=eth0", "proto=static", "ipaddr=10.77.0.12", "subnet=255.255.255.0"]
    said = [f"admin-interface.{one}" for one in said]
    site.post("/hosts", {"name": "xen02", "mac": ["52:54:00:77:00:02"], "profile": "rack", "set": said})
    site.post("/pools", {"name": "rack-a", "master": "xen02"})
    sent = site.client.put("/api/v1/pools/rack-a/backups", data=dump(hosts=("xen02",)), content_type="application/octet-stream")
    job = site.post("/media/sample/verify?wait=30", {}).json["id"]
    with closing(sqlite3.connect(console.config.server.data / "state" / "site.db")) as connection:
        install = connection.execute("SELECT id FROM install").fetchone()[0]
        history = connection.execute("SELECT max(id) FROM answers_history").fetchone()[0]
    return {"backup": sent.json["id"], "job": job, "install": str(install), "history": str(history)}


def path_of(route: str, made: dict[str, str]) -> str:
    """Where that route finds something."""
    words = route.split(" ", 1)[1].split("/")
    for place, word in enumerate(words):
        if word.startswith("<"):
            before = words[place - 1] if words[place - 1] != "-" else words[place - 2]
            words[place] = (made | THERE).get(KINDS.get(before, before), "x")
    return re.sub(r"<[^>]+>", "x", "/".join(words)) + ASKED.get(route, "")


def state(data: Path) -> Iterator[str]:
    """All that lies beneath the data folder: what the three databases hold, and every other file with its mode and its content."""
    bases = sorted((data / "state").glob("*.db"))
    assert [base.name for base in bases] == ["events.db", "leases.db", "site.db"]
    for base in bases:
        with closing(sqlite3.connect(base)) as connection:
            yield from connection.iterdump()
    for path in sorted(data.rglob("*")):
        if path.is_file() and not path.name.startswith(tuple(base.name for base in bases)):  # their logs and indexes are theirs
            yield f"{path.relative_to(data)} {path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        else:
            yield f"{path.relative_to(data)} {path.stat().st_mode:o}"


def test_a_get_and_a_head_change_nothing(console: Console) -> None:
    data, made = console.config.server.data, furnished(console)
    clients: dict[str, Any] = {"session": console.as_role(Role.ADMIN), "token": console.as_token(Role.ADMIN)}
    clients["token"].get("/api/v1/status")  # its first use is a line of the audit, whatever it is used for
    before, empty = list(state(data)), set()
    for route, _, _ in routes(console.app):
        if not route.startswith("GET "):
            continue
        path = path_of(route, made)
        for door in ("session", "token") if path.startswith("/api/") else ("session",):
            with clients[door].get(path, buffered=route != "GET /live") as answer:
                assert answer.status_code in (200, 303, 404, 409), (path, answer.status_code, answer.text)
                if answer.status_code >= 400:
                    empty.add(route)
        clients["session"].head(path)
        if route in TOLD:
            before = [one for one in before if not of_audit(one)]
            assert [one for one in state(data) if not of_audit(one)] == before, route
            before = list(state(data))
            continue
        assert list(state(data)) == before, route
    assert empty == NOTHING_THERE


def test_a_change_of_any_of_it_would_be_seen(console: Console) -> None:
    data = console.config.server.data
    for group in ("site", "events", "leases"):
        before = list(state(data))
        with closing(sqlite3.connect(data / "state" / f"{group}.db")) as connection, connection:
            connection.execute("CREATE TABLE x (y)")
        assert list(state(data)) != before, group
    before = list(state(data))
    (data / "templates" / "new").touch()
    assert list(state(data)) != before
