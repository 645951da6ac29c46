"""The printed lines in real DHCP servers, and the check asked whether they really say it. Each in network namespaces of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.dhcp.snippets import Other, Place, snippet
from tests.faults.space import joined

pytestmark = [pytest.mark.netns, pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")]

PXESERVE = Path(sys.executable).parent / "pxeserve"
PLACE = Place(IPv4Address("10.77.0.1"), 8069)
KINDS = 9


def checked(other: Other, text: str, folder: Path, dhcp_server: Any) -> list[dict[str, str]]:
    """What the check says of a server with these lines."""
    data = folder / "data"
    data.mkdir()
    config = folder / "pxeserve.toml"
    config.write_text(
        f'[server]\ndata = "{data}"\ninterface = "eth0"\naddress = "10.77.0.1"\nuser = "root"\n[dhcp]\nmode = "off"\n[http]\nport = 8069\n'
    )
    with joined(24) as (here, there), dhcp_server(there.name, other, text, folder) as server:
        words = [PXESERVE, "dhcp", "snippet", "--for", other, "--check", "--json", "--config", config]
        deadline = time.monotonic() + 60
        while True:
            done = subprocess.run(["ip", "netns", "exec", here.name, *map(str, words)], capture_output=True, text=True, check=False)
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
