"""The console of a running service: over TLS, as the service's user, apart from the machines' listener, and steady through changes."""

from __future__ import annotations

import getpass
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pxeserve.console.web import make_app
from pxeserve.supervisor import children
from tests.console.conftest import Console
from tests.test_certificates import issued, pem

ON = {"PXESERVE_CONSOLE__ENABLED": "true"}
CHECKOUT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"


def context() -> ssl.SSLContext:
    found = ssl.create_default_context()
    found.check_hostname, found.verify_mode = False, ssl.CERT_NONE
    return found


def ask(service: Any, path: str, method: str = "GET", body: Any = None, **headers: str) -> http.client.HTTPResponse:
    place = f"127.0.0.1:{service.ports['console']}"
    connection = http.client.HTTPSConnection(place, timeout=60, context=context())
    said = {"Origin": f"https://{place}", **headers}
    if body is not None:
        said["Content-Type"] = "application/json"
    connection.request(method, path, json.dumps(body) if body is not None else None, said)
    return connection.getresponse()


def fingerprint(service: Any) -> str:
    with socket.create_connection(("127.0.0.1", service.ports["console"]), 60) as plain, context().wrap_socket(plain) as sock:
        return hashlib.sha256(sock.getpeercert(True) or b"").hexdigest()


def entered(service: Any) -> str:
    """The first account is made; the cookie of its session."""
    path = service.data / "state" / "bootstrap-code"
    service.until(path.exists, "a code for the first account")
    asked = {"code": path.read_text().strip(), "name": "admin", "password": PASSWORD}
    answer = ask(service, "/setup", "POST", asked)
    assert answer.status == 200, answer.read()
    return (answer.headers["Set-Cookie"] or "").partition(";")[0]


def test_people_come_in_by_the_code_and_the_machines_listener_has_none_of_it(service: Any, tmp_path: Path) -> None:
    service.start(**ON)
    said = service.says(r"console\s+address=(\S+).* sha256=(\S+)")
    assert said[1] == f"https://localhost:{service.ports['console']}/"
    assert said[2].replace(":", "").lower() == fingerprint(service)
    service.says(r"nobody can log in yet: .* pxeserve init .*bootstrap-code")
    assert Path(f"/proc/{service.children()['console']}").owner() == ("nobody" if os.geteuid() == 0 else getpass.getuser())
    assert ask(service, "/api/v1/status").status == 503
    cookie = entered(service)
    answer = ask(service, "/api/v1/status", Cookie=cookie)
    assert json.loads(answer.read())["console"] == said[1]
    assert ask(service, "/", Cookie=cookie, Accept="text/html").status == 200
    assert not (service.data / "state" / "bootstrap-code").exists()

    console = Console(tmp_path / "other")
    ours = {one.rule.replace("<path:name>", "app.css") for one in make_app(console.config, console.store, None).url_map.iter_rules()} - {
        "/"
    }
    console.close()
    assert "/live" in ours
    for path in ours:
        for method in ("GET", "POST"):
            machines = http.client.HTTPConnection("127.0.0.1", service.ports["http"], timeout=60)
            machines.request(method, path, headers={"Cookie": cookie})
            assert machines.getresponse().status in (404, 405), path
    for path in ("/healthz", "/media/sample/boot/xen.gz", "/boot.ipxe", "/a/x"):
        assert ask(service, path, Cookie=cookie).status == 404


def test_a_certificate_is_brought_while_a_stream_goes_on_and_a_reload_keeps_sessions(service: Any, tmp_path: Path) -> None:
    service.start(**ON)
    cookie = entered(service)
    stream = ask(service, "/live", Cookie=cookie)
    assert stream.status == 200
    made = fingerprint(service)
    certificate, key = issued("localhost")
    (tmp_path / "cert.pem").write_text(certificate)
    (tmp_path / "key.pem").write_text(pem(key))
    command = [service.pxeserve, "tls", "import", tmp_path / "cert.pem", tmp_path / "key.pem", "--config", service.config, "--json"]
    brought = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **ON}).stdout)
    assert brought["names"] == ["localhost"]
    service.until(lambda: fingerprint(service) == brought["fingerprint"].replace(":", "").lower() != made, "the new certificate")
    assert "Strict-Transport-Security" in ask(service, "/login").headers
    lines = iter(stream.readline, b"")
    assert next(line for line in lines if line.startswith(b"event: here"))

    before, since = service.children()["console"], len(service.log)
    service.process.send_signal(signal.SIGHUP)
    service.says("console ready", since)
    assert service.children()["console"] != before
    assert list(lines)[-1:] in ([], [b"\n"])  # it ended, and was not cut off within a line
    assert ask(service, "/api/v1/status", Cookie=cookie).status == 200


def test_a_port_that_is_taken_is_named(service: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.ports["console"]))
        other.listen()
        process = service.launch(**ON)
        assert process.wait(60) == 4
    service.drained()
    assert f"TCP port {service.ports['console']}" in "".join(service.log)
    assert "[console] port" in "".join(service.log)


def test_the_admin_socket_alone_is_served_where_there_is_no_console(service: Any) -> None:
    service.start(PXESERVE_CONSOLE__ENABLED="false")
    assert "console" in service.children()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", service.ports["console"]), 5)
    command = [service.pxeserve, "status", "--config", service.config, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["serving"] is True
    assert "console" in children.MODULES


@pytest.mark.skipif(os.geteuid() != 0, reason="there is nobody to hide it from but root's own")
def test_a_checkout_that_the_services_user_cannot_read_serves_all_the_same(service: Any) -> None:
    hidden = service.folder / "hidden"
    hidden.mkdir(mode=0o700)
    for name in ("pxeserve", "web", "answerfiles"):
        shutil.copytree(CHECKOUT / name, hidden / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    service.launch(sys.executable, "-P", "-m", "pxeserve", "serve", "--config", service.config, PYTHONPATH=str(hidden), **ON)
    service.says(r"\bready\b.*console=")
    cookie = entered(service)
    for path in ("/", "/api/v1/status", "/live", "/static/app.css", "/no/such/page"):
        for accept in ("text/html", "application/json"):
            answer = ask(service, path, Cookie=cookie, Accept=accept)
            assert answer.status == (404 if "such" in path else 200), path
    assert service.transfers()
    assert not any("Traceback" in line for line in service.log)
