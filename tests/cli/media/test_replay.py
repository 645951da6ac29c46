"""`media verify --as` against a real running service: what it prints, what the service's own record has of it, and what it ends with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.asked import asked, items
from tests.media_samples import KINDS, make
from tests.ports import free_port, free_ports
from tests.repo.replay.test_golden import FOUR_ONE

PXESERVE = Path(sys.executable).parent / "pxeserve"
CONFIG = """
[server]
data = "{folder}/data"
interface = "lo"
address = "127.0.0.1"
{user}
[dhcp]
mode = "off"
port = {dhcp}
[tftp]
port = {tftp}
[http]
port = {http}
[console]
port = {console}
[ftp]
enabled = true
port = {ftp}
passive_ports = "{passive}"
"""


@dataclass
class Service:
    """A running service on loopback, and its command line."""

    config: Path

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PXESERVE_")}
        environment |= {"PXESERVE_CONFIG": str(self.config), "COLUMNS": "200"}
        done = subprocess.run([PXESERVE, *words], env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def replay(self, name: str, dialect: str, over: str = "http") -> tuple[int, dict[str, Any]]:
        done = self.run("media", "verify", name, "--as", dialect, "--over", over, "--json")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def events(self, kind: str) -> list[dict[str, Any]]:
        return items(self.config.parent / "data", "events", kind=kind)

    def recorded(self, kind: str, before: int, count: int) -> list[dict[str, Any]]:
        """The `count` events of `kind` after the first `before` ones, once the worker has written them down."""
        deadline = time.monotonic() + 60
        pause = threading.Event()
        while len(found := self.events(kind)[before:]) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count} events"
            pause.wait(0.02)
        return found


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    folder = Path(tempfile.mkdtemp(prefix="pxs-"))
    folder.chmod(0o755)
    passive = free_ports(100)
    ports: dict[str, Any] = {name: free_port() for name in ("http", "console", "ftp", "dhcp", "tftp")}
    config = folder / "pxeserve.toml"
    user = 'user = "nobody"' if os.geteuid() == 0 else ""
    config.write_text(CONFIG.format(folder=folder, user=user, passive=f"{passive[0]}-{passive[-1]}", **ports))
    running = Service(config)
    command = [PXESERVE, "serve", "--config", config]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1)
    assert process.stdout is not None
    heard = []
    for line in process.stdout:
        heard.append(line)
        if " ready " in f"{line.strip()} ":
            break
    else:
        raise AssertionError("".join(heard))
    for kind in KINDS:
        made = make(kind, folder / "media" / kind)
        asked(folder / "data", "media.import", source=str(made), name=f"m-{kind}")
    yield running
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    shutil.rmtree(folder)


def test_the_services_own_record_has_the_requests_of_4_1_line_for_line(service: Service) -> None:
    before = len(service.events("http.file"))
    status, report = service.replay("m-4.1", "4.1")
    events = service.recorded("http.file", before, len(report["requests"]))
    main = [f"/packages.main/{name}.tar.bz2" for name in ("base", "kernel", "xapi")]
    expected = [*FOUR_ONE, *((path, 200) for path in main), ("/nic.ko", 404), ("/nicfw.bin", 404), ("/packages.linux/guests.tar.bz2", 200)]
    expected += [("/packages.main/nic.ko", 200), ("/packages.main/nicfw.bin", 200)]
    assert [(f"/{event['data']['path']}", event["data"]["status"]) for event in events] == expected
    assert [(one["path"], one["status"]) for one in report["requests"]] == expected
    assert {event.get("host") for event in events} == {None}
    assert status == 1  # drivers lie in a folder, and its check looks at the root
    assert report["installs"]


GOOD = ("7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")
FTP_TOO = ("7.0", "8.2", "xs9")
"""Media that are walked over FTP in `bin/test`; over HTTP all are."""


@pytest.mark.parametrize(
    ("dialect", "over"),
    [
        *((name, "http") for name in GOOD),
        *(pytest.param(name, "ftp", marks=() if name in FTP_TOO else pytest.mark.long) for name in GOOD),
    ],
)
def test_good_media_end_with_0(service: Service, dialect: str, over: str) -> None:
    status, report = service.replay(f"m-{dialect}", dialect, over)
    assert (status, report["ok"]) == (0, True), report["verdict"]
    assert report["over"] == over
    assert report["address"].startswith(f"{over}://127.0.0.1:")


PACKS = [("m-text-pack", "4.1"), ("m-xml-pack", "5.6"), ("m-xml-pack", "6.5"), ("m-text-driver-disk", "5.0")]


@pytest.mark.parametrize("over", ["http", "ftp"])
@pytest.mark.parametrize(("name", "dialect"), PACKS)
def test_packs_are_found_over_both(service: Service, name: str, dialect: str, over: str) -> None:
    status, report = service.replay(name, dialect, over)
    assert (status, report["ok"]) == (0, True), report["verdict"]


@pytest.mark.parametrize(("name", "dialect"), [("m-4.1", "5.6"), ("m-8.2", "4.1"), ("m-5.6", "7.1"), ("m-netinstall", "xcp-8.3")])
def test_what_an_installer_cannot_read_ends_with_1_and_says_why(service: Service, name: str, dialect: str) -> None:
    done = service.run("media", "verify", name, "--as", dialect)
    assert done.returncode == 1
    assert f"{dialect} would" in done.stdout
    assert "it would say" in done.stdout


def test_old_installers_and_our_port(service: Service) -> None:
    _, report = service.replay("m-7.1", "7.1", "ftp")
    assert [quirk["name"] for quirk in report["quirks"]] == ["ftp-port-21"]
    _, report = service.replay("m-8.2", "8.2", "ftp")
    assert report["quirks"] == []


def test_people_see_an_access_log_and_a_verdict(service: Service) -> None:
    done = service.run("media", "verify", "m-8.2", "--as", "8.2")
    assert done.returncode == 0
    assert done.stdout.index("/.treeinfo") < done.stdout.index("8.2 would install xcp:main: 3 packages")
    assert "not walked:" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("m-4.1", "--as", "4.2"), "there is no dialect '4.2'"),
        (("m-4.1", "--as", "4.1", "--over", "tftp"), "tftp"),
        (("m-4.1", "--over", "http"), "--as DIALECT"),
        (("--all", "--as", "4.1"), "name one medium"),
    ],
)
def test_wrong_use_ends_with_2(service: Service, words: tuple[str, ...], says: str) -> None:
    done = service.run("media", "verify", *words)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_a_protocol_that_is_off_and_a_medium_that_is_not_there(service: Service) -> None:
    done = service.run("media", "verify", "m-4.1", "--as", "4.1", "--over", "nfs")
    assert done.returncode == 1
    assert "media are not served over nfs: it is off" in done.stderr
    done = service.run("media", "verify", "nothing", "--as", "4.1")
    assert done.returncode == 1
    assert "there is no medium nothing" in done.stderr


def test_nothing_is_changed_by_a_replay(service: Service) -> None:
    before = service.run("media", "list", "--json").stdout
    service.replay("m-xs8", "4.1")
    service.replay("m-xs8", "xs8")
    assert service.run("media", "list", "--json").stdout == before
    assert not [line for line in service.run("events", "--json").stdout.splitlines() if '"alarm' in line]


def test_without_a_service_there_is_nobody_to_ask(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = Path(tempfile.mkdtemp(prefix="pxs-"))
    folder.chmod(0o755)
    user = 'user = "nobody"\n' if os.geteuid() == 0 else ""
    (folder / "pxeserve.toml").write_text(f'[server]\ndata = "{folder}/data"\ninterface = "lo"\naddress = "127.0.0.1"\n{user}')
    done = Service(folder / "pxeserve.toml").run("media", "verify", "any", "--as", "4.1")
    shutil.rmtree(folder)
    assert done.returncode == 1
    assert "no service is running" in done.stderr
