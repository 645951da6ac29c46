"""Which ports are bound, in a network namespace of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.netns

BIND = """
import json, socket, sys
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from pxeserve.config import load
from pxeserve.serving import Listener
from pxeserve.supervisor.sockets import bind_all

if sys.argv[2] == "taken":
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind(("0.0.0.0", 4011))
listener = Listener("lo", IPv4Address("127.0.0.1"), IPv4Interface("127.0.0.1/8"))
bound = bind_all(load(Path(sys.argv[1]), {}), (listener,), None)
print(json.dumps({name: one.getsockname()[1] for name, one in bound.items() if ":" in name and not name.startswith("dhcp-raw")}))
"""


def bound(folder: Path, dhcp: str, other: str = "") -> dict[str, int]:
    """The ports by role."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    (folder / "run").mkdir()
    file = folder / "pxeserve.toml"
    file.write_text(f'[server]\ndata = "{folder}"\ninterface = "lo"\naddress = "127.0.0.1"\n[dhcp]\n{dhcp}\n')
    inside = ["sh", "-c", 'ip link set lo up && exec "$0" "$@"', sys.executable, "-c", BIND, str(file), other]
    done = subprocess.run(["unshare", "--net", *inside], capture_output=True, text=True, check=True, timeout=60)
    return dict(json.loads(done.stdout))


SERVER = 'mode = "server"\nsubnet = [{network = "127.77.0.0/24", range = ["127.77.0.100", "127.77.0.199"]}]'


@pytest.mark.quirk("4011-all-the-same")
def test_who_lends_addresses_answers_port_4011_too(tmp_path: Path) -> None:
    assert bound(tmp_path, SERVER)["pxe:lo"] == 4011


@pytest.mark.quirk("4011-all-the-same")
def test_where_somebody_else_has_it_all_the_rest_is_bound(tmp_path: Path) -> None:
    found = bound(tmp_path, SERVER, "taken")
    assert "pxe:lo" not in found
    assert found["dhcp:lo"] == 67


def test_a_trial_on_another_port_leaves_4011_alone(tmp_path: Path) -> None:
    assert "pxe:lo" not in bound(tmp_path, f"port = 6767\n{SERVER}")
