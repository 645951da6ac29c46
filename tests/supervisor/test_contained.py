"""In a container that machines cannot hear the service says so at its start, with the line to change, and is never healthy."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.supervisor.contained import Container, contained

pytestmark = [pytest.mark.netns, pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")]

LENDING = '[dhcp]\nmode = "server"\n[[dhcp.subnet]]\nnetwork = "10.99.0.0/24"\nrange = ["10.99.0.100", "10.99.0.199"]\n'
WITHOUT = ("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw")
NO_PORTS = ("setpriv", "--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="pxs-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def bridged(folder: Path) -> Iterator[Container]:
    with contained(folder, "172.18.0.2/16") as container:
        yield container


@pytest.fixture
def on_a_lan(folder: Path) -> Iterator[Container]:
    """A pipe to a bridge that has the network's cable in it, as LXC's is."""
    with contained(folder, "192.0.2.2/24") as container:
        yield container


def test_a_bridge_without_the_hosts_address_is_named_at_the_start_and_keeps_it_from_looking_healthy(bridged: Container) -> None:
    bridged.write(LENDING)
    with bridged.serving() as log:
        assert "machines cannot be served from here: this container is on a bridge of its own (172.18.0.2/16)" in log.read_text()
        assert "PXESERVE_SERVER__ADDRESS" in log.read_text()
        done = bridged.run("health", "--json")
        answer = json.loads(done.stdout)
        assert done.returncode == 1
        assert [one["code"] for one in answer["unheard"]] == ["bridge"]
        assert all(one["ok"] for one in answer["asked"])  # it does answer; nobody hears it
        shown = bridged.run("health").stdout
        assert "UNHEARD eth0: this container is on a bridge" in shown
        assert shown.endswith("not healthy\n")


def test_the_hosts_address_is_told_and_the_containers_own_is_listened_at(bridged: Container) -> None:
    bridged.write('address = "192.0.2.1"\n' + LENDING)
    refused = bridged.run("serve")
    assert refused.returncode == 1
    assert "192.0.2.1 is not an address of this machine" in refused.stderr
    assert "[tftp] single_port = true" in refused.stderr
    bridged.write('address = "192.0.2.1"\n' + LENDING + "[tftp]\nsingle_port = true\n")
    with bridged.serving() as log:
        assert "cannot be served from here" not in log.read_text()
        done = bridged.run("health", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        where = {one["protocol"]: one["where"] for one in json.loads(done.stdout)["asked"]}
        assert where == {"DHCP": "172.18.0.2:67", "TFTP": "172.18.0.2:69", "HTTP": "172.18.0.2:80"}
        assert json.loads(bridged.run("status", "--json").stdout)["http"] == "http://192.0.2.1"


def test_without_the_right_to_low_ports_it_does_not_start_and_says_which_option_gives_it(on_a_lan: Container) -> None:
    on_a_lan.write(LENDING)
    on_a_lan.config.write_text(on_a_lan.config.read_text().replace('user = "nobody"', 'user = "root"'))
    refused = on_a_lan.run("serve", before=NO_PORTS)
    assert refused.returncode == 1
    assert "port 67 may be bound by root alone" in refused.stderr
    assert "--cap-add NET_BIND_SERVICE" in refused.stderr


def test_without_the_right_to_frames_it_serves_and_says_what_that_costs(on_a_lan: Container) -> None:
    on_a_lan.write(LENDING)
    with on_a_lan.serving(before=WITHOUT) as log:
        assert "may not send frames (CAP_NET_RAW)" in log.read_text()
        assert "--cap-add NET_RAW" in log.read_text()
        assert "nobody looks whether another DHCP server answers" in log.read_text()
        assert on_a_lan.run("health", before=WITHOUT).returncode == 0


def test_with_all_rights_on_a_network_it_has_nothing_to_complain_of(on_a_lan: Container) -> None:
    on_a_lan.write(LENDING)
    with on_a_lan.serving() as log:
        assert "error" not in log.read_text()
        assert "frames" not in log.read_text()
        assert on_a_lan.run("health").returncode == 0


@pytest.mark.parametrize("used", [False, True], ids=["a new folder", "one with a state in it"])
def test_data_that_cannot_be_written_is_named_with_the_volume_that_is_missing(on_a_lan: Container, used: bool) -> None:
    on_a_lan.write(LENDING)
    if used:
        with on_a_lan.serving():
            pass
    where = on_a_lan.folder
    mounted = f'mount --bind {where} {where} && mount -o remount,bind,ro {where} && exec "$0" "$@"'
    refused = on_a_lan.run("serve", before=("sh", "-c", mounted))
    assert refused.returncode == 1
    assert "Read-only file system" in refused.stderr
    assert f"-v pxeserve:{on_a_lan.folder}/data" in refused.stderr
