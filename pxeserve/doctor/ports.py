"""Who holds the ports that this service needs, and how to get each back.

Sources: the ports are this configuration's; libvirt.org/formatnetwork; systemd.network(5); proc(5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pxeserve.config import Config
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.proc import Bound, Process, bound, devices, holders

_TAKEN = Fault(
    "taken",
    Grade.STOPS,
    "{protocol} port {port} ({role}) is held by {holder}",
    "the service does not start as long as somebody else holds one of its ports",
    "{advice}, or choose another port: {key}",
)
_BESIDE = Fault(
    "beside",
    Grade.HARMS,
    "{protocol} port {port} ({role}) is held by {holder} too",
    "two programs on one port of one network: the kernel gives a packet to either, and machines are answered by chance",
    "{advice}",
)
_ELSEWHERE = Fault(
    "elsewhere",
    Grade.NOTE,
    "{protocol} port {port} ({role}) is held by {holder} on {device} alone",
    "that leaves {interface} to this service, as long as [server] interface names it",
    'keep [server] interface = "{interface}" in the configuration',
)
_RANGE = Fault(
    "range-held",
    Grade.HARMS,
    "{count} of the ports {ports} of {role} are held by others, such as {holder}",
    "each transfer takes a free one; with few left, machines wait or are refused",
    "give them a range of their own: {key}",
)
_NOT_SERVED = Fault(
    "not-served",
    Grade.STOPS,
    "nobody listens on {protocol} port {port} ({role}), though the service runs",
    "machines that ask there hear nothing",
    "look into the service's log for its child {role}, and start the service again",
)

_SHARE = 10
"""A tenth of a range may be other people's."""

_STOP = {
    "dnsmasq": "stop it (systemctl disable --now dnsmasq), or keep it off this card: except-interface={interface} in its configuration",
    "libvirt": "virsh net-edit default, take the <dhcp> element out, then virsh net-destroy default and virsh net-start default; libvirt "
    'keeps to its bridge when [server] interface = "{interface}" is named here',
    "dhcpd": "systemctl disable --now isc-dhcp-server",
    "kea-dhcp4": "systemctl disable --now kea-dhcp4-server",
    "systemd-network": "set DHCPServer=no in the .network file of {interface}, then networkctl reload",
    "in.tftpd": "systemctl disable --now tftpd-hpa",
    "atftpd": "systemctl disable --now atftpd",
    "xinetd": "set disable = yes in /etc/xinetd.d/tftp, then systemctl restart xinetd",
    "inetd": "take the line out of /etc/inetd.conf, then systemctl restart inetd",
    "inetutils-inetd": "take the line out of /etc/inetd.conf, then systemctl restart inetutils-inetd",
    "nginx": "systemctl disable --now nginx, or let it listen elsewhere",
    "apache2": "systemctl disable --now apache2, or let it listen elsewhere",
    "httpd": "systemctl disable --now httpd, or let it listen elsewhere",
    "lighttpd": "systemctl disable --now lighttpd, or let it listen elsewhere",
    "vsftpd": "systemctl disable --now vsftpd",
    "proftpd": "systemctl disable --now proftpd",
    "ganesha.nfsd": "systemctl disable --now nfs-ganesha: pxeserve runs it itself",
    "docker-proxy": "docker ps names the container that publishes this port: stop it",
    "systemd": "systemctl list-sockets names the unit that holds it: systemctl disable --now NAME.socket",
    "kernel": 'the kernel\'s own NFS server: systemctl disable --now nfs-server, or leave NFS to it: [nfs] server = "kernel"',
}
"""How to stop who is known by name; the name in /proc has 15 letters."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A port that this service needs: what for, and the key that names another."""

    protocol: str
    port: int
    role: str
    key: str


def wanted(config: Config) -> list[Wanted]:
    """All fixed ports of `config`."""
    found = [Wanted("udp", config.tftp.port, "tftp", "[tftp] port"), Wanted("tcp", config.http.port, "provision", "[http] port")]
    if config.dhcp.mode != "off":
        found.insert(0, Wanted("udp", config.dhcp.port, "dhcp", "[dhcp] port"))
    if config.dhcp.mode == "proxy":
        found.append(Wanted("udp", 4011, "dhcp", '[dhcp] mode = "server" needs no port 4011'))
    if config.console.enabled:
        found.append(Wanted("tcp", config.console.port, "console", "[console] port"))
    if config.ftp.enabled:
        found.append(Wanted("tcp", config.ftp.port, "ftp", "[ftp] port"))
    if config.nfs.keeps_ganesha:
        found.append(Wanted("tcp", config.nfs.port, "nfs", "[nfs] port"))
    return found


