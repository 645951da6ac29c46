"""The first configuration, as the real command writes it: in network namespaces of its own, with nobody, a DHCP server and a boot server at
the other end of the cable."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pxeserve.config import load
from pxeserve.supervisor.founding import lendable
from tests.faults.space import ip, joined
from tests.supervisor.conftest import until

PXESERVE = Path(sys.executable).parent / "pxeserve"
PASSWORD = "planted pass phrase 77"
netns = pytest.mark.netns
root = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


@pytest.fixture(scope="module")
def spaces() -> Iterator[tuple[str, str]]:
    """This machine's namespace, with 10.77.0.1 on eth0 and a way out by 10.77.0.254, and what is at the other end of its cable."""
    with joined(24) as (here, there):
        for line in (
            "link add eth1 type veth peer name eth2", "addr add 10.88.0.1/30 dev eth1", "link set eth1 up", "link set eth2 up",
            "route add default via 10.77.0.254",
        ):  # fmt: skip
            ip("-n", here.name, *line.split())
        yield here.name, there.name


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that the service's user may enter."""
    made = Path(tempfile.mkdtemp(prefix="pxi-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def run(space: str, *words: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PXESERVE_")} | {"PXESERVE_SERVER__USER": "nobody"}
    command = ["ip", "netns", "exec", space, PXESERVE, *words]
    done = subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


@root
@netns
def test_what_is_written_can_be_served_and_is_never_written_over(spaces: tuple[str, str], folder: Path) -> None:
    here, _ = spaces
    file = folder / "etc" / "pxeserve.toml"
    done = run(here, "init", "--password-stdin", "--data", folder / "data", "--config", file, typed=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    assert "eth0 is served: machines come back to 10.77.0.1\n" in done.stdout
    assert "not served, and for [[server.listen]] if they are to be: eth1 (10.88.0.1/30)\n" in done.stdout
    assert "admin administers this server" in done.stdout
    assert f"  pxeserve serve --config {file}\n" in done.stdout
    config = load(file, {})
    assert (config.server.interface, config.server.data, config.dhcp.mode) == ("eth0", folder / "data", "proxy")
    written = file.read_bytes()
    for words in (("--no-account",), ("--interface", "eth1"), ("--ask-network",), ("--data", "elsewhere")):
        again = run(here, "init", "--password-stdin", *words, "--config", file, typed=f"{PASSWORD}\n")
        assert (again.returncode, again.stdout) == (1, "")
        assert f"{file} is there, and is never written over" in again.stderr
    assert "an account already" in run(here, "init", "--password-stdin", "--config", file, typed=f"{PASSWORD}\n").stderr
    assert (file.read_bytes(), os.listdir(file.parent)) == (written, [file.name])
    serve = ["ip", "netns", "exec", here, PXESERVE, "serve", "--config", file]
    with subprocess.Popen(
        serve, env={**os.environ, "PXESERVE_SERVER__USER": "nobody"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as service:
        assert service.stdout is not None
        lines = []
        for line in service.stdout:
            lines.append(line)
            if re.search(r"\] ready .*dhcp=", line):
                break
        service.terminate()
        assert "ready" in lines[-1], lines


@root
@netns
def test_a_link_that_leads_nowhere_is_not_written_through(spaces: tuple[str, str], folder: Path) -> None:
    file = folder / "pxeserve.toml"
    file.symlink_to(folder / "elsewhere")
    done = run(spaces[0], "init", "--no-account", "--config", file)
    assert (done.returncode, (folder / "elsewhere").exists()) == (1, False)
    assert "never written over" in done.stderr


@root
@netns
@pytest.mark.parametrize(
    ("server", "mode", "because"),
    [
        (None, "server", "nobody lends addresses on eth0; see that nobody has 10.77.0.100 to 10.77.0.199"),
        ("", "proxy", "10.77.0.2 lends addresses on eth0"),
        ("dhcp-boot=pxelinux.0\n", "off", "10.77.0.2 answers network boots on eth0 already"),
    ],
)
def test_the_mode_is_chosen_by_who_answers(
    spaces: tuple[str, str], folder: Path, dhcp_server: Any, server: str | None, mode: str, because: str
) -> None:
    here, there = spaces
    words = ("init", "--no-account", "--ask-network", "--json", "--config", folder / "pxeserve.toml")
    if server is None:
        done = run(here, *words)
    else:
        with dhcp_server(there, "dnsmasq", f"log-facility=-\n{server}", folder):
            until(lambda: "DHCP, IP range" in (folder / "server.log").read_text(), "dnsmasq serves")
            done = run(here, *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["configuration"]
    assert because in " ".join(told["because"])
    config = load(folder / "pxeserve.toml", {})
    assert config.dhcp.mode == told["said"]["dhcp"]["mode"] == mode
    if mode == "server":
        [subnet] = config.dhcp.subnet
        assert (str(subnet.network), str(subnet.router)) == ("10.77.0.0/24", "10.77.0.254")


@root
@netns
def test_a_port_that_is_held_is_moved_where_machines_are_told_it_and_named_where_not(spaces: tuple[str, str], folder: Path) -> None:
    here, _ = spaces
    hold = (
        "import socket, sys\nweb = socket.create_server(('', 80))\ntftp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "tftp.bind(('', 69))\nprint('held', flush=True)\nsys.stdin.read()\n"
    )
    command = ["ip", "netns", "exec", here, sys.executable, "-c", hold]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        done = run(here, "init", "--no-account", "--config", folder / "pxeserve.toml")
        holder.stdin.close()
    assert "[http] port 8080: another program holds TCP 80" in done.stdout
    assert "another program holds UDP 69" in done.stdout
    config = load(folder / "pxeserve.toml", {})
    assert (config.http.port, config.tftp.port, config.console.port) == (8080, 69, 8443)


@root
@netns
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--interface", "eth7"), "there is no interface eth7 on this machine"),
        (("--interface", "eth2"), "eth2 has no IPv4 address"),
        (("--interface", "lo"), "lo is loopback"),
        (("--config", "/proc/nowhere/pxeserve.toml"), "cannot be written"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_left(spaces: tuple[str, str], folder: Path, words: tuple[str, ...], says: str) -> None:
    config = () if "--config" in words else ("--config", folder / "pxeserve.toml")
    done = run(spaces[0], "init", "--no-account", *config, *words)
    assert (done.returncode, done.stdout, list(folder.iterdir())) == (1, "", [])
    assert says in done.stderr


def test_without_a_name_for_it_there_is_nothing_to_write() -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PXESERVE_")}
    done = subprocess.run([PXESERVE, "init", "--no-account"], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--config FILE" in done.stderr


@example(0x0A4D0070, 24, 180)  # 10.77.0.112 and a router at .180, both where addresses would be lent
@given(st.integers(0, 2**32 - 1), st.integers(1, 32), st.integers(0, 2**32 - 1))
def test_what_is_lent_lies_in_the_network_and_leaves_out_who_is_there(address: int, prefix: int, other: int) -> None:
    own = IPv4Interface((address, prefix))
    router = IPv4Address(int(own.network.network_address) + other % own.network.num_addresses)
    lent = lendable(own, {own.ip, router})
    assert (lent is None) == (own.network.num_addresses < 16)
    if lent is not None:
        first, last = lent
        assert own.network.network_address < first <= last < own.network.broadcast_address
        assert not any(first <= one <= last for one in (own.ip, router))
        assert int(last) - int(first) < 1000
