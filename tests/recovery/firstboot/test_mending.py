"""A join that fails while the first boot waits for it: the real job, the real listener, the joining thread and a simulated pool."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import update

from pxeserve.domain.pool import Storage, StorageKind
from pxeserve.installs import first_boot
from pxeserve.installs.lapse import lapse
from pxeserve.recovery.firstboot.script import Pace
from pxeserve.recovery.joining import again
from pxeserve.recovery.secrets import Secrets, seal_secrets
from pxeserve.store import first_boots, joins, pools
from pxeserve.store import tables as t
from tests.recovery.firstboot.conftest import Site, System, pool
from tests.recovery.simulated import ROOT, Simulated

LOCAL = Storage("Local", StorageKind.LVM, device="/dev/sdb")
PATIENT = Pace(pause=0, turns=10_000, patience=20, most=3, mending=10_000)
POOLS, OWN = "the-pools-password", "once-1"   # the one that `Site.arm` seals


class Both:
    """A member that starts first, and the pool that it is to be joined to, which will not have it: its versions differ."""

    def __init__(self, site: Site, simulated: Simulated, system: Any, pace: Pace) -> None:
        self.site, self.simulated = site, simulated
        self.system: System = system("systemd")
        simulated.install("xen01", "127.82.9.1", password=POOLS)
        simulated.install("xen02", "127.82.9.2", password=OWN, version="8.2.1")
        for name, host in site.hosts.items():
            with site.store.site.write() as connection:
                connection.execute(update(t.host).where(t.host.c.id == host.id).values(address=f"127.82.9.{name[-1]}"))
        self.install, body = site.arm(pool(LOCAL), "xen02", "8.2", {}, pace=pace)
        with site.store.site.write() as connection:
            row = pools.pool(connection, "lab")
            assert row is not None
            pools.keep_secrets(connection, row.id, seal_secrets(Secrets(POOLS), row.id, site.keys))
            pools.keep_fingerprint(connection, site.hosts["xen01"].id, simulated.host("xen01")["fingerprint"], 1.0)
        print_ = simulated.host("xen02")["fingerprint"]
        (self.system.root / "usr/bin/openssl").write_text(f"#!/bin/sh\necho 'SHA256 Fingerprint={print_}'\n")
        self.system.place(body)

    @contextmanager
    def worker(self) -> Iterator[None]:
        port = self.simulated.host("xen01")["port"]
        command = [sys.executable, "-m", "tests.recovery.join_worker", str(self.site.data), str(port), "20"]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None and process.stdout is not None
            try:
                assert process.stdout.readline() == "ready\n"
                yield
            finally:
                process.stdin.close()
                process.wait(60)

    def start(self) -> subprocess.Popen[bytes]:
        words = ["chroot", str(self.system.root), "/bin/sh", "/etc/pxeserve/first-boot"]
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def until(self, holds: Any) -> None:
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, self.site.told()
            threading.Event().wait(0.05)

    def join(self) -> joins.JoinRow:
        with self.site.store.site.read() as connection:
            found = joins.of_install(connection, self.install)
        assert found is not None
        return found

    def mend(self) -> None:
        self.simulated.change("xen02", version="8.3.0")
        with self.site.store.site.write() as connection:
            again(connection, self.join(), time.time())

    def waits(self) -> list[str]:
        return [data["because"] for _, data in self.site.told("firstboot.step") if (data["step"], data["state"]) == ("join", "waiting")]

    def joined(self) -> list[str]:
        return sorted(one["name_label"] for one in self.simulated.records("xen01", "host").values() if one["enabled"])


def test_a_failed_join_is_mended_and_the_first_boot_goes_on_to_its_end(site: Site, simulated: Simulated, system: Any) -> None:
    both = Both(site, simulated, system, PATIENT)
    with both.worker():
        job = both.start()
        both.until(both.waits)
        assert both.join().state == joins.FAILED
        assert "xen02 runs XCP-ng 8.2.1" in both.waits()[0]
        assert (site.row(both.install).state, job.poll()) == ("running", None)
        both.mend()
        assert job.wait(60) == 0
    assert both.joined() == ["xen01", "xen02"]
    assert [one.split()[0] for one in both.system.acts] == ["host-param-set", "host-apply-edition", "sr-create"]
    assert site.told()[-1][0] == "firstboot.done"
    assert (site.row(both.install).state, site.row(both.install).sealed) == ("done", None)
    assert OWN not in str(site.told())


@pytest.mark.long
def test_a_host_that_starts_again_while_its_join_is_failed_goes_on_waiting(site: Site, simulated: Simulated, system: Any) -> None:
    both = Both(site, simulated, system, PATIENT)
    with both.worker():
        tries = both.system.root / "etc/pxeserve/first-boot.state/tries.join"
        for number in range(PATIENT.most + 1):  # more often than a step is tried
            if number:
                tries.write_text(f"{PATIENT.most - 1}\n")  # only a look at the failed join puts it back
            job = both.start()
            both.until(lambda: both.waits() and tries.read_text() == "0\n")
            job.kill()
            job.wait(60)
        both.mend()
        assert both.start().wait(60) == 0
    assert site.row(both.install).state == "done"


@pytest.mark.long
def test_a_first_boot_that_gave_up_on_its_join_leaves_the_password_until_it_is_joined(
    site: Site, simulated: Simulated, system: Any
) -> None:
    both = Both(site, simulated, system, Pace(pause=0, turns=500, patience=20, most=3, mending=2))
    with both.worker():
        assert both.start().wait(60) == 0
        assert site.row(both.install).state == "failed"
        with site.store.site.read() as connection:
            row = first_boots.of_install(connection, both.install)
            assert row is not None
            assert first_boot.one_time_password(connection, both.install, site.keys) == OWN
            assert first_boot.opened(row, site.keys) == first_boot.Kept(OWN), "the rest of it is forgotten"
        both.mend()
        both.until(lambda: both.join().state == joins.JOINED)
    assert both.joined() == ["xen01", "xen02"]
    assert site.row(both.install).sealed is None


@pytest.mark.long
def test_nobody_mends_it_for_a_day_and_the_password_is_forgotten(site: Site, simulated: Simulated, system: Any) -> None:
    both = Both(site, simulated, system, Pace(pause=0, turns=500, patience=20, most=3, mending=2))
    with both.worker():
        both.start().wait(60)
    assert site.row(both.install).sealed is not None
    lapse(site.store, time.time() + first_boot.LIFE + 1)
    assert site.row(both.install).sealed is None
