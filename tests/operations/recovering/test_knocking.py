"""Whether the old machine is off: every address by which it may answer is knocked at, and what this server could not have heard is no
silence.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.operations.recovering import knocking, running
from pxeserve.operations.recovering.knocking import heard_at, whereabouts
from pxeserve.recovery.planning.facts import Heard
from pxeserve.store import inventory, leases, pools
from pxeserve.store.leases import LeaseRow, Sighting
from tests.loopback import mute, own
from tests.operations.recovering.conftest import ADDRESSES, Scene

FORMER, LENT, SEEN, BOUND = (own(9, number) for number in (41, 42, 43, 44))
MAC = "52:54:00:77:01:02"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is far away on loopback."""
    monkeypatch.setattr(knocking, "SECONDS", 0.5)


def backed_up(scene: Scene) -> str:
    """The id of a backup of the pool, made while xen02 had another address."""
    record = next(ref for ref, one in scene.machines.records("xen01", "host").items() if one["name_label"] == "xen02")
    scene.machines.set("xen01", "host", record, address=FORMER)
    kept = scene.site.ask("backup.add", pool="green", stream=io.BytesIO(scene.dumped()))["id"]
    scene.machines.set("xen01", "host", record, address=ADDRESSES["xen02"])
    return str(kept)


def test_a_master_may_answer_where_its_pool_does(backed: Scene) -> None:
    with backed.site.context.store.site.read() as connection:
        hosts, row = [inventory.host(connection, name) for name in ("xen01", "xen02")], pools.pool(connection, "green")
    assert row is not None
    there = replace(row, pool=replace(row.pool, address=IPv4Address(FORMER)))
    told = [whereabouts(backed.site.context, host, there).get(FORMER) for host in hosts if host is not None]
    assert told == ["its pool's", None]


def lend(scene: Scene, address: str, mac: str) -> None:
    with scene.site.context.store.leases.write() as connection:
        leases.put(connection, [LeaseRow(IPv4Address(address), mac, "", "", "bound", 1.0, 9e9)])


def found(scene: Scene) -> dict[str, str]:
    with scene.site.context.store.site.read() as connection:
        host, pool = inventory.host(connection, "xen02"), pools.pool(connection, "green")
    assert host is not None and pool is not None
    return whereabouts(scene.site.context, host, pool)


def test_it_may_answer_where_record_backup_install_and_lease_have_it(backed: Scene) -> None:
    scene = backed
    kept = backed_up(scene)
    lend(scene, LENT, MAC)
    with scene.site.context.store.leases.write() as connection:
        leases.put_sightings(connection, [Sighting(IPv4Address(SEEN), MAC, 5.0), Sighting(IPv4Address(BOUND), MAC, 4.0)])
    assert found(scene) == {
        ADDRESSES["xen02"]: "entered", FORMER: f"backup {kept}", LENT: "its lease", SEEN: "a lease of another server",
    }  # fmt: skip


