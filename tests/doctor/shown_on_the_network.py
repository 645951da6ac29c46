"""Faults of the network: addresses, DHCP servers, relays, ports, firewalls, MTU, transfers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any

from pxeserve.doctor import servers as dhcp_servers
from pxeserve.doctor.around import Answer, Around
from pxeserve.doctor.check import Seen
from pxeserve.doctor.finding import Finding
from pxeserve.doctor.network import Network
from pxeserve.doctor.probe import Heard
from pxeserve.store import Store
from pxeserve.store import events as stored
from tests.doctor.conftest import NOW, SUBNET, Make, eth0
from tests.doctor.shown import MAC, SERVER_MODE, Shown, looked, told

shows = Shown()


@shows("address/no-interface")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(networks=(Network("eth9", None, None),)))


@shows("address/no-default")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(networks=()))


@shows("address/no-address", "address/down")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("", up=False)))


@shows("address/not-ours")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(address="192.0.2.1"))


@shows("address/loopback")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("127.0.0.1/8", loopback=True)))


@shows("address/link-local")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("169.254.3.4/16")))


@shows("address/bridge")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("172.17.0.2/16")))


@shows("address/other-interface")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0(), replace(eth0("10.88.0.1/24"), name="eth1"), address="10.88.0.1"))


@shows("address/several")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0(), replace(eth0("10.88.0.1/24"), name="eth1"), config={"server": {"interface": None}}))


@shows("address/wrong-subnet")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("address", make(eth0("10.88.0.1/24"), config=SERVER_MODE))


def heard(address: str = "10.77.0.2", **more: Any) -> Heard:
    given = {"server_id": IPv4Address(address), "mac": "52:54:00:00:00:02", "lends": True, "pxe": False, "next_server": "", "boot_file": ""}
    return Heard("eth0", IPv4Address(address), **{**given, "asked": True, **more})


def judged(around: Around, *those: Heard) -> Iterator[Finding]:
    return dhcp_servers.judge(around, around.networks[0], list(those))


@shows("dhcp-servers/second-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(config=SERVER_MODE), heard())


@shows("dhcp-servers/allowed-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(config={"dhcp": {**SERVER_MODE["dhcp"], "allow_other_servers": True}}), heard())


@shows("dhcp-servers/two-servers")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(), heard(), heard("10.77.0.3"))


@shows("dhcp-servers/no-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make())


@shows("dhcp-servers/other-boot-server")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(), heard(), heard("10.77.0.4", lends=False, pxe=True))


@shows("dhcp-servers/other-boot-file")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return judged(make(), heard(next_server="10.77.0.9", boot_file="pxelinux.0"))


@shows("relays/unserved-relay")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with store.events.write() as connection:
        stored.add_counts(connection, {(int(NOW) // 60, "dhcp", "no-subnet"): 3})
    return looked("relays", make(config=SERVER_MODE, store=store))


@shows("relays/relay-outside", "relays/relay-repeats")
def _(make: Make, store: Store, folder: Path) -> Seen:
    relay = {"relay": "127.9.0.1 0a", "arch": "0"}
    told(store, {"kind": "dhcp.discover", "mac": MAC, "data": relay}, {"kind": "dhcp.offer", "mac": MAC})
    return looked("relays", make(config=SERVER_MODE, store=store))


@shows("relays/several-servers-chosen")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, *({"kind": "dhcp.request", "mac": MAC, "data": {"server": f"10.77.0.{n}"}} for n in (2, 3)))
    return looked("relays", make(store=store))


def holds(make: Make, port: int, *, name: str = "in.tftpd", protocol: str = "udp", count: int = 1, **more: Any) -> Around:
    """A machine on which a program holds ports from `port` on."""
    around = make(privileged=True, **more)
    lines = ["head"]
    process = around.root / "proc/77"
    (process / "fd").mkdir(parents=True, exist_ok=True)
    (process / "comm").write_text(name)
    (process / "cgroup").write_text("0::/system.slice/tftpd-hpa.service\n")
    for number in range(count):
        lines.append(f"  {number}: 00000000:{port + number:04X} 00000000:0000 0A 0:0 0:0 0 0 0 {900 + number} 2")
        (process / f"fd/{number}").symlink_to(f"socket:[{900 + number}]")
    (around.root / f"proc/net/{protocol}").write_text("\n".join(lines) + "\n")
    return around


@shows("ports/taken")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("ports", holds(make, 69))


@shows("ports/beside", "ports/not-served")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("ports", holds(make, 69, serving=True))


@shows("ports/elsewhere")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told = 'UNCONN 0 0 0.0.0.0%virbr0:67 0.0.0.0:* users:(("dnsmasq",pid=77,fd=0)) ino:900 sk:1\n'
    return looked("ports", holds(make, 67, name="dnsmasq", run=lambda _: Answer(0, told)))


@shows("ports/range-held")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("ports", holds(make, 40000, count=200))


class _Somebody(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@shows("reach/http-silent", "reach/tftp-silent", "reach/dhcp-silent")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        lends = {"network": "127.0.0.0/8", "range": ["127.77.0.1", "127.77.0.9"]}
        deaf = udp.getsockname()[1]
        dhcp = {"mode": "server", "port": deaf, "subnet": [lends]}
        config = {"http": {"port": tcp.getsockname()[1]}, "tftp": {"port": deaf}, "dhcp": dhcp}
        yield from looked("reach", make(eth0("127.0.0.1/8"), config=config, serving=True, seconds=0.2))


@shows("reach/http-other")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with HTTPServer(("127.0.0.1", 0), _Somebody) as server:
        Thread(target=server.handle_request, daemon=True).start()
        config = {"http": {"port": server.server_address[1]}, "tftp": {"port": server.server_address[1]}}
        yield from looked("reach", make(eth0("127.0.0.1/8"), config=config, serving=True, seconds=0.2))


@shows("firewall/closed", "firewall/answers-only")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(privileged=False)
    zones = around.root / "etc/firewalld/zones"
    zones.mkdir(parents=True)
    (zones / "public.xml").write_text('<zone><service name="tftp"/><port port="67" protocol="udp"/></zone>')
    services = around.root / "usr/lib/firewalld/services"
    services.mkdir(parents=True)
    (services / "tftp.xml").write_text('<service><port port="69" protocol="udp"/></service>')
    (around.root / "proc/5").mkdir()
    (around.root / "proc/5/comm").write_text("firewalld\n")
    return looked("firewall", around)


@shows("firewall/rp-filter")
def _(make: Make, store: Store, folder: Path) -> Seen:
    far = {"network": "127.9.0.0/24", "range": ["127.9.0.10", "127.9.0.20"]}
    around = make(config={"dhcp": {"mode": "server", "subnet": [SUBNET, far]}}, privileged=False)
    (around.root / "proc/sys/net/ipv4/conf/all").mkdir(parents=True)
    (around.root / "proc/sys/net/ipv4/conf/all/rp_filter").write_text("1\n")
    return looked("firewall", around)


@shows("mtu/small-mtu")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("mtu", make(eth0(mtu=1400)))


@shows("mtu/tiny-mtu")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("mtu", make(eth0(mtu=400)))


def transfer(outcome: str, screen: str, blksize: int = 1468) -> dict[str, Any]:
    data = {"outcome": outcome, "screen": screen, "blksize": blksize, "blocks": 1}
    return {"kind": "tftp.transfer", "address": "10.77.0.50", "data": data}


@shows("transfers/large-blocks")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, transfer("timeout", "PXE-E35"), transfer("timeout", "PXE-E35"), transfer("done", "", 1024))
    return looked("transfers", make(store=store))


@shows("transfers/never-answered")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, *[transfer("timeout", "PXE-E32")] * 2)
    return looked("transfers", make(store=store))
