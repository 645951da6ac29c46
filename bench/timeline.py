"""How long a host's timeline takes to open, in this process, on one core: from the state on disk to what is printed as JSON. Its record is
as long as one query gives, of installations as they are: some files over TFTP, then hundreds of packages.
"""

from __future__ import annotations

import gc
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pxeserve.config import Config
from pxeserve.domain.host import Host, Profile
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import Store, inventory, open_store
from pxeserve.store.events import MOST

LIMIT = 0.1
"""Seconds of CPU."""
PACKAGES = 480
_MAC, _HOST = "52:54:00:77:00:01", "xen01"
_TURNS = 9
_BECAUSE = [
    {"weight": "chose", "code": "armed", "text": "xen01 is armed for a fresh installation", "source": "install k3d9"},
    {"weight": "chose", "code": "loader", "text": "gets pxelinux.0, as its firmware is BIOS", "source": "loader set debian"},
]
_FILES = (
    ("pxelinux.0", 42_000), ("ldlinux.c32", 119_000), ("pxelinux.cfg/01-52-54-00-77-00-01", 400), ("mboot.c32", 25_000),
    ("m/xcp83/boot/xen.gz", 1_200_000), ("m/xcp83/boot/vmlinuz", 9_000_000), ("m/xcp83/install.img", 160_000_000),
)  # fmt: skip


def record(start: float) -> Iterator[Event]:
    """One installation's events after another, without end."""
    at, number = start, 0
    while True:
        number += 1
        session, install = f"p5gqazacr4iet3prnmcjera4y{number:06}", f"i{number}"
        yield Event("install.armed", at, host=_HOST, install=install, data={"mode": "fresh", "medium": "xcp83", "by": "root"})
        yield from _boot(at, session)
        at += 200
        yield Event("http.answerfile", at, "answerfile delivered", mac=_MAC, install=install, data={"outcome": "delivered", "bytes": 1500})
        for package in range(1, PACKAGES + 1):
            at += 0.5
            data = {
                "medium": "xcp83", "path": f"Packages/package-{package}-1.2.3-4.x86_64.rpm", "status": 200, "bytes": 900_000,
                "total": 900_000, "seconds": 0.031, "outcome": "done", "package": package, "packages": PACKAGES,
            }  # fmt: skip
            yield Event("http.file", at, f"xcp83/Packages/package-{package}: 900000 bytes", mac=_MAC, install=install, data=data)
        yield Event("http.progress", at + 90, "reports done", mac=_MAC, install=install, data={"stage": "done"})
        yield Event("install.done", at + 90, host=_HOST, install=install, data={"because": "the installer reported done"})
        at += 3600


def _boot(at: float, session: str) -> Iterator[Event]:
    named = {"because": _BECAUSE, "file": f"b/{session}/debian/pxelinux.0"}
    asked = {"arch": 0, "vendor_class": "PXEClient:Arch:00000:UNDI:002001", "xid": "1"}
    yield Event("dhcp.discover", at + 10, "asks", mac=_MAC, data=asked)
    yield Event("dhcp.offer", at + 10.1, "is offered 10.77.0.5", mac=_MAC, session=session, data=named)
    yield Event("dhcp.ack", at + 14, "gets 10.77.0.5", mac=_MAC, session=session, data=named)
    for number, (name, size) in enumerate(_FILES):
        data = {
            "file": f"b/{session}/debian/{name}", "rule": "loader set debian", "operation": "RRQ", "mode": "octet", "port": 2070 + number,
            "asked": {"blksize": "1408", "tsize": "0"}, "outcome": "done", "granted": {"blksize": "1408"}, "size": size, "bytes": size,
            "blocks": size // 1408 + 1, "retransmits": 0, "seconds": 0.4, "detail": "",
        }  # fmt: skip
        yield Event("tftp.transfer", at + 15 + number, f"{name}: {size} bytes", mac=_MAC, session=session, data=data)
    yield Event("boot.menu", at + 18, "menu for installer", mac=_MAC, session=session, data={"target": "installer", "because": _BECAUSE})


def opened(store: Store, config: Config) -> tuple[float, int]:
    """Seconds of CPU, the median of some turns, and the bytes of the answer."""
    context = Context(config, store, Actor("bench"), lambda _: None)
    took, answer = [], b""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # as the service's children have it
    for _ in range(_TURNS):
        gc.collect()
        began = time.process_time()
        answer = json.dumps(registry.call(context, "timeline", {"host": _HOST})).encode()
        took.append(time.process_time() - began)
    return sorted(took)[len(took) // 2], len(answer)


def main() -> int:
    """Measure, print, and tell whether the limit is held."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder), migrate=True)
        with store.site.write() as connection:
            inventory.put_profile(connection, Profile("rack"))
            inventory.put_host(connection, Host(0, _HOST, (_MAC,), "rack"))
        events = record(time.time() - 40 * 86_400)
        ledger = Ledger(store)
        for _ in range(MOST // 500):
            ledger.write([next(events) for _ in range(500)])
        took, size = opened(store, Config.model_validate({"server": {"data": folder}}))
        store.close()
    verdict = "held" if took < LIMIT else "MISSED"
    print(f"{verdict}: a timeline of {MOST} events opens in {took * 1000:.0f} ms of CPU (limit {LIMIT * 1000:g}); {size} bytes of JSON")
    return 0 if took < LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
