"""Planted secrets appear in no log, page, event or API answer, but where the design shows them to somebody on purpose: that is data below.

The routes are those of the application: a new one is looked into by itself.
"""

from __future__ import annotations

import base64
import html
import json
import subprocess
import tarfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pxeserve.console.web import make_app
from pxeserve.store import open_store
from tests.console.api.test_looking import path_of
from tests.console.conftest import Console
from tests.console.test_gate import routes
from tests.ports import free_port
from tests.supervisor import furnishing, mistyping
from tests.supervisor.conftest import PXESERVE
from tests.supervisor.furnishing import MAC, ROLES, Site
from tests.supervisor.planting import Allowed, Leak, Secret, leaks

EVERYBODY = frozenset({*ROLES, "root"})
EDITORS = frozenset({"operator", "admin"})
ALLOWED = [
    Allowed("script body", r"GET /(api/v1/scripts/<name>|profiles/-/scripts/<name>)", EDITORS, "who edits a script reads it"),
    Allowed("secret in a backup", r"GET /api/v1/backups/<id>/content", frozenset({"admin"}), "who restores a pool needs it all"),
    Allowed("template", r"GET /(api/v1/templates/<path:name>|answerfiles/-/templates/<path:name>)", EDITORS, "and so with a template"),
    *(Allowed(f"CSRF word of {one}", r"GET /.*", frozenset({one}), "pages tell it to their own session") for one in ROLES),
    Allowed("SSH password", r".*", EVERYBODY, "a word of a kernel line goes in clear to whatever machine boots by that menu"),
]
PATHS = {
    "GET /api/v1/answerfiles/drawn/<dialect>/<what>": "/api/v1/answerfiles/drawn/xcp-8.3/template",
    "GET /api/v1/templates/<path:name>": "/api/v1/templates/t.j2",
    "GET /answerfiles/-/templates/<path:name>": "/answerfiles/-/templates/t.j2",
}
ENDLESS = {"GET /live"}
"""Streams: read all the while, and not asked for here."""
TOLD = (
    "status", "events", "event.page", "export", "doctor", "history.list", "job.list", "host.list", "profile.list", "site.show",
    "media.list", "media.imports", "audit.list", "webhook.list", "token.list", "user.list", "session.list", "settings.show", "overview",
    "upload.list",
    "pool.list", "backup.list", "recover.list",
)  # fmt: skip


