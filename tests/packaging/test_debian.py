"""The Debian package on a fresh Debian: it installs with what it depends on, starts nothing, and boots a rehearsed host as its unit
would have it; an upgrade keeps what a site has."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.debian_root import Root, fresh, networked
from tests.packaging.notified import notified

CHECKOUT = Path(__file__).parent.parent.parent
CONFIG = """
[server]
interface = "eth0"
[dhcp]
mode = "server"
[[dhcp.subnet]]
network = "10.77.0.0/24"
range = ["10.77.0.100", "10.77.0.199"]
[answerfile]
allow_plaintext = true
"""
CARD = ("admin-interface.name=eth0", "admin-interface.proto=dhcp")
PROFILE = ("primary-disk=sda", "timezone=Europe/London", "root-password=a-password", *CARD)
MAC = "52:54:00:77:00:01"

pytestmark = [
    pytest.mark.long,
    pytest.mark.netns,
    pytest.mark.skipif(os.geteuid() != 0, reason="a Debian in a folder needs root"),
    pytest.mark.skipif(shutil.which("mmdebstrap") is None, reason="mmdebstrap is not installed"),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    done = subprocess.run([CHECKOUT / "bin/package", "deb", tmp_path_factory.mktemp("deb")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def debian(package: Path) -> Iterator[Root]:
    with fresh() as root:
        shutil.copy(package, root.folder / "pxeserve.deb")
        root.run("apt-get", "update", "-qq")
        root.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/pxeserve.deb")
        yield root


def unit(root: Root) -> dict[str, str]:
    lines = (root.folder / "usr/lib/systemd/system/pxeserve.service").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def as_the_unit_says(root: Root) -> list[str]:
    """What systemd would do before it starts the service's command, as far as no systemd is needed for that."""
    said = unit(root)
    given = ",".join(f"+{name.lower().removeprefix('cap_')}" for name in said["AmbientCapabilities"].split())
    user = [f"--reuid={said['User']}", f"--regid={said['Group']}", "--clear-groups", "--no-new-privs"]
    sets = [f"--{name}=-all,{given}" for name in ("inh-caps", "ambient-caps", "bounding-set")]
    return ["setpriv", *user, *sets, *said["ExecStart"].split()]


@contextlib.contextmanager
def serving(root: Root, log: Path) -> Iterator[list[str]]:
    """The service as its unit starts it, from READY=1 on; gives what it has told systemd."""
    with notified(root.folder / "run/notify") as sock:
        told = {"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "1000000"}
        process = root.started(*as_the_unit_says(root), environment=told, log=log)
        try:
            heard = [sock.recv(4096).decode()]
            assert heard[0].startswith("READY=1"), log.read_text()
            heard.append(sock.recv(4096).decode())
            yield heard
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0, log.read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def test_installing_it_makes_a_user_and_a_folder_and_starts_nothing(debian: Root) -> None:
    assert debian.run("stat", "-c", "%U:%G %a", "/var/lib/pxeserve") == "pxeserve:pxeserve 755\n"
    assert debian.run("getent", "passwd", "pxeserve").endswith(":/var/lib/pxeserve:/usr/sbin/nologin\n")
    assert debian.processes("pxe") == {}
    assert list((debian.folder / "etc/systemd/system").rglob("pxeserve*")) == []
    assert debian.run("cat", "/etc/pxeserve/pxeserve.toml") == (CHECKOUT / "docs/pxeserve.example.toml").read_text()
    assert debian.run("pxeserve", "--version").startswith("pxeserve ")
    assert debian.run("dpkg", "--verify", "pxeserve") == ""


def test_what_only_builds_is_not_in_it_and_what_is_in_it_fits_together(debian: Root) -> None:
    names = {path.name.split("-")[0] for path in (debian.folder / "usr/lib/pxeserve").rglob("*.dist-info")}
    assert {"flask", "lxml", "scapy", "pxeserve"} <= {name.lower() for name in names}
    assert {"hatchling", "editables", "pip", "setuptools"}.isdisjoint(names)
    assert "_data" in debian.run("/usr/lib/pxeserve/bin/python", "-Ic", "from pxeserve import resources; print(resources.folder('web'))")


def test_a_rehearsed_host_boots_from_it_as_its_unit_would_run_it(debian: Root, tmp_path: Path) -> None:
    (debian.folder / "etc/pxeserve/pxeserve.toml").write_text(CONFIG)
    with networked(debian) as root:
        root.run("pxeserve", "loaders", "import")
        root.run("pxeserve", "media", "sample", "/srv/sample")
        root.run("pxeserve", "media", "import", "/srv/sample", "--name", "sample")
        root.run("pxeserve", "profile", "add", "rack", "--medium", "sample", *(word for one in PROFILE for word in ("--set", one)))
        root.run("pxeserve", "host", "add", "--mac", MAC, "--name", "xen01", "--profile", "rack")
        with serving(root, tmp_path / "log") as heard:
            assert heard[1] == "WATCHDOG=1"
            done = root.tried("pxeserve", "rehearse", MAC)
            assert "rehearsal ok: xen01" in done.stdout, done.stdout + done.stderr + (tmp_path / "log").read_text()
            user = root.run("id", "-u", "pxeserve").strip()
            children = root.processes("pxe-")
            assert {"pxe-worker", "pxe-dhcp", "pxe-tftp", "pxe-provision", "pxe-console"} <= set(children)
            for name, status in children.items():
                assert status["Uid"].split() == [user] * 4, name
                assert {status[one] for one in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {"0" * 16}, name


def test_an_upgrade_keeps_the_state_and_the_configuration(debian: Root) -> None:
    """Begins where the rehearsal ended, so that there is something to keep."""
    (debian.folder / "etc/pxeserve/pxeserve.toml").write_text(CONFIG)
    debian.run("dpkg", "--install", "/pxeserve.deb")
    assert debian.run("cat", "/etc/pxeserve/pxeserve.toml") == CONFIG
    with networked(debian) as root:
        assert "xen01" in root.run("pxeserve", "host", "list")
