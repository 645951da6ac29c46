"""The doctor on real wires, ports, rule sets and disks: network namespaces, dnsmasq, nft, tmpfs, and a real service."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import Config
from pxeserve.dhcp.packet import Message, Type, parse
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import examine
from pxeserve.doctor.finding import Result, State
from pxeserve.doctor.network import interfaces, served
from pxeserve.doctor.probe import MARK
from pxeserve.doctor.registry import named
from pxeserve.store import events as stored
from pxeserve.store import open_store
from tests.doctor.conftest import NOW
from tests.faults.service import CONFIG, PXESERVE, USER, Service, until
from tests.faults.space import Space, joined

pytestmark = [pytest.mark.netns, pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")]

PROXY: dict[str, Any] = {"server": {"interface": "eth0"}}
SERVER: dict[str, Any] = {**PROXY, "dhcp": {"mode": "server", "subnet": [{"network": "10.77.0.0/16", "range": ["10.77.1.0", "10.77.1.9"]}]}}
FAR: dict[str, Any] = {
    **PROXY,
    "dhcp": {"mode": "server", "subnet": [*SERVER["dhcp"]["subnet"], {"network": "10.99.0.0/24", "router": "10.99.0.1"}]},
}
Dnsmasq = Callable[..., Any]


@pytest.fixture
def wire() -> Iterator[tuple[Space, Space]]:
    with joined() as both:
        yield both


def look(where: Space, name: str, config: dict[str, Any], **more: Any) -> Result:
    """What the check sees from inside `where`."""
    with where.entered():
        known = interfaces()
        read = Config.model_validate(config)
        around = Around(read, served(read, known), known, NOW, **{"seconds": 1.5, **more})
        (result,) = examine(named([name]), around)
    return result


def codes(result: Result) -> list[str]:
    return [one.code for one in result.findings]


@contextmanager
def answering(where: Space, folder: Path, *words: str, ping: bool = False) -> Iterator[None]:
    """A real dnsmasq, which answers once this is entered."""
    log = folder / "dnsmasq.log"
    command = [
        *where.prefix, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces",
        "--leasefile-ro", *([] if ping else ["--no-ping"]), "--user=root", "--pid-file=", "--log-dhcp", f"--log-facility={log}", *words,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            until(lambda: log.exists() and "DHCP" in log.read_text(), "dnsmasq has begun")
            yield
        finally:
            server.terminate()


LENDS = "--dhcp-range=10.77.0.100,10.77.0.199,1h"


def test_a_second_server_is_named_by_address_mac_and_maker(wire: tuple[Space, Space], tmp_path: Path) -> None:
    here, there = wire
    subprocess.run(["ip", "-n", there.name, "link", "set", "eth0", "address", "52:54:00:0a:0b:0c"], check=True)
    with answering(there, tmp_path, LENDS, "--dhcp-boot=pxelinux.0"):
        result = look(here, "dhcp-servers", SERVER)
        assert codes(result) == ["second-server", "other-boot-file"]
        assert "10.77.0.2 (MAC 52:54:00:0a:0b:0c, QEMU or libvirt)" in result.findings[0].text
        assert "pxelinux.0, from 10.77.0.2" in result.findings[1].text
    assert (tmp_path / "dnsmasq.log").read_text().count("DHCPDISCOVER(") <= 3
    assert "DHCPREQUEST" not in (tmp_path / "dnsmasq.log").read_text()


def test_beside_a_proxy_one_server_is_right_and_a_second_boot_server_wrong(wire: tuple[Space, Space], tmp_path: Path) -> None:
    here, there = wire
    with answering(there, tmp_path, LENDS):
        assert look(here, "dhcp-servers", PROXY).state is State.FINE
    with answering(there, tmp_path, LENDS, "--pxe-service=x86PC,Boot,other", "--dhcp-vendorclass=set:pxe,PXEClient"):
        assert "other-boot-server" in codes(look(here, "dhcp-servers", PROXY))


def test_a_server_that_pings_before_it_offers_is_waited_for(wire: tuple[Space, Space], tmp_path: Path) -> None:
    here, there = wire
    with answering(there, tmp_path, LENDS, ping=True):
        assert look(here, "dhcp-servers", PROXY, seconds=5.0, questions=2).state is State.FINE


def test_a_network_where_nobody_lends_addresses_is_wrong_beside_it_and_right_for_a_server(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    assert codes(look(here, "dhcp-servers", PROXY)) == ["no-server"]
    assert look(here, "dhcp-servers", SERVER).state is State.FINE


def test_what_is_sent_is_three_marked_discovers_and_nothing_else(wire: tuple[Space, Space]) -> None:
    here, there = wire
    with there.udp("0.0.0.0", 67) as ear:
        look(here, "dhcp-servers", PROXY, questions=9)
        ear.setblocking(False)
        heard = []
        while True:
            try:
                heard.append(parse(ear.recv(4096)))
            except BlockingIOError:
                break
    assert [one.type for one in heard if isinstance(one, Message)] == [Type.DISCOVER] * 3
    assert all(isinstance(one, Message) and one.options[77] == MARK and one.mac.startswith("02:") for one in heard)


def test_loopback_is_never_asked(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    result = look(here, "dhcp-servers", {"server": {"interface": "lo"}})
    assert result.state is State.BLIND
    assert "loopback" in result.blind[0].text


def nft(where: Space, rules: str) -> None:
    done = where.run("nft", "-f", "-", input=rules)
    if "not found" in done.stderr or done.returncode == 127:
        pytest.skip("nft is not installed")
    assert done.returncode == 0, done.stderr


STATELESS = "udp dport 40000-40999 drop"
OPEN = "udp dport { 67, 69, 4011 } accept; tcp dport 80 accept"


@pytest.mark.parametrize(
    ("rules", "policy", "expected"),
    [
        (STATELESS, "accept", {"closed": "40000-40999"}),
        (f"ct state established,related accept; {OPEN}", "drop", {"answers-only": "40000-40999"}),
        (f"{OPEN}; udp dport 40000-40999 accept", "drop", {}),
        (f"{OPEN}; udp dport 40000-40499 accept", "drop", {"closed": "40000-40999"}),
        (f"iifname != eth1 {STATELESS}", "accept", {"closed": "40000-40999"}),
        (f"iifname eth1 {STATELESS}", "accept", {}),
        ("ct state vmap { established : accept, new : drop }", "accept", {"closed": "67", "answers-only": "40000-40999"}),
        ("ip saddr 10.77.0.0/16 tcp dport 80 reject", "accept", {"closed": "80"}),
    ],
)
def test_a_real_rule_set_is_understood(wire: tuple[Space, Space], rules: str, policy: str, expected: dict[str, str]) -> None:
    here, _ = wire
    lines = "\n".join(rule.strip() for rule in rules.split("; "))
    nft(here, f"table inet t {{\n chain in {{\n type filter hook input priority 0; policy {policy};\n{lines}\n}}\n}}")
    result = look(here, "firewall", PROXY)
    found = {one.code: one.where for one in reversed(result.findings)}
    assert set(found) == set(expected), result.findings
    for code, port in expected.items():
        assert f"eth0 {port}/" in found[code]
    assert not result.blind
    if policy == "accept" and "closed" in found:
        assert "rule with handle" in next(one.text for one in result.findings if one.code == "closed")


@pytest.mark.parametrize(
    "rules", ["meta mark 7 udp dport 69 drop", "udp dport 69 limit rate 5/second drop", "ip saddr 10.77.0.9 udp dport 69 drop"]
)
def test_what_is_not_understood_is_neither_open_nor_closed(wire: tuple[Space, Space], rules: str) -> None:
    here, _ = wire
    nft(here, f"table inet t {{\n chain in {{\n type filter hook input priority 0; policy accept;\n{rules}\n}}\n}}")
    result = look(here, "firewall", PROXY)
    assert result.findings == ()
    assert "could not tell whether 69/udp" in result.blind[0].text


def test_what_the_fix_says_does_fix_it(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    nft(here, f"table inet t {{\n chain in {{\n type filter hook input priority 0; policy drop;\n{STATELESS}\ntcp dport 80 accept\n}}\n}}")
    before = look(here, "firewall", PROXY)
    assert {one.where for one in before.findings} == {"eth0 67/udp", "eth0 4011/udp", "eth0 69/udp", "eth0 40000-40999/udp"}
    for one in before.findings:
        done = here.run(*one.fix.partition(", and")[0].split())
        assert done.returncode == 0, done.stderr
    assert look(here, "firewall", PROXY).state is State.FINE


def test_chains_that_are_jumped_into_count(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    chains = f"chain zone {{\n{OPEN.replace('; ', chr(10))}\nreturn\n}}\n"
    base = "chain in {\n type filter hook input priority 0; policy drop;\n iifname eth0 goto zone\n}\n"
    nft(here, f"table inet t {{\n{chains}{base}}}")
    assert [one.where for one in look(here, "firewall", PROXY).findings] == ["eth0 40000-40999/udp"]


FIREWALLD = """table inet firewalld {
  chain filter_IN_public_allow {
    tcp dport 22 ct state { new, untracked } accept
    udp dport { 67, 69 } ct state { new, untracked } accept
  }
  chain filter_IN_public_deny { }
  chain filter_IN_public {
    jump filter_IN_public_deny
    jump filter_IN_public_allow
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx type admin-prohibited
  }
  chain filter_IN_trusted { accept; }
  chain filter_INPUT_ZONES {
    iifname "eth9" goto filter_IN_trusted
    goto filter_IN_public
  }
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx type admin-prohibited
  }
}
"""


def test_rules_as_firewalld_writes_them(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    nft(here, FIREWALLD)
    result = look(here, "firewall", PROXY)
    assert {one.where: one.code for one in result.findings} == {
        "eth0 4011/udp": "closed", "eth0 80/tcp": "closed", "eth0 40000-40999/udp": "answers-only",
    }  # fmt: skip
    assert not result.blind


def test_a_stateful_rule_set_does_let_a_transfer_through(wire: tuple[Space, Space]) -> None:
    """Why that is a note: the first packet of a transfer's own port is the server's, so what comes back is an answer."""
    here, there = wire
    inside = "ct state established,related accept\nudp dport 69 accept"
    nft(here, f"table inet t {{\n chain in {{\n type filter hook input priority 0; policy drop;\n{inside}\n}}\n}}")
    with here.udp("10.77.0.1", 69) as door, here.udp("10.77.0.1", 40123) as own, there.udp("10.77.0.2", 5555) as machine:
        machine.sendto(b"request", ("10.77.0.1", 69))
        assert door.recv(100) == b"request"
        own.sendto(b"data", ("10.77.0.2", 5555))
        assert machine.recv(100) == b"data"
        machine.sendto(b"ack", ("10.77.0.1", 40123))
        assert own.recv(100) == b"ack"


HOLDS = """import socket, sys
s = socket.socket(type=socket.SOCK_DGRAM)
if sys.argv[2]:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[2].encode())
s.bind(("0.0.0.0", int(sys.argv[1])))
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def held(where: Space, port: int, device: str = "") -> Iterator[int]:
    """Somebody else's program on a UDP port; its pid."""
    command = [*where.prefix, "/usr/bin/python3", "-c", HOLDS, str(port), device]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
        holder.communicate(b"")