class Ear(threading.Thread):
    """Somebody who has the live stream open all the while."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.heard = bytearray()
        self.connection, self.stream = mistyping.stream(site, "admin")
        self.start()

    def run(self) -> None:
        with suppress(OSError, ValueError, AttributeError):
            while piece := self.stream.read1(65536):
                self.heard += piece


@pytest.fixture(scope="module")
def begun(make_service: Callable[..., Any]) -> Site:
    if not Path("/usr/lib/PXELINUX/pxelinux.0").exists():
        pytest.skip("pxelinux is not installed")
    return furnishing.begin(make_service(), free_port())


@pytest.fixture(scope="module")
def ear(begun: Site) -> Ear:
    return Ear(begun)


@pytest.fixture(scope="module")
def site(begun: Site, ear: Ear) -> Site:
    furnishing.furnish(begun)
    mistyping.mistype(begun)
    return begun


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """All routes of the application."""
    console = Console(tmp_path_factory.mktemp("other") / "data")
    yield [route for route, _, _ in routes(make_app(console.config, console.store, None))]
    console.close()


def found(site: Site, where: str, role: str, said: bytes) -> list[Leak]:
    return list(leaks(site.planted, ALLOWED, where, role, said))


def none(told: list[Leak]) -> None:
    assert not told, "\n".join(f"{leak.secret} at {leak.where} to {leak.role}: {leak.around!r}" for leak in told)


@pytest.mark.parametrize("role", ROLES)
def test_no_page_and_no_answer_tells_one(site: Site, every: list[str], role: str) -> None:
    told: list[Leak] = []
    seen = {}
    for route in every:
        if not route.startswith("GET ") or route in ENDLESS or "/static/" in route:
            continue
        path = PATHS.get(route) or path_of(route, site.made)
        asked: list[dict[str, str]] = [{"Cookie": site.cookies[role], "Accept": "text/html, application/json"}]
        if path.startswith("/api/"):
            asked.append({"Authorization": f"Bearer {site.tokens[role]}"})
        for headers in asked:
            answer = site.ask("GET", path, **headers)
            seen[route] = answer.status
            told += found(site, route, role, answer.all)
    none(told)
    assert not [route for route, status in seen.items() if status >= 500]
    good = sum(status == 200 for status in seen.values())
    assert good > (90 if role == "admin" else 60), {route: status for route, status in seen.items() if status != 200}


def test_what_was_typed_into_the_wrong_place_comes_back_nowhere(site: Site) -> None:
    assert len(site.answers) > 100
    none([leak for where, role, said in site.answers for leak in found(site, where, role, said)])


def test_no_operation_tells_one_to_root(site: Site) -> None:
    told = []
    for verb in TOLD:
        told += found(site, verb, "root", mistyping.over_the_socket(site, verb))
    for verb in ("explain", "rehearse.walk", "rehearse.foresee"):
        told += found(site, verb, "root", mistyping.over_the_socket(site, verb, mac=MAC))
    for verb in ("host.show", "answerfile.render", "host.log", "timeline"):
        told += found(site, verb, "root", mistyping.over_the_socket(site, verb, **{"host" if verb == "timeline" else "name": "xen01"}))
    none(told)


def test_a_support_bundle_holds_none_and_says_what_it_holds(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "bundle.tgz"
    words = [PXESERVE, "support-bundle", file, "--config", site.service.config]
    done = subprocess.run(words, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    with tarfile.open(file) as bundle:
        kept = {one.name.partition("/")[2]: bundle.extractfile(one).read() for one in bundle}  # type: ignore[union-attr]
    assert {"README.txt", "configuration.json", "doctor.json", "events.jsonl", "processes.json", "status.json"} <= kept.keys()
    assert b"install.armed" in kept["events.jsonl"]
    assert b"webhook" in kept["configuration.json"]
    assert b"pxe-provision" in kept["processes.json"] or b"provision" in kept["processes.json"]
    assert not [name for name, said in kept.items() if said.startswith(b"cannot be had") and name.endswith((".json", ".jsonl"))]
    assert all(name.encode() in done.stdout and name.encode() in kept["README.txt"] for name in kept if name != "README.txt")
    none([leak for where, said in {**kept, "said": done.stdout + done.stderr}.items() for leak in found(site, where, "root", said)])


def test_metrics_tell_none(site: Site) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{site.metrics}/metrics", timeout=60) as answer:
        said = answer.read()
    assert b"pxeserve_" in said
    none(found(site, "metrics", "nobody", said))


def test_record_audit_stream_and_log_hold_none(site: Site, ear: Ear) -> None:
    """Last: the service has ended, and all that it had to say was said."""
    store = open_store(site.service.data)
    try:
        with store.events.read() as events, store.site.read() as base:
            kept = {
                "record": _dumped(events, "SELECT name FROM sqlite_master WHERE type = 'table'"),
                "audit": _dumped(base, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'audit%'"),
                "jobs": _dumped(base, "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'job%'"),
            }
    finally:
        store.close()
    site.service.stop()
    site.service.drained()
    kept["live"] = bytes(ear.heard)
    kept["log"] = "".join(site.service.log).encode()
    assert b"install.armed" in kept["record"]
    assert b"install.armed" in kept["live"]
    assert b"host.install" in kept["audit"]
    assert b"media.verify" in kept["jobs"]
    assert b'"event"' in kept["log"]
    none([leak for where, said in kept.items() for leak in found(site, where, "nobody", said)])


def _dumped(connection: Any, tables: str) -> bytes:
    names = list(connection.exec_driver_sql(tables).scalars())
    assert names
    return b"\n".join(
        piece if isinstance(piece, bytes) else str(piece).encode()
        for name in names for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"') for piece in row
    )  # fmt: skip


@pytest.mark.parametrize("spelled", [str, json.dumps, html.escape, quote, lambda text: base64.b64encode(b"a:" + text.encode()).decode()])
def test_a_secret_is_known_however_it_is_spelled(spelled: Callable[[str], str]) -> None:
    secret = Secret("x", 'zq0123456789&<"> %x', "zq0123456789")
    assert secret.within(f"before {spelled(str(secret.text))} after".encode())