def test_the_address_of_its_last_install_counts_until_it_is_lent_to_another(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    install = scene.turns("boot")["install"]
    scene.install(InstallState.FAILED, bound_address=BOUND)
    assert found(scene) == {ADDRESSES["xen02"]: "entered", BOUND: f"install {install}"}
    lend(scene, BOUND, "52:54:00:00:00:99")
    assert found(scene) == {ADDRESSES["xen02"]: "entered"}


def test_what_answers_at_its_former_address_holds_everything_until_it_is_off(backed: Scene) -> None:
    """Nobody says a word: what waits is asked again, and goes on once both addresses are silent."""
    scene = backed
    kept = backed_up(scene)
    scene.dies("xen02")
    with mute(ADDRESSES["xen02"]):
        assert f"{FORMER} (backup {kept})" in scene.begins()["steps"][0]["does"]
        assert any(f"something answers at {FORMER} (backup {kept})" in one for one in scene.shown()["plan"]["minds"])
        running.turn(scene.site.context)
        held = scene.shown()
        assert (held["state"], held["step"]) == ("waiting", "silent")
        assert f"something answers at {FORMER}:443 (backup {kept})" in held["because"], held["because"]
        assert f"Knocked at {ADDRESSES['xen02']} (entered), {FORMER} (backup {kept})" in held["because"]
        with mute(FORMER):
            scene.site.ask("recover.resume", id=scene.id)
            running.turn(scene.site.context)
        quiet = scene.shown()
    assert (quiet["state"], quiet["step"]) == ("running", "forget"), quiet
    assert quiet["steps"][0]["seen"] == f"nothing answers at port 443 of {ADDRESSES['xen02']} (entered), {FORMER} (backup {kept})"


def test_what_cannot_be_heard_waits_for_a_person_and_says_what_to_mend(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    with scene.site.context.store.leases.write() as connection:
        leases.put(connection, [LeaseRow(IPv4Address("239.1.1.1"), MAC, "", "", "released", 1.0, 2.0)])  # a group: no way of one machine
    with mute(ADDRESSES["xen02"]):
        running.turn(scene.site.context)
    held = scene.shown()
    assert (held["state"], held["step"]) == ("waiting", "silent")
    assert "whether it answers at 239.1.1.1 (its lease) cannot be heard, as this server has no route to it" in held["because"]
    assert "ip route get 239.1.1.1" in held["because"]
    assert f"recovery resume {scene.id} knocks again" in held["because"] and "confirm" in held["fix"]
    assert not any(one["seen"] for one in held["steps"][1:])


def test_silence_is_what_comes_of_more_than_one_knock() -> None:
    address = own(9, 45)
    with mute(address):
        assert heard_at(address, "") == Heard(address, answers=False)
    assert heard_at(address, "").answers, "refused: it is on"


@contextmanager
def namespace(name: str) -> Iterator[None]:
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


NETWORKS = """
link add cable type veth peer name away netns {other}
addr add 10.7.0.1/24 dev cable
link set cable up
link add pulled type veth peer name end
addr add 10.8.0.1/24 dev pulled
link set pulled up
link add off type veth peer name unused
addr add 10.6.0.1/24 dev off
route add 10.99.0.0/24 via 10.7.0.9
"""
"""One network with a cable, one whose cable is pulled, one whose interface is down, and one behind a router that is not there."""


@pytest.mark.long
@pytest.mark.netns
def test_only_what_this_server_could_have_heard_is_silent() -> None:
    """Nobody at all on its own network is silent; no route, no cable, an interface that is down and a router that is not there are doubts;
    one that refuses, takes a connection and says nothing, speaks no TLS, or answers ARP alone is on."""
    name, other = f"silent-{os.getpid()}", f"others-{os.getpid()}"
    with namespace(other), namespace(name):
        for line in NETWORKS.format(other=other).strip().splitlines():
            subprocess.run(["ip", "-n", name, *line.split()], check=True)
        for line in ("addr add 10.7.0.3/24 dev away", "link set away up"):
            subprocess.run(["ip", "-n", other, *line.split()], check=True)
        command = ["ip", "netns", "exec", other, sys.executable, "-c", _MUTE]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as peer:
            assert peer.stdout is not None and peer.stdin is not None and peer.stdout.readline()
            words = ["ip", "netns", "exec", name, sys.executable, "-c", _KNOCKS]
            said = subprocess.run(words, check=True, capture_output=True, text=True, timeout=90).stdout.splitlines()
            peer.stdin.close()
    assert said == [
        "10.9.9.9 this server has no route to it",
        "10.8.0.2 pulled, by which this server is on its network, is down",
        "10.6.0.2 off, by which this server is on its network, is down",
        "10.99.0.2 a router or a firewall on the way says that it cannot be reached, or the router itself is silent",
        "10.7.0.2 silent",
        "10.7.0.3 on",
        "127.0.0.2 on", "127.0.0.3 on", "127.0.0.4 on",
    ]  # fmt: skip


_MUTE = """
import sys
from tests.loopback import mute
with mute("10.7.0.3"):
    print("ready", flush=True)
    sys.stdin.read()
"""

_KNOCKS = """
import socket, threading
from pxeserve.operations.recovering import knocking
for address, said in (("127.0.0.3", b""), ("127.0.0.4", b"hello?\\n" * 9)):
    listening = socket.create_server((address, 443))
    def serve(listening=listening, said=said, taken=[]):
        while True:
            taken.append(listening.accept()[0])
            taken[-1].sendall(said)
    threading.Thread(target=serve, daemon=True).start()
for address in ("10.9.9.9", "10.8.0.2", "10.6.0.2", "10.99.0.2", "10.7.0.2", "10.7.0.3", "127.0.0.2", "127.0.0.3", "127.0.0.4"):
    if address == "10.7.0.3":
        knocking.SECONDS = 0.5
    heard = knocking.heard_at(address, "")
    print(address, heard.deaf or ("on" if heard.answers else "silent"))
"""