def test_a_holder_of_port_69_is_named(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    with held(here, 69) as pid:
        result = look(here, "ports", PROXY)
    assert codes(result) == ["taken"]
    assert f"python3 (pid {pid}, user root" in result.findings[0].text
    assert look(here, "ports", PROXY).state is State.FINE


def test_who_holds_the_port_on_another_card_alone_is_only_noted(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    with held(here, 67, "lo"):
        result = look(here, "ports", PROXY)
    assert codes(result) == ["elsewhere"]
    assert "on lo alone" in result.findings[0].text
    assert result.state is State.FINE
    with held(here, 67, "eth0"):
        assert codes(look(here, "ports", PROXY)) == ["taken"]


def test_small_packets_are_measured(wire: tuple[Space, Space]) -> None:
    here, _ = wire
    assert look(here, "mtu", PROXY).state is State.FINE
    subprocess.run(["ip", "-n", here.name, "link", "set", "eth0", "mtu", "1400"], check=True)
    result = look(here, "mtu", PROXY)
    assert codes(result) == ["small-mtu"]
    assert "1368 bytes" in result.findings[0].tell


def test_the_way_to_a_relay_is_measured_and_may_be_missing(wire: tuple[Space, Space], tmp_path: Path) -> None:
    here, _ = wire
    assert codes(look(here, "address", FAR)) == ["no-way-back"]
    store = open_store(tmp_path, migrate=True)
    columns = ("kind", "at", "text", "host", "mac", "address", "install", "session", "data", "outbox_id")
    row = {"kind": "dhcp.discover", "at": NOW - 5, "mac": "52:54:00:77:00:01", "text": "", "data": {"relay": "10.99.0.1"}}
    with store.events.write() as connection:
        stored.add(connection, [{name: row.get(name) for name in columns}])
    assert codes(look(here, "relays", FAR, store=store)) == ["relay-unreachable"]
    subprocess.run(["ip", "-n", here.name, "route", "add", "10.99.0.0/24", "via", "10.77.0.2", "mtu", "1300"], check=True)
    assert look(here, "address", FAR).state is State.FINE
    assert codes(look(here, "relays", FAR, store=store)) == []
    assert codes(look(here, "mtu", FAR)) == ["small-path"]
    store.close()


def test_a_cable_that_is_out_is_seen(wire: tuple[Space, Space]) -> None:
    here, there = wire
    subprocess.run(["ip", "-n", there.name, "link", "set", "eth0", "down"], check=True)
    until(lambda: codes(look(here, "address", PROXY)) == ["down"], "the kernel has noticed")
    assert look(here, "dhcp-servers", PROXY).state is State.BLIND


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def disk(where: Space, data: Path) -> Result:
    return look(where, "disk", {"server": {"interface": "eth0", "data": str(data)}})


def test_a_full_disk_and_one_without_inodes(wire: tuple[Space, Space], tmp_path: Path) -> None:
    here, _ = wire
    with mounted(tmp_path / "small", "size=4m,nr_inodes=50") as data:
        (data / "fills").write_bytes(bytes(3 << 20))
        found = {one.code: one for one in disk(here, data).findings}
        assert set(found) == {"full", "inodes", "fleeting-disk"}
        assert "1 MB are left" in found["full"].text
        assert sorted(path.name for path in data.iterdir()) == ["fills"]


def test_a_read_only_data_folder(wire: tuple[Space, Space], tmp_path: Path) -> None:
    here, _ = wire
    with mounted(tmp_path / "fixed", "size=2g") as data:
        subprocess.run(["mount", "-o", "remount,ro", data], check=True)
        result = disk(here, data)
        assert "read-only" in codes(result)
        assert f"mount -o remount,rw {data}" in next(one.fix for one in result.findings if one.code == "read-only")


@pytest.fixture
def house(wire: tuple[Space, Space]) -> Iterator[Service]:
    """A service with its state, in a namespace; it does not run yet."""
    folder = Path(tempfile.mkdtemp(prefix="pxd", dir="/tmp"))  # a socket's path has to be short
    folder.chmod(0o755)
    service = Service(folder, wire[0], interface="eth0", address="10.77.0.1", first="10.77.1.0", last="10.77.1.255")
    service.data.mkdir()
    subprocess.run([sys.executable, "-m", "pxeserve.supervisor.filling", str(service.data)], check=True)
    service.give()
    words = {"interface": "eth0", "address": "10.77.0.1", "first": service.first, "last": service.last}
    service.config.write_text(CONFIG.format(data=service.data, user=USER, **words))
    try:
        yield service
    finally:
        service.stop()
        shutil.rmtree(folder, ignore_errors=True)


def asked(house: Service, *words: str) -> tuple[int, dict[str, Any]]:
    done = house.command("doctor", "--json", *words)
    assert not done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_command_sees_a_running_service_and_one_that_does_not_run(house: Service, wire: tuple[Space, Space], tmp_path: Path) -> None:
    status, told = asked(house, "--only", "ports,reach,service,counters,relays,permissions")
    states = {one["check"]: one["state"] for one in told["results"]}
    assert (status, told["serving"], told["ok"]) == (0, False, True)
    assert states == {
        "ports": "fine", "reach": "cannot look", "service": "cannot look", "counters": "fine", "relays": "fine", "permissions": "fine",
    }  # fmt: skip
    house.start()
    status, told = asked(house, "--only", "ports,reach,service,counters,relays,permissions,firewall,mtu")
    assert (status, told["serving"], told["findings"]) == (0, True, [])
    assert {one["state"] for one in told["results"]} == {"fine"}
    with answering(wire[1], tmp_path, LENDS):
        status, told = asked(house, "--only", "dhcp-servers")
    assert (status, told["ok"]) == (1, False)
    assert [one["code"] for one in told["findings"]] == ["second-server"]


def test_wrong_names_are_wrong_use(house: Service) -> None:
    done = house.command("doctor", "--only", "ports,nonsense")
    assert done.returncode == 2
    assert "there is no check nonsense" in done.stderr and "dhcp-servers" in done.stderr


def test_a_state_that_cannot_be_opened_hides_nothing_else(house: Service) -> None:
    (house.data / "state/site.db").write_bytes(b"no database")
    status, told = asked(house, "--only", "loaders,mtu")
    results = {one["check"]: one for one in told["results"]}
    assert (status, results["mtu"]["state"], results["loaders"]["state"]) == (0, "fine", "cannot look")
    assert "site.db" in results["loaders"]["cannot_look"][0]["text"]


def test_a_folder_that_is_not_there_is_not_made(house: Service, tmp_path: Path) -> None:
    elsewhere = {**os.environ, "PXESERVE_SERVER__DATA": str(tmp_path / "no")}
    done = house.space.run(PXESERVE, "doctor", "--only", "media", "--json", env=elsewhere)
    assert not (tmp_path / "no").exists()
    assert json.loads(done.stdout)["results"][0]["state"] == "cannot look"


def test_the_answers_are_read_by_a_socket_of_the_parents(house: Service) -> None:
    """A packet socket that root opened serves who may open none himself; it hears nothing between two rounds."""
    from pxeserve.doctor.probe import open_packets

    with house.space.entered(), open_packets() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        known = interfaces()
        read = Config.model_validate(SERVER)
        around = replace(Around(read, served(read, known), known, NOW, seconds=0.3), packets={"eth0": kept}, privileged=False)
        (result,) = examine(named(["dhcp-servers"]), around)
        assert result.state is State.FINE
        assert kept.getsockname()[1] == 0x88B5


@pytest.mark.long
def test_the_service_goes_round_by_itself(house: Service, wire: tuple[Space, Space], tmp_path: Path) -> None:
    """Threat T26: a second server is told of within 70 s, once, and shown by status."""
    house.start()
    with answering(wire[1], tmp_path, LENDS):
        until(lambda: "10.77.0.2 (MAC" in house.command("status").stdout, "status shows it", patience=70)
        events = [json.loads(line) for line in house.command("events", "--kind", "doctor", "--json").stdout.splitlines()]
    assert [one["data"]["code"] for one in events if one["data"]["check"] == "dhcp-servers"] == ["second-server"]
    assert "doctor: 10.77.0.2" in house.log
    assert (tmp_path / "dnsmasq.log").read_text().count("DHCPDISCOVER(") <= 6
