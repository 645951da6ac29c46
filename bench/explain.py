"""How long `explain` takes the service: for an idle host, an armed one and a stranger, among a thousand hosts and a record of many events.

In this process, since the admin socket adds the same to every command. No peer has the like.
"""

from __future__ import annotations

import argparse
import gc
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from pxeserve.config import load
from pxeserve.domain.host import Host
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.repo.sample import make_modern_sample
from pxeserve.store import events, inventory, open_store
from pxeserve.supervisor import prepare

LIMIT = 0.020
"""Seconds of the service's CPU, for 99 of 100."""
HOSTS, EVENTS = 1000, 50_000
_SUBNET = {"network": "10.0.0.0/8", "range": ["10.0.1.0", "10.0.9.255"]}
_ANSWERS = ["primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]


def mac(number: int) -> str:
    """Of host `number`."""
    return (0x525400000000 | number).to_bytes(6).hex(":")


def furnished(folder: Path) -> Context:
    """A site with a medium, loaders, hosts and a record; half of the record is one host's."""
    data = folder / "data"
    (data / "run").mkdir(parents=True)
    prepare.fill(data)
    server = {"interface": "lo", "address": "10.0.0.1", "data": str(data)}
    config = load(env={}, overrides={"server": server, "dhcp": {"mode": "server", "subnet": [_SUBNET]}})
    context = Context(config, open_store(data), Actor("bench"), lambda _progress: None)
    make_modern_sample(folder / "xcp83", "xcp-8.3")
    registry.call(context, "loaders.import", {})
    registry.call(context, "media.import", {"source": folder / "xcp83", "name": "xcp83"})
    registry.call(context, "profile.add", {"name": "rack", "medium": "xcp83", "set": _ANSWERS})
    with context.store.site.write() as connection:
        for number in range(HOSTS):
            inventory.put_host(connection, Host(0, f"xen{number:04}", (mac(number),), "rack"))
    with context.store.events.write() as connection:
        for at in range(EVENTS):
            number = 0 if at % 2 else at // 2 % HOSTS
            data_of = {"firmware": "uefi-x64", "quirks": ["uefi-67-alone"], "because": [{"code": "idle", "text": "x", "source": "y"}]}
            row = {"kind": "dhcp.offer", "at": at, "mac": mac(number), "host": f"xen{number:04}", "text": "", "data": data_of}
            events.add(connection, [row])
    return context


def measured(context: Context, rounds: int, **asked: Any) -> list[float]:
    """Seconds of CPU for each of so many."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        registry.call(context, "explain", asked)
        taken.append(time.process_time() - began)
    return sorted(taken)


def main() -> int:
    """Measure, print, and tell whether the limit is held."""
    parser = argparse.ArgumentParser(prog="bench/run explain")
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    held = True
    with tempfile.TemporaryDirectory(prefix="pxeserve-bench.") as folder:
        context = furnished(Path(folder))
        registry.call(context, "host.install", {"name": "xen0001", "confirm": "xen0001"})
        cases: dict[str, dict[str, str]] = {
            "idle": {"mac": "xen0000"},
            "armed": {"mac": mac(1)},
            "stranger": {"mac": mac(HOSTS)},
            "iPXE": {"mac": mac(2), "firmware": "ipxe"},
        }
        for asked in cases.values():
            registry.call(context, "explain", asked)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # as the service's children have it
        print(f"milliseconds of CPU an explanation, {HOSTS} hosts, {EVENTS} events, {rounds} times: median, 99 of 100, worst")
        for name, asked in cases.items():
            taken = measured(context, rounds, **asked)
            late = taken[int(len(taken) * 0.99) - 1]
            held = held and late < LIMIT
            print(f"{name:10}{median(taken) * 1000:8.2f}{late * 1000:8.2f}{taken[-1] * 1000:8.2f}")
        context.store.close()
    print(f"{'held' if held else 'MISSED'}: 99 of 100 within {LIMIT * 1000:g} ms")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
