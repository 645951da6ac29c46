"""The whole service, as real processes: what dies comes back, what is told to end ends, and nobody stands on another's feet."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.ports import free_port

PXESERVE = Path(sys.executable).parent / "pxeserve"
CHILDREN = ("worker", "dhcp", "tftp", "provision", "console")
PATIENCE = 60.0
ROOT = os.geteuid() == 0


def until(true: Callable[[], object], what: str) -> None:
    """Wait until `true`, or fail naming `what`."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        pause.wait(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@dataclass
class Service:
    """One configuration and data folder, and the process that serves it."""

    folder: Path
    http: int = field(default_factory=free_port)
    tftp: int = field(default_factory=free_port)
    dhcp: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    more: str = ""
    user: str = "nobody" if ROOT else ""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "pxeserve.toml"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def write(self) -> None:
        user = f'user = "{self.user}"\n' if self.user else ""
        self.config.write_text(
            f'[server]\ndata = "{self.data}"\ninterface = "lo"\naddress = "127.0.0.1"\n{user}'
            f'[dhcp]\nmode = "server"\nport = {self.dhcp}\n[[dhcp.subnet]]\nnetwork = "127.77.0.0/24"\n'
            f'range = ["127.77.0.100", "127.77.0.199"]\n[tftp]\nport = {self.tftp}\n[http]\nport = {self.http}\n{self.more}'
        )

    def start(self, environment: dict[str, str] | None = None) -> None:
        self.write()
        with (self.folder / "log").open("ab") as log:
            command = [PXESERVE, "serve", "--config", self.config]
            self.process = subprocess.Popen(command, stderr=log, env={**os.environ, **(environment or {})})
        until(lambda: re.search(r"\] ready\b", self.log) or self.ended(), f"ready: {self.log}")
        assert not self.ended(), self.log

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def pid(self, child: str) -> int:
        """Of the newest process of this name."""
        return int(re.findall(rf"\] {child} ready.*pid=(\d+)", self.log)[-1])

    def pids(self) -> dict[str, int]:
        return {child: self.pid(child) for child in CHILDREN}

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def answers(self) -> bool:
        """HTTP, TFTP and the admin socket, each for itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/healthz", timeout=PATIENCE) as reply:
            assert reply.status == 200
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE)
            sock.sendto(b"\0\1nothing\0octet\0", ("127.0.0.1", self.tftp))
            assert sock.recv(600)[:4] == b"\0\5\0\1"
        return self.command("status").returncode == 0

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PXESERVE, *words, "--config", self.config], capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.fixture
def service() -> Iterator[Service]:
    folder = Path(tempfile.mkdtemp(prefix="pxs-"))
    folder.chmod(0o755)
    made = Service(folder)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGKILL)
    shutil.rmtree(folder)


def test_it_becomes_ready_answers_and_ends_when_asked(service: Service) -> None:
    service.start()
    assert service.answers()
    pids = service.pids()
    assert service.stop() == 0
    assert not any(alive(pid) for pid in pids.values())
    assert "Traceback" not in service.log


def test_each_child_that_is_killed_comes_back_on_the_same_socket(service: Service) -> None:
    service.start()
    for child in CHILDREN:
        before = service.pids()
        os.kill(before[child], signal.SIGKILL)
        until(lambda child=child, before=before: service.pid(child) != before[child], f"{child} again: {service.log}")
        after = service.pids()
        assert {name for name in CHILDREN if after[name] != before[name]} == {child}  # the others never noticed
        assert service.answers()
    assert service.stop() == 0


def test_when_the_parent_is_killed_all_end_and_the_next_start_finds_everything_free(service: Service) -> None:
    service.start()
    pids = service.pids()
    service.stop(signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in pids.values()), "the children are gone")
    (service.folder / "log").write_text("")
    service.start()
    assert service.answers()
    assert service.stop() == 0


def test_a_second_one_on_the_same_data_is_refused(service: Service) -> None:
    service.start()
    assert service.process is not None
    second = service.command("serve")
    assert second.returncode == 3
    assert f"already running, pid {service.process.pid}" in second.stderr
    assert service.answers()


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_busy_port_is_named_with_its_holder(service: Service, protocol: str) -> None:
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    port = service.http if protocol == "tcp" else service.tftp
    with socket.socket(socket.AF_INET, kind) as holder:
        holder.bind(("127.0.0.1", port))
        if protocol == "tcp":
            holder.listen()
        service.write()
        refused = service.command("serve")
    assert refused.returncode == 4
    assert f"{protocol.upper()} port {port} is taken by " in refused.stderr
    assert f"(pid {os.getpid()})" in refused.stderr


def test_a_broken_configuration_changes_nothing_and_a_good_one_is_taken_over(service: Service) -> None:
    service.start()
    assert service.process is not None
    before = service.pids()
    service.config.write_text("[servr]\n")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: "the old one stays" in service.log, "the broken one is refused")
    assert "pxeserve.toml:1: unknown key servr; did you mean server?" in service.log
    assert service.pids() == before
    service.more = "[arming]\nexpires = '5m'\n"
    service.write()
    service.process.send_signal(signal.SIGHUP)
    until(lambda: all(pid != before[name] for name, pid in service.pids().items()), f"new children: {service.log}")
    assert service.answers()
    assert service.stop() == 0


def test_systemd_hears_how_it_goes(service: Service) -> None:
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(service.folder / "notify"))
        ear.settimeout(PATIENCE)

        def hear(word: str) -> None:
            while not any(word in line for line in heard):
                heard.append(ear.recv(4096).decode())

        service.start({"NOTIFY_SOCKET": str(service.folder / "notify"), "WATCHDOG_USEC": "2000000"})
        assert service.process is not None
        hear("READY=1")
        hear("WATCHDOG=1")
        service.process.send_signal(signal.SIGHUP)
        hear("RELOADING=1")
        service.stop()
        hear("STOPPING=1")
    assert heard[0].startswith("READY=1")


@pytest.mark.skipif(not ROOT, reason="there is no root to give up")
def test_no_child_can_become_root_again(service: Service) -> None:
    service.start()
    for child, pid in service.pids().items():
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
        assert status["Uid"].split() == ["65534"] * 4, child
        assert status["Gid"].split() == ["65534"] * 4, child
        assert status["Groups"].split() == [], child
        assert int(status["CapEff"], 16) == 0, child
        assert status["NoNewPrivs"] == "1", child
    owners = {path.stat().st_uid for path in service.data.rglob("*")}
    assert owners <= {65534} | ({0} if (service.data / "run" / "pxeserve.lock").stat().st_uid == 0 else set())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("interface", "no-such0"), "there is no interface no-such0"),
        (("address", "192.0.2.77"), "192.0.2.77 is not an address of this machine"),
        pytest.param(("user", "no-such-user"), "there is no such user", marks=pytest.mark.skipif(not ROOT, reason="needs root")),
    ],
)
def test_what_cannot_be_served_is_said_in_one_message(service: Service, change: tuple[str, str], says: str) -> None:
    service.write()
    key, value = change
    content = re.sub(rf"(?m)^{key} = .*$", f'{key} = "{value}"', service.config.read_text())
    service.config.write_text(content)
    refused = service.command("serve")
    assert refused.returncode == 1
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.skipif(not ROOT, reason="owners can be changed by root alone")
def test_a_data_folder_of_somebody_else_is_refused_with_the_way_out(service: Service) -> None:
    service.write()
    (service.data / "run").mkdir(parents=True)
    os.chown(service.data / "run", 1234, 1234)
    refused = service.command("serve")
    assert refused.returncode == 1
    assert "belongs to uid 1234" in refused.stderr
    assert "chown -R" in refused.stderr


@pytest.mark.skipif(not ROOT, reason="owners can be changed by root alone")
def test_an_empty_folder_that_root_made_is_taken_over_and_one_out_of_reach_is_named(service: Service) -> None:
    service.data.mkdir(mode=0o700)
    service.start()
    assert service.data.stat().st_uid == 65534
    assert service.stop() == 0
    service.folder.chmod(0o700)
    refused = service.command("serve")
    assert refused.returncode == 1
    assert "uid 65534, which must own the folder and reach it" in refused.stderr


@pytest.mark.skipif(not ROOT, reason="other users can be played by root alone")
def test_the_admin_socket_is_for_root_and_the_services_own_user(service: Service) -> None:
    from pxeserve import wire

    service.start()
    (service.data / "run").chmod(0o755)
    (service.data / "run" / wire.SOCKET_NAME).chmod(0o666)
    script = (
        "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
        'try:\n    s.sendall(b\'{"verb": "status", "arguments": {}}\\n\')\nexcept BrokenPipeError:\n    pass\nprint(s.recv(65536).decode())'
    )
    path = str(service.data / "run" / wire.SOCKET_NAME)

    def asked_by(uid: int) -> str:
        return subprocess.run(["/usr/bin/python3", "-c", script, path], user=uid, capture_output=True, text=True, check=True).stdout

    assert '"result"' in asked_by(65534)
    assert "uid 1234 may not administer this service" in asked_by(1234)


def test_the_admin_socket_outlives_whatever_is_sent_to_it(service: Service) -> None:
    from pxeserve import wire

    service.start()
    pid = service.pid("console")
    wrong_use = (b'{"verb": 5}\n', b'{"verb": "host.show"}\n', b'{"verb": "status", "arguments": {"x": 1}}\n')
    for line in (b"\n", b"nonsense\n", b"[]\n", b"\xff\xfe\n", *wrong_use):
        with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(ConnectionError):
            sock.settimeout(PATIENCE)
            sock.connect(str(service.data / "run" / wire.SOCKET_NAME))
            sock.sendall(line)
            assert b"Traceback" not in sock.recv(65536)
    with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(ConnectionError):
        sock.connect(str(service.data / "run" / wire.SOCKET_NAME))
        for _ in range(wire.MAX_LINE // 65536 + 2):
            sock.sendall(b"x" * 65536)
    assert service.answers()
    assert service.pid("console") == pid
