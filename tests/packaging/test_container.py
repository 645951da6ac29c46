"""The container as its file makes it: built on a fresh Debian, run with a read-only root and two rights, and a host rehearsed with it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.packaging.debian_root import Root, fresh, networked
from tests.packaging.engine import Engine, engine, missing

CHECKOUT = Path(__file__).parents[2]
PXESERVE = Path(sys.executable).parent / "pxeserve"
IMAGE, BASE = "localhost/pxeserve:test", "localhost/base:test"
RIGHTS = ("NET_BIND_SERVICE", "NET_RAW")
SUBNET = '[{network = "10.77.0.0/24", range = ["10.77.0.100", "10.77.0.199"]}]'
LENDING = {"SERVER__INTERFACE": "eth0", "DHCP__MODE": "server", "DHCP__SUBNET": SUBNET, "ANSWERFILE__ALLOW_PLAINTEXT": "true"}
CARD = ("admin-interface.name=eth0", "admin-interface.proto=dhcp")
PROFILE = ("primary-disk=sda", "timezone=Europe/London", "root-password=a-password", *CARD)
MAC = "52:54:00:77:00:01"
PATIENCE = 120.0

pytestmark = [
    pytest.mark.long,
    pytest.mark.netns,
    pytest.mark.skipif(os.geteuid() != 0, reason="images and namespaces need root"),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine that has the image, made of this checkout."""
    context = tmp_path_factory.mktemp("context")
    shutil.copytree(CHECKOUT / "containers", context / "containers")
    done = subprocess.run([CHECKOUT / "bin/package", "deb", context / "dist"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with engine() as made:
        with fresh() as root:
            made.base(root.folder, BASE)
        made.build(context, "containers/Containerfile", BASE, IMAGE)
        yield made


@pytest.fixture(scope="module")
def network() -> Iterator[str]:
    with networked(Root(Path("/"))) as root:
        yield root.network


class Running:
    """A container that was started, and the folder that it keeps its state in."""

    def __init__(self, made: Engine, name: str, network: str, data: Path) -> None:
        self._engine, self._name, self._network, self._data = made, name, network, data

    @property
    def log(self) -> str:
        return self._engine.logs(self._name)

    def inside(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the container's own."""
        return self._engine.run("podman", "exec", self._name, *words, check=False)

    def made(self, *words: str) -> None:
        done = self.inside("pxeserve", *words)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"

    def beside(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of this checkout, by root, in the same network and with the same folder."""
        environment = {f"PXESERVE_{name}": value for name, value in LENDING.items()}
        environment |= {"PXESERVE_SERVER__DATA": str(self._data), "PATH": os.environ["PATH"]}
        command = ["ip", "netns", "exec", self._network, PXESERVE, *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)

    def until(self, word: str) -> None:
        """Wait until its log says so, or fail with all of it."""
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while word not in self.log:
            assert time.monotonic() < deadline, self.log
            assert self.running or word in self.log, self.log
            pause.wait(0.2)

    @property
    def running(self) -> bool:
        said = self._engine.run("podman", "inspect", "--format", "{{.State.Running}}", self._name).stdout
        return said.strip() == "true"

    def stopped(self) -> int:
        """Ask it to end; its exit status."""
        self._engine.run("podman", "stop", "--time", "30", self._name)
        return int(self._engine.run("podman", "inspect", "--format", "{{.State.ExitCode}}", self._name).stdout)


@contextmanager
def running(
    made: Engine, network: str, data: Path, rights: tuple[str, ...] = RIGHTS, *words: str, mode: str = "rw", **more: str
) -> Iterator[Running]:
    """The image, with `data` as its volume and its configuration in the environment."""
    name = f"pxeserve-{os.getpid()}"
    environment = [word for key, value in {**LENDING, **more}.items() for word in ("--env", f"PXESERVE_{key}={value}")]
    made.start(name, IMAGE, network, *environment, "--volume", f"{data}:/var/lib/pxeserve:{mode}", *words, rights=rights)
    try:
        yield Running(made, name, network, data)
    finally:
        made.run("podman", "rm", "--force", "--time", "0", name)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    os.chown(folder, 990, 990)
    return folder


def test_a_host_is_rehearsed_to_the_end_against_a_container_with_two_rights(built: Engine, network: str, data: Path) -> None:
    with running(built, network, data) as container:
        container.until("] ready")
        health = container.inside("pxeserve", "health")
        assert health.stdout.endswith("healthy\n") and health.returncode == 0, health.stdout + health.stderr
        sets = json.loads(container.inside("pxeserve", "loaders", "list", "--json").stdout)["sets"]
        assert {"debian", "grub-debian"} <= {one["set"] for one in sets}
        assert all("pxelinux" in one["origin"] or "grub" in one["origin"] for one in sets)
        container.made("media", "sample", "/var/lib/pxeserve/sample")
        container.made("media", "import", "/var/lib/pxeserve/sample", "--name", "sample")
        container.made("profile", "add", "rack", "--medium", "sample", *(word for one in PROFILE for word in ("--set", one)))
        container.made("host", "add", "--mac", MAC, "--name", "xen01", "--profile", "rack")
        done = container.beside("rehearse", MAC)
        assert "rehearsal ok: xen01" in done.stdout, done.stdout + done.stderr + container.log
        told = container.inside("sh", "-c", "for one in /proc/[0-9]*/status; do tr '\\n\\t' '  ' <$one; echo; done").stdout
        children = [line for line in told.splitlines() if line.startswith("Name: pxe-")]
        assert len(children) >= 5, told
        for child in children:
            assert "Uid: 990 990 990 990 " in child
            assert f"CapPrm: {'0' * 16} CapEff: {'0' * 16} " in child
        written = container.inside("sh", "-c", "touch /etc/written")
        assert "Read-only file system" in written.stderr
        assert container.stopped() == 0
        assert "Traceback" not in container.log


def test_an_engine_that_gives_an_ordinary_user_nothing_is_served_by_what_the_interpreter_may(
    built: Engine, network: str, data: Path
) -> None:
    """As Docker and Kubernetes do it: in the bounding set, and in no other."""
    bare = '["setpriv", "--ambient-caps", "-all", "--inh-caps", "-all", "pxeserve-start"]'
    with running(built, network, data, RIGHTS, "--entrypoint", bare) as container:
        container.until("] ready")
        assert "frames" not in container.log
        assert container.inside("pxeserve", "health").returncode == 0


def test_without_its_rights_it_says_which_option_gives_them(built: Engine, network: str, data: Path) -> None:
    with running(built, network, data, ()) as container:
        container.until("--cap-add NET_BIND_SERVICE")
        assert "port 67 may be bound by root alone" in container.log
    with running(built, network, data, ("NET_BIND_SERVICE",)) as container:
        container.until("] ready")
        assert "may not send frames (CAP_NET_RAW)" in container.log
        assert container.inside("pxeserve", "health").returncode == 0


def test_a_volume_that_cannot_be_written_is_named(built: Engine, network: str, data: Path) -> None:
    with running(built, network, data, mode="ro") as container:
        container.until("Read-only file system")
        assert "-v pxeserve:/var/lib/pxeserve" in container.log


def test_on_a_bridge_it_is_not_healthy_before_it_tells_the_hosts_address(built: Engine, network: str, data: Path) -> None:
    card = ["ip", "-netns", network, "link", "add", "pipe0", "type", "veth", "peer", "name", "pipe1"]
    subprocess.run(card, check=True)
    for words in ("address add 172.18.0.2/16 dev pipe0", "link set pipe1 up", "link set pipe0 up"):
        subprocess.run(["ip", "-netns", network, *words.split()], check=True)
    try:
        with running(built, network, data, SERVER__INTERFACE="pipe0") as container:
            container.until("] ready")
            assert "PXESERVE_SERVER__ADDRESS" in container.log
            done = container.inside("pxeserve", "health")
            assert done.returncode == 1
            assert "UNHEARD pipe0" in done.stdout
        told = {"SERVER__INTERFACE": "pipe0", "SERVER__ADDRESS": "192.0.2.1", "TFTP__SINGLE_PORT": "true"}
        with running(built, network, data, **told) as container:
            container.until("] ready")
            assert container.inside("pxeserve", "health").returncode == 0, container.log
    finally:
        subprocess.run(["ip", "-netns", network, "link", "del", "pipe0"], check=True)
