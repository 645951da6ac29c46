"""A machine that boots from the network and installs itself, from DHCP to its last report. And what is needed to arm it."""

from __future__ import annotations

import re
import secrets
import select
import socket
import time
from collections import Counter
from dataclasses import dataclass, field

from pxeserve import wire
from pxeserve.boot import gather
from pxeserve.domain.host import BootWords, Host, Profile
from pxeserve.repo.imports import import_medium
from pxeserve.repo.sample import make_sample
from pxeserve.store import inventory, open_store
from pxeserve.store import loaders as stored
from tests.faults.fetching import Cut, http_get, tftp_get
from tests.faults.leasing import ACK, AGENT, DISCOVER, OFFER, REQUEST, Answer, answer, option, request
from tests.faults.service import Service
from tests.faults.space import Space, ip

ELF = b"\x7fELF" + bytes(2000)
SET = {"pxelinux.0": b"PXELINUX 6.04 PXE" + bytes(2000), "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF}
SERVER = "127.0.0.1"
MAC, ADDRESS, NAME = "52:54:00:77:00:01", "10.78.0.7", "demo01"


def stock(service: Service) -> None:
    """Loaders, a medium, a profile and the host, so that it can be armed."""
    store = open_store(service.data)
    with gather.laid(service.data / "loaders", "debian", SET) as rows, store.site.write() as connection:
        stored.put(connection, "debian", "a set made for this test", time.time(), rows)
    make_sample(service.folder / "sample")
    import_medium(store, service.data, service.folder / "sample", "sample", lambda *_: None, "test", time.time())
    answers = {
        "primary-disk": "sda", "root-password": "a-planted-secret", "timezone": "Europe/London", "keymap": "us",
        "admin-interface": {"name": "eth0", "proto": "dhcp"},
    }  # fmt: skip
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("demo", medium="sample", answers=answers, words=BootWords()))
        inventory.put_host(connection, Host(0, NAME, (MAC,), "demo", address=ADDRESS))
    store.close()
    service.give()
    service.more += "[answerfile]\nallow_plaintext = true\n"
    ip("-n", service.space.name, "address", "add", "10.78.0.1/16", "dev", "lo")  # the whole network lies on loopback


def arm(service: Service) -> str:
    """Arm the host; "armed", or why not. Raises OSError while nobody is there."""
    return _asked_for(service, "host.install", confirm=NAME) or "armed"


def cancel(service: Service) -> str:
    """End whatever is armed or under way; why not, if not. Raises OSError while nobody is there."""
    return _asked_for(service, "host.cancel")


def _asked_for(service: Service, verb: str, **more: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(30)
        sock.connect(str(service.data / "run" / wire.SOCKET_NAME))
        wire.send(sock, {"verb": verb, "arguments": {"name": NAME, **more}})
        for message in wire.messages(sock):
            if "result" in message or "error" in message:
                return str(message["error"]["message"]) if "error" in message else ""
    raise ConnectionError("no last word")


@dataclass
class Machine:
    """One machine. `answerfiles` counts those that it got whole, by their bytes."""

    space: Space
    answerfiles: Counter[bytes] = field(default_factory=Counter)
    path: str = ""
    script: str = ""
    mac: str = MAC
    address: str = ADDRESS

    def boot(self) -> bool:
        """From power-on to the end of the menu; whether it leads to an installer, which has its answerfile then. Raises Cut and OSError."""
        file = self._address()
        if not file:  # it asked for the same loader again and again, which looks like a loop: left to its own disk for a minute
            return False
        folder = file.rsplit("/", 1)[0]
        name = f"{folder}/pxelinux.cfg/01-{self.mac.replace(':', '-')}"
        with self.space.udp(self.address) as sock:
            tftp_get(sock, (SERVER, 69), file, patience=3)
        with self.space.udp(self.address) as sock:
            menu = tftp_get(sock, (SERVER, 69), name, patience=3).decode()
        found = re.search(r"http://127\.0\.0\.1(/a/[\w-]+)", menu)
        if not found:
            assert "localboot" in menu.lower(), menu
            return False
        self.path = found[1]
        self.fetch()
        return True

    def fetch(self) -> None:
        """The answerfile, as an installer does it. Raises Cut when it does not come whole."""
        status, body = self._get(self.path)
        if status != 200:
            raise Cut(f"answerfile: {status}")
        assert b"</installation>" in body, body
        self.answerfiles[body] += 1
        found = re.search(rb"http://127\.0\.0\.1(/s/[\w-]+/[\w-]+)", body)
        assert found, body
        self.script = found[1].decode()

    def install(self) -> None:
        """What comes after the answerfile: its script, and the report that all is done."""
        status, body = self._get(self.script)
        if status != 200:
            raise Cut(f"script: {status}")
        found = re.search(rb"http://127\.0\.0\.1(/p/[\w-]+)", body)
        assert found, body
        self._get(found[1].decode() + "/done")

    def _get(self, path: str) -> tuple[int, bytes]:
        with self.space.tcp((SERVER, 80), self.address, timeout=5) as conn:
            return http_get(conn, path)

    def _address(self) -> str:
        """DHCP as a BIOS does it; the boot file."""
        pxe = (option(60, b"PXEClient:Arch:00000:UNDI:002001"), option(93, bytes(2)), option(55, bytes((1, 3, 6, 43, 60, 66, 67))))
        chaddr, xid = bytes.fromhex(self.mac.replace(":", "")), secrets.randbits(32)
        with self.space.udp() as sock:
            offer, _ = _asked(sock, request(DISCOVER, chaddr, xid, *pxe, agent=AGENT), xid, OFFER)
            wanted = (option(50, socket.inet_aton(offer.address)), option(54, offer.server))
            said, data = _asked(sock, request(REQUEST, chaddr, xid, *wanted, *pxe, agent=AGENT), xid, ACK)
        assert said.address == self.address
        return _boot_file(data)


def _asked(sock: socket.socket, message: bytes, xid: int, kind: int) -> tuple[Answer, bytes]:
    for _ in range(5):
        sock.sendto(message, (SERVER, 67))
        while select.select([sock], [], [], 1.0)[0]:
            data = sock.recv(4096)
            said = answer(data)
            if said.xid == xid and said.kind == kind:
                return said, data
    raise Cut("no DHCP")


def _boot_file(data: bytes) -> str:
    at = 240
    while data[at] != 255:
        if data[at] == 67:
            return data[at + 2 : at + 2 + data[at + 1]].rstrip(b"\0").decode()
        at += 1 if data[at] == 0 else 2 + data[at + 1]
    return data[108:236].split(b"\0")[0].decode()
