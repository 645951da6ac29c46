"""The printed lines in real DHCP servers, and the check asked whether they really say it. Each in network namespaces of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.dhcp.snippets import Other, Place, snippet

pytestmark = [pytest.mark.netns, pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")]

PXESERVE = Path(sys.executable).parent / "pxeserve"
PLACE = Place(IPv4Address("10.77.0.1"), 8069)
KINDS = 9


@contextmanager
def network() -> Iterator[tuple[str, str]]:
    """Two namespaces with a cable between them: the asker's (10.77.0.1) and the server's (10.77.0.2)."""
    here, there = f"snip-{os.getpid()}", f"snip-{os.getpid()}-s"
    try:
        for line in (
            f"netns add {here}", f"netns add {there}", f"-n {here} link set lo up", f"-n {there} link set lo up",
            f"-n {here} link add eth0 type veth peer name eth0 netns {there}",
            f"-n {here} addr add 10.77.0.1/24 dev eth0", f"-n {there} addr add 10.77.0.2/24 dev eth0",
            f"-n {here} link set eth0 up", f"-n {there} link set eth0 up",
        ):  # fmt: skip
            subprocess.run(["ip", *line.split()], check=True)
        yield here, there
    finally:
        for name in (here, there):
            subprocess.run(["ip", "netns", "del", name], check=False)


def checked(other: Other, text: str, folder: Path, dhcp_server: Any) -> list[dict[str, str]]:
    """What the check says of a server with these lines."""
    data = folder / "data"
    data.mkdir()
    config = folder / "pxeserve.toml"
    config.write_text(
        f'[server]\ndata = "{data}"\ninterface = "eth0"\naddress = "10.77.0.1"\nuser = "root"\n[dhcp]\nmode = "off"\n[http]\nport = 8069\n'
    )
    with network() as (here, there), dhcp_server(there, other, text, folder) as server:
        words = [PXESERVE, "dhcp", "snippet", "--for", other, "--check", "--json", "--config", config]
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run(["ip", "netns", "exec", here, *map(str, words)], capture_output=True, text=True, check=False)
            assert server.poll() is None, (folder / "server.log").read_text()
            assert done.stdout.startswith("["), done.stdout + done.stderr
            verdicts = json.loads(done.stdout)
            # It may begin to answer in the middle of a check: Kea opens its socket again and again until the card is up.
            if all(one["word"] != "silent" for one in verdicts) or time.monotonic() > deadline:
                return list(verdicts)


@pytest.mark.parametrize("other", (Other.ISC, Other.KEA, Other.DNSMASQ))
def test_a_real_server_with_these_lines_says_what_it_should(other: Other, tmp_path: Path, dhcp_server: Any) -> None:
    verdicts = checked(other, snippet(other, PLACE), tmp_path, dhcp_server)
    wrong = {one["name"]: (one["word"], one["says"]) for one in verdicts if one["word"] != "right"}
    assert wrong == {}, (tmp_path / "server.log").read_text()
    assert len(verdicts) == KINDS


def test_a_line_that_is_wrong_is_found(tmp_path: Path, dhcp_server: Any) -> None:
    text = snippet(Other.DNSMASQ, PLACE).replace("grubx64.efi,,10.77.0.1", "pxelinux.0,,10.77.0.1", 1)
    verdicts = {one["name"]: one["word"] for one in checked(Other.DNSMASQ, text, tmp_path, dhcp_server)}
    assert (verdicts["uefi-x64 (7)"], verdicts["uefi-x64 (9)"], verdicts["bios"]) == ("wrong", "wrong", "right")