def look(around: Around) -> Seen:
    """Every port in turn."""
    needed = wanted(around.config)
    numbers = {(one.protocol, one.port) for one in needed}
    there = [one for one in bound(around.root) if (one.protocol, one.port) in numbers]
    by = holders(around.root, {one.inode for one in there})
    told = around.run(["ss", "-H", "-n", "-l", "-u", "-t", "-e"])
    device = devices(told.out)
    unknown = []
    for one in needed:
        here = [sock for sock in there if (sock.protocol, sock.port) == (one.protocol, one.port)]
        if around.serving and not here and one.role != "nfs":
            yield _NOT_SERVED.found(f"{one.protocol} {one.port}", **_words(one))
        if any(sock.inode not in by for sock in here) and not around.privileged:
            unknown.append(f"{one.protocol} {one.port}")
        yield from _port(around, one, here, by, device)
    yield from _ranges(around)
    if unknown:
        yield Blind(f"who holds {', '.join(unknown)} can be seen by root alone", "sudo pxeserve doctor")


def _port(around: Around, one: Wanted, here: list[Bound], by: dict[str, Process], device: dict[str, str]) -> Iterator[Finding]:
    ours = {network.name: network.address for network in around.networks}
    first = next(iter(ours), "eth0")
    held = any(sock.inode in by and by[sock.inode].ours for sock in here)
    for sock in here:
        who = by.get(sock.inode)
        if who is None:
            if not around.privileged or around.serving:
                continue
            who = Process(0, "kernel", unit="the kernel itself")
        if who.ours or (one.role == "nfs" and who.name.startswith("ganesha") and around.serving):
            continue
        if not any(sock.overlaps(address) for address in ours.values() or [None]):
            continue
        words = {**_words(one), "holder": who, "interface": first, "advice": _advice(who).format(interface=first)}
        where = f"{one.protocol} {one.port}"
        on = device.get(sock.inode)
        if on is not None and on not in ours and one.role == "dhcp":
            yield _ELSEWHERE.found(where, device=on, **words)
        elif held or around.serving:
            yield _BESIDE.found(where, **words)
        else:
            yield _TAKEN.found(where, **words)


def _ranges(around: Around) -> Iterator[Finding]:
    """Ports of transfers that somebody else sits on."""
    config = around.config
    ranges = [("tftp", "udp", config.tftp.port_range, "[tftp] ports")] if not config.tftp.single_port else []
    if config.ftp.enabled:
        ranges.append(("ftp", "tcp", config.ftp.port_range, "[ftp] passive_ports"))
    for role, protocol, ports, key in ranges:
        inside = [one for one in bound(around.root) if one.protocol == protocol and one.port in ports]
        by = holders(around.root, {one.inode for one in inside})
        foreign = {one.port: by[one.inode] for one in inside if one.inode in by and not by[one.inode].ours}
        if len(foreign) * _SHARE > len(ports):
            holder = next(iter(foreign.values()))
            yield _RANGE.found(key, count=len(foreign), ports=f"{ports[0]}-{ports[-1]}", role=role, holder=holder, key=key)


def _words(one: Wanted) -> dict[str, object]:
    return {"protocol": one.protocol.upper(), "port": one.port, "role": one.role, "key": one.key}


def _advice(who: Process) -> str:
    if who.name == "dnsmasq" and ("libvirt" in who.command or who.user.startswith("libvirt") or "libvirt" in who.unit):
        return _STOP["libvirt"]
    known = next((advice for name, advice in _STOP.items() if who.name.startswith(name[:15])), "")
    if known:
        return known
    return f"systemctl disable --now {who.unit}" if who.unit.endswith(".service") else f"stop it (pid {who.pid})"


CHECK = Check(
    "ports",
    "who holds the ports of DHCP, 4011, TFTP, HTTP, the console, FTP and NFS: name, pid, user and unit",
    "proc(5); systemd.network(5); libvirt.org/formatnetwork",
    (_TAKEN, _BESIDE, _ELSEWHERE, _RANGE, _NOT_SERVED),
    look,
    sentences={f"advice for {name}": advice for name, advice in _STOP.items()},
)
