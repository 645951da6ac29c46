"""Inside a container: whether machines' broadcasts can get in, and whether the rights are there that binding and answering need.

Sources: docker-netbootxyz issues 11 and 14 (answers from the container's own address); capabilities(7); Docker Desktop runs a virtual
machine whose network no broadcast of a LAN enters.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Fault, Finding, Grade

_BRIDGES = tuple(IPv4Network(text) for text in ("172.16.0.0/12", "10.88.0.0/16", "10.89.0.0/16"))
"""What Docker and Podman give their bridges by themselves."""

_CAPABILITIES = {10: "NET_BIND_SERVICE", 13: "NET_RAW"}
_SIGNS = (".dockerenv", "run/.containerenv")

_DESKTOP = Fault(
    "desktop",
    Grade.STOPS,
    "this container runs in Docker Desktop's virtual machine ({kernel})",
    "no broadcast of the real network gets in there, whatever ports are published: DHCP can never work",
    "run pxeserve on a Linux machine that is on the machines' network",
)
_BRIDGE = Fault(
    "bridge",
    Grade.STOPS,
    "this container is on a bridge of its own ({address}), and machines are told {told}",
    "DISCOVERs do not get in, TFTP's answers leave from other ports than were published, and no machine reaches that address",
    "use the host's network (docker run --network host; Kubernetes: hostNetwork: true); or macvlan; or tell machines the host's address "
    "(PXESERVE_SERVER__ADDRESS, [server] address) with PXESERVE_TFTP__SINGLE_PORT=true, publish the ports, and let a relay send DHCP here",
)
_PORTS = Fault(
    "bridge-ports",
    Grade.STOPS,
    "this container is on a bridge of its own ({address}); machines are told {told}, and TFTP answers from ports {ports}",
    "those were not published: each machine asks for its loader and hears nothing (PXE-E32)",
    "PXESERVE_TFTP__SINGLE_PORT=true, or in the configuration [tftp] single_port = true",
)
_MISSING = Fault(
    "capability",
    Grade.HARMS,
    "this process may not have {capability}",
    "{why}",
    "docker run --cap-add {capability} (Podman the same; Kubernetes: securityContext.capabilities.add)",
)
_WHY = {
    "NET_BIND_SERVICE": "the ports of DHCP, TFTP and HTTP are below 1024 and cannot be bound",
    "NET_RAW": "a machine without an address is answered by broadcast alone, and other DHCP servers cannot be looked for",
}


def look(around: Around) -> Seen:
    """Which container, if any; its network; its rights."""
    if not inside(around):
        return
    kernel = (around.text("proc/sys/kernel/osrelease") or "").strip()
    if "linuxkit" in kernel or "microsoft" in kernel:
        yield _DESKTOP.found("container", kernel=kernel)
    for network in around.networks:
        own = network.own
        if own is None or network.interface is None or network.interface.loopback:
            continue
        if not _bridged(around, network.name, own.ip):
            continue
        if network.address == own.ip:
            yield _BRIDGE.found(network.name, address=own, told=network.address)
        elif not around.config.tftp.single_port:
            yield _PORTS.found(network.name, address=own, told=network.address, ports=around.config.tftp.ports)
    yield from _rights(around)


def inside(around: Around) -> bool:
    """Whether this is a container, by the signs that its makers leave."""
    if any((around.root / sign).exists() for sign in _SIGNS):
        return True
    first = around.text("proc/1/environ") or ""
    groups = around.text("proc/1/cgroup") or ""
    return "container=" in first or any(sign in groups for sign in ("/docker", "/kubepods", "/libpod", "/lxc"))


def _bridged(around: Around, name: str, own: IPv4Address) -> bool:
    """Whether `name` is this end of a pipe to a bridge that no cable leads to. On the host's own network it is a card, whatever its address
    (a company may well use Docker's); with macvlan the kernel names its kind. A pipe with an address of a real network is LXC's."""
    card = f"sys/class/net/{name}"
    index, link, kind = (around.text(f"{card}/{what}") for what in ("ifindex", "iflink", "uevent"))
    if index is not None and link is not None and (index.strip() == link.strip() or "DEVTYPE=" in (kind or "")):
        return False
    return any(own in bridge for bridge in _BRIDGES) or _in_a_pod(around)


def _in_a_pod(around: Around) -> bool:
    return "KUBERNETES_SERVICE_HOST=" in (around.text("proc/1/environ") or "")


def _rights(around: Around) -> Iterator[Finding]:
    if not around.privileged:
        return  # a child of the service has none on purpose; whoever bound its ports had them
    for line in (around.text("proc/self/status") or "").splitlines():
        if line.startswith("CapBnd:"):
            bits = int(line.split()[1], 16)
            for number, name in _CAPABILITIES.items():
                if not bits >> number & 1:
                    yield _MISSING.found(name, capability=name, why=_WHY[name])


CHECK = Check(
    "container",
    "in a container: bridges, Docker Desktop, and the capabilities NET_BIND_SERVICE and NET_RAW",
    "docker-netbootxyz issues 11 and 14; capabilities(7)",
    (_DESKTOP, _BRIDGE, _PORTS, _MISSING),
    look,
)
