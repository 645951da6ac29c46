"""A data folder with no room left: nothing is promised that is not on the disk, and all that needs no room goes on."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.fetching import http_get, tftp_get
from tests.faults.leasing import ACK, REQUEST, Answer, Crowd, ask_all, given_away, lost, request
from tests.faults.service import Service, until
from tests.faults.space import Space
from tests.faults.test_killed import missing

pytestmark = pytest.mark.netns
SERVER = ("127.0.0.1", 67)
KNOWN = "52:54:00:aa:00:01"


@pytest.fixture
def small() -> Iterator[Path]:
    """A folder that the service's user can reach, with a small file-system mounted as `data`: ext4 in a file, or else memory."""
    folder = Path(tempfile.mkdtemp(prefix="pxf", dir="/var/tmp"))
    folder.chmod(0o755)
    data, image = folder / "data", folder / "image"
    data.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=False)
    kinds = (["-o", "loop", str(image)], ["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
    try:
        tried = [
            subprocess.run(["mount", *kind, str(data)], capture_output=True, text=True, check=False)
            for kind in kinds
            if not data.is_mount()
        ]
        if not data.is_mount():
            pytest.skip(f"a small file-system cannot be mounted here: {tried[-1].stderr.strip()}")
        shutil.rmtree(data / "lost+found", ignore_errors=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(data)], capture_output=True, check=False)
        shutil.rmtree(folder)


class Ballast:
    """Files that take all the room there is, to the last byte."""

    def __init__(self, folder: Path) -> None:
        self._files = [folder / "ballast", folder / "ballast-crumbs"]

    def take(self) -> None:
        for file, step in zip(self._files, (1 << 20, 256), strict=True):
            with file.open("ab", buffering=0) as out:
                try:
                    while out.write(bytes(step)):
                        pass
                except OSError:
                    continue

    def give_back(self) -> None:
        for file in self._files:
            file.unlink(missing_ok=True)


def recorded(service: Service, kind: str) -> int:
    """How many events of this kind are in the record."""
    with sqlite3.connect(f"file:{service.data}/state/events.db?mode=ro", uri=True) as connection:
        return int(connection.execute("SELECT count(*) FROM event WHERE kind = ?", (kind,)).fetchone()[0])


def on_disk(service: Service, crowd: Crowd, aside: Path) -> list[str]:
    """What was acknowledged and does not lie on the disk, read from a copy as a start after a crash would find it."""
    aside.mkdir()
    for suffix in ("", "-wal"):
        if (file := service.data / "state" / f"leases.db{suffix}").exists():
            shutil.copy(file, aside / file.name)
    return missing(crowd.record, aside / "leases.db")


def renewed(sock: socket.socket, held: dict[bytes, str]) -> dict[bytes, Answer]:
    """Each machine asks to keep what it has (RENEWING)."""
    asked = dict(enumerate(held, 0x30000000))
    heard = ask_all(sock, SERVER, {xid: request(REQUEST, who, xid, ciaddr=held[who]) for xid, who in asked.items()})
    return {asked[xid]: said for xid, said in heard.items()}


def everything_else_is_served(space: Space, body: bytes) -> None:
    """A file over TFTP and HTTP, and the menus of machines that install nothing."""
    with space.udp() as sock:
        assert tftp_get(sock, ("127.0.0.1", 69), "body.bin") == body
    with space.tcp(("127.0.0.1", 80)) as conn:
        assert http_get(conn, "/f/body.bin") == (200, body)
    for name in ("pxelinux.cfg/default", f"pxelinux.cfg/01-{KNOWN.replace(':', '-')}"):
        with space.udp() as sock:
            assert b"localboot" in tftp_get(sock, ("127.0.0.1", 69), name).lower(), name
    with space.tcp(("127.0.0.1", 80)) as conn:
        status, script = http_get(conn, f"/ipxe/{KNOWN}.pcbios")
        assert status == 200 and script.startswith(b"#!ipxe"), script


def test_a_full_disk_stops_new_promises_and_nothing_else(
    small: Path, alone: Space, furnish: Callable[..., Service], body: bytes, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    service = furnish(alone, folder=small)
    service.start()
    service.told("profile", "add", "plain")
    service.told("host", "add", "--mac", KNOWN, "--name", "known", "--profile", "plain")
    everything_else_is_served(alone, body)
    sock = alone.udp()
    crowd = Crowd(alone.udp(), SERVER)
    crowd.lease(0.3)
    crowd.finish()
    before = dict(crowd.record.of)
    ballast = Ballast(service.data)
    ballast.take()

    began, refused_at = time.monotonic(), len(service.log)
    crowd.lease(3.0)
    ballast.take()  # what the event record and the checkpoints have given back meanwhile
    crowd.lease(1.0)
    assert "leases cannot be stored" in service.log[refused_at:], "the disk was not full"
    at_least = crowd.record.total
    crowd.lease(2.0)
    stored_meanwhile = len(crowd.record.of) - len(before)
    assert crowd.record.total == at_least, "nothing new is promised any more"
    assert not on_disk(service, crowd, tmp_path / "while-full")

    answers = renewed(sock, before)
    assert answers.keys() == before.keys(), "everybody who has a lease is answered"
    assert all(said.kind == ACK and said.address == before[who] and 60 <= said.seconds < 3600 for who, said in answers.items())
    assert not given_away(sock, SERVER, list(before.items())[:20])
    everything_else_is_served(alone, body)

    dead = service.kill("dhcp")
    service.again("dhcp", dead)
    assert not lost(sock, SERVER, crowd.record.of.items()), "and after a kill on the full disk"
    everything_else_is_served(alone, body)
    full_for = time.monotonic() - began

    ballast.give_back()
    freed = time.monotonic()
    total = crowd.record.total
    until(lambda: crowd.lease(0.05) or crowd.record.total > total, "leases again", patience=30)
    recovered = time.monotonic() - freed
    assert recovered <= 5.0
    crowd.finish()
    assert not on_disk(service, crowd, tmp_path / "after")
    assert not crowd.record.doubled
    until(lambda: recorded(service, "dhcp.not-stored"), "a person can read it in the record")
    assert "Traceback" not in service.log
    figure(
        f"full for {full_for:.0f} s: {stored_meanwhile} more leases stored and acknowledged, then none; 0 not stored, {len(answers)} of "
        f"{len(before)} renewals answered, {recovered:.2f} s until new leases after room was made"
    )


def test_a_service_started_on_a_full_disk_serves_what_needs_no_room(
    small: Path, alone: Space, furnish: Callable[..., Service], body: bytes
) -> None:
    service = furnish(alone, folder=small)
    service.start()
    service.told("profile", "add", "plain")
    service.told("host", "add", "--mac", KNOWN, "--name", "known", "--profile", "plain")
    sock = alone.udp()
    crowd = Crowd(alone.udp(), SERVER)
    crowd.lease(0.3)
    crowd.finish()
    ballast = Ballast(service.data)
    ballast.take()
    service.kill("parent")
    ballast.take()
    service.start()
    everything_else_is_served(alone, body)
    assert not lost(sock, SERVER, crowd.record.of.items())
    ballast.give_back()
    total = crowd.record.total
    until(lambda: crowd.lease(0.05) or crowd.record.total > total, "leases again", patience=5)


def test_the_disk_check_sees_a_promise_that_is_not_stored(
    small: Path, alone: Space, furnish: Callable[..., Service], tmp_path: Path
) -> None:
    """The control: one acknowledgement that no disk has."""
    service = furnish(alone, folder=small)
    service.start()
    crowd = Crowd(alone.udp(), SERVER)
    crowd.lease(0.1)
    crowd.finish()
    assert not on_disk(service, crowd, tmp_path / "sound")
    crowd.record.acknowledged(b"\x02\0\0\0\0\1", "10.99.0.1")
    assert on_disk(service, crowd, tmp_path / "not") == ["02:00:00:00:00:01 lost 10.99.0.1"]
