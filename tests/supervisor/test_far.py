"""The command line drives a server that is not on its machine: a real service over TLS, and real commands with a token."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pxeserve.repo.sample import make_sample

PASSWORD = "correct horse battery staple"


class There:
    """A running service, and commands that ask it from elsewhere: their own configuration leads nowhere."""

    def __init__(self, service: Any, folder: Path) -> None:
        self.service, self.folder = service, folder
        self.fingerprint = service.says(r"sha256=([0-9A-Fa-f:]{95})")[1]
        self.server = f"https://127.0.0.1:{service.ports['console']}"
        assert "result" in service.asked("user.init", name="ada", password=PASSWORD)
        self.tokens = {role: self._token(role) for role in ("viewer", "operator", "admin")}

    def _token(self, role: str) -> Path:
        made = self.service.asked("token.create", name=role, role=role, user="ada", unattended=True)
        file = self.folder / f"{role}.token"
        file.write_text(made["result"]["token"] + "\n")
        file.chmod(0o600)
        return file

    def run(self, *words: str | Path, role: str = "operator", pinned: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        known = ["--fingerprint", self.fingerprint] if pinned else []
        command = [self.service.pxeserve, "--server", self.server, "--token-file", self.tokens[role], *known, *words]
        env = {**os.environ, "PXESERVE_SERVER__DATA": str(self.folder / "nowhere"), "COLUMNS": "200", **environment}
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, env=env)

    def json(self, *words: str | Path, **how: Any) -> Any:
        done = self.run(*words, "--json", **how)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *words: str | Path, status: int = 1, **how: Any) -> str:
        done = self.run(*words, **how)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stderr


@pytest.fixture(scope="module")
def there(make_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> There:
    service = make_service()
    service.start(PXESERVE_CONSOLE__ENABLED="true")
    return There(service, tmp_path_factory.mktemp("far"))


def test_a_site_is_set_up_armed_and_explained_from_afar(there: There, tmp_path: Path) -> None:
    make_sample(tmp_path / "sample")
    archive = tmp_path / "sample.tar"
    subprocess.run(["tar", "-C", tmp_path / "sample", "-cf", archive, "."], check=True)
    assert there.json("loaders", "import")["files"]
    assert there.json("media", "import", archive, "--name", "sample")["name"] == "sample"
    assert there.service.asked("upload.list")["result"] == []  # taken in, and gone
    answers = ["primary-disk=sda", "timezone=UTC", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]
    there.json("profile", "add", "rack", "--medium", "sample", *(word for one in answers for word in ("--set", one)))
    declared = tmp_path / "site.yaml"
    declared.write_text("hosts:\n  - {name: xen01, mac: '52:54:00:77:00:01', profile: rack}\n")
    assert any("xen01" in line for line in there.json("apply", declared)["changes"])
    assert there.json("host", "install", "xen01")["host"] == "xen01"
    assert "installer" in there.json("explain", "52:54:00:77:00:01")["target"]
    events = there.run("events", "--json").stdout.splitlines()
    assert any(json.loads(line)["kind"] == "install.armed" for line in events)
    with there.service.door():
        audit = there.service.asked("audit.list", action="host.install")["result"]["lines"]
    assert (audit and "ada" in audit[0]["actor"]) or "token" in audit[0]["actor"]
    there.json("host", "cancel", "xen01")
    assert not (there.folder / "nowhere").exists()  # nothing of it happened on this machine


def test_a_rehearsal_is_walked_by_the_server(there: There) -> None:
    done = there.run("rehearse", "52:54:00:77:00:01", "--json")
    report = json.loads(done.stdout)
    assert report["host"] == "xen01"
    assert (report["ok"], done.returncode) in ((True, 0), (False, 1))
    assert report["steps"], report["verdict"]


def test_a_token_does_what_its_role_may_and_no_more(there: There) -> None:
    assert there.json("host", "list", role="viewer") is not None
    said = there.refused("host", "remove", "xen01", role="viewer")
    assert "host.remove wants the role operator" in said


def test_without_the_right_certificate_the_token_is_sent_to_nobody(there: There) -> None:
    said = there.refused("host", "list", pinned=False)
    assert "nobody known here vouches for its certificate" in said
    assert there.fingerprint.replace(":", "").lower() in said
    other = "00" * 32
    assert "its certificate is another one" in there.refused("--fingerprint", other, "host", "list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--server", "http://127.0.0.1:1", "status"], "is not https://HOST:PORT"),
        (["--server", "https://127.0.0.1:1/x", "status"], "is not https://HOST:PORT"),
        (["--fingerprint", "abc", "status"], "64 hexadecimal digits"),
        (["serve"], "a service is started on the machine itself"),
        (["loaders", "import", "--from-dir", "/"], "a folder of loaders is read on the machine itself"),
    ],
)
def test_what_cannot_be_meant_is_wrong_use(there: There, words: list[str], said: str) -> None:
    assert said in there.refused(*words, status=2)


def test_a_folder_is_not_sent(there: There, tmp_path: Path) -> None:
    assert "make one archive of it" in there.refused("media", "import", tmp_path, "--name", "x")


def test_a_token_that_others_may_read_is_not_used(there: There, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("pxs_x")
    file.chmod(0o644)
    assert "other users may read this token" in there.refused("--token-file", file, "status", status=2)


def test_a_wrong_token_and_nobody_there_are_told_apart(there: There, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("pxs_aaaaaaaa_" + "b" * 43)
    file.chmod(0o600)
    assert "the token is not known here" in there.refused("--token-file", file, "status")
    assert "refused" in there.refused("--server", "https://127.0.0.1:1", "status").lower()


def test_what_the_server_sees_is_told_of_that_machine(there: There) -> None:
    assert there.json("config", "show", role="operator")["server"]["data"] == str(there.service.data)
    assert there.json("status", role="viewer")["data"] == str(there.service.data)
    report = json.loads(there.run("doctor", "--only", "clock-record", "--json").stdout)
    assert [one["check"] for one in report["results"]] == ["clock-record"]
