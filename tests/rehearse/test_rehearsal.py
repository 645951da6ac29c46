"""A rehearsal against a real running service: it reaches the end, or it names the step that stops it, and why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pxeserve.domain.host import Host, PlainBoot, Profile
from pxeserve.rehearse import installer
from pxeserve.rehearse.channel import relayed
from pxeserve.rehearse.dhcp import DhcpClient, Lease
from pxeserve.rehearse.menu import names
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.step import Step
from pxeserve.rehearse.walk import Walk
from pxeserve.repo.sample import make_sample
from pxeserve.store import inventory, media
from pxeserve.store import tables as t

MAC = "52:54:00:77:00:01"
UP_TO_MENU = ["address", "boot loader", "ldlinux.c32", "menu"]
BOOT_FILES = ["mboot.c32", "libcom32.c32", "xen.gz", "vmlinuz", "install.img"]
INSTALLER = ["installer's address", "words for the installer", "answerfile", "repositories", *(f"package {i} of 6" for i in range(1, 7))]


def everything_of_the_host(house: Any) -> dict[str, list[Any]]:
    """All that a rehearsal must leave as it is."""
    tables = (t.host, t.host_mac, t.install, t.rehearsal, t.install_token)
    with house.store.site.read() as connection:
        site = {table.name: connection.execute(select(table)).all() for table in tables}
    with house.store.leases.read() as connection:
        leases = connection.execute(select(t.lease).where(t.lease.c.state == "bound")).all()
    return {**site, "lease": leases}


def failed(steps: list[Step], name: str) -> Step:
    """The last step, which must be the failed one called `name`."""
    *before, last = steps
    assert all(step.ok for step in before)
    assert (last.name, last.ok) == (name, False), last
    return last


@contextmanager
def changed(path: Path, content: bytes | None) -> Iterator[None]:
    """The file with other content, or gone, for a while."""
    before = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    yield
    path.unlink(missing_ok=True)
    path.write_bytes(before)


def test_a_machine_reaches_the_end_and_the_host_is_as_before(house: Any) -> None:
    before = everything_of_the_host(house)
    done = house.cli("rehearse", MAC, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"].startswith("rehearsal ok: demo01")
    assert told["not_walked"]
    first = [step["name"] for step in told["steps"] if step["boot"] == 1]
    second = [step["name"] for step in told["steps"] if step["boot"] == 2]
    assert first == [*UP_TO_MENU, "menu leads to an installer", *BOOT_FILES, *INSTALLER, "hook script", "report done"]
    assert second == [*UP_TO_MENU, "own disk"]
    sizes = {step["name"]: step["bytes"] for step in told["steps"] if step["boot"] == 1}
    assert (sizes["xen.gz"], sizes["vmlinuz"], sizes["install.img"]) == (180_000, 700_000, 1_500_000)
    assert everything_of_the_host(house) == before


MODERN = "52:54:00:77:00:83"


@pytest.mark.parametrize(
    ("firmware", "mac"),
    [("ipxe", MAC), *((firmware, MODERN) for firmware in ("bios", "uefi-x64", "ipxe", "ipxe-uefi", "uefi-http"))],
)
def test_every_kind_of_machine_reaches_the_end(house: Any, firmware: str, mac: str) -> None:
    done = house.cli("rehearse", mac, "--firmware", firmware, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, told["steps"][-1]
    assert told["steps"][-1]["name"] == "own disk"
    assert any(step["name"].startswith("package 1 of") for step in told["steps"])


def test_uefi_and_a_medium_from_before_it_stop_at_the_address(house: Any) -> None:
    told = json.loads(house.cli("rehearse", MAC, "--firmware", "uefi-x64", "--json").stdout)
    assert (told["steps"][-1]["name"], told["steps"][-1]["ok"]) == ("address", False)


def test_firmware_that_cannot_be_helped_stops_at_its_address(house: Any) -> None:
    told = json.loads(house.cli("rehearse", MAC, "--firmware", "uefi-arm64", "--json").stdout)
    last = told["steps"][-1]
    assert (last["name"], last["ok"]) == ("address", False)
    assert "no boot file" in last["text"]


def test_the_last_line_says_it_and_names_what_was_not_walked(house: Any) -> None:
    done = house.cli("rehearse", MAC)
    lines = done.stdout.rstrip().splitlines()
    assert done.returncode == 0
    assert lines[-1].startswith("rehearsal ok:")
    assert "not walked:" in lines
    assert "a-planted-secret" not in done.stdout + done.stderr


def test_an_armed_host_stays_armed_through_a_rehearsal(house: Any) -> None:
    house.ask("host.install", name="demo01")
    try:
        before = everything_of_the_host(house)
        assert house.cli("rehearse", MAC).returncode == 0
        assert everything_of_the_host(house) == before
        assert [row.state for row in before["install"]][-1] == "armed"
    finally:
        house.ask("host.cancel", name="demo01")


def test_the_answerfile_that_is_delivered_holds_no_password(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed, seen = installer._parsed, []
    monkeypatch.setattr(installer, "_parsed", lambda content, *said: seen.append(content) or parsed(content, *said))
    assert house.walk()[-1].ok
    assert b"<root-password" in seen[0]
    assert b"a-planted-secret" not in seen[0]


def test_a_missing_module_is_named(house: Any) -> None:
    with changed(house.data / "loaders/debian/ldlinux.c32", None):
        last = failed(house.walk(), "ldlinux.c32")
    assert "no such file" in last.text
    assert "pxeserve loaders import" in last.fix


def test_a_missing_boot_loader_is_named(house: Any) -> None:
    with changed(house.data / "loaders/debian/pxelinux.0", None):
        last = failed(house.walk(), "boot loader")
    assert "pxelinux.0" in last.text
    assert "pxeserve loaders import" in last.fix


def test_a_package_damaged_on_the_disk_is_named(house: Any) -> None:
    package = house.medium_folder() / "packages.main/kernel.tar.bz2"
    content = package.read_bytes()

    def damage(_: Plan) -> None:
        package.unlink()
        package.write_bytes(bytes((content[0] ^ 1,)) + content[1:])

    try:
        last = failed(house.walk(damage), "package 2 of 6")
    finally:
        package.unlink()
        package.write_bytes(content)
    assert "kernel.tar.bz2: MD5" in last.text
    assert last.fix.startswith("pxeserve media verify sample")


def test_a_package_cut_short_on_the_disk_is_named(house: Any) -> None:
    package = house.medium_folder() / "packages.main/xapi.tar.bz2"
    content = package.read_bytes()

    def cut(_: Plan) -> None:
        package.unlink()
        package.write_bytes(content[:1000])

    try:
        last = failed(house.walk(cut), "package 3 of 6")
    finally:
        package.unlink()
        package.write_bytes(content)
    assert "xapi.tar.bz2: 1000 bytes came" in last.text


def test_a_package_that_the_repository_no_longer_lists_is_named(house: Any) -> None:
    index = house.medium_folder() / "packages.linux/XS-PACKAGES"
    content = index.read_bytes()

    def forget(_: Plan) -> None:
        index.unlink()
        index.write_bytes(b"")

    try:
        last = failed(house.walk(forget), "repositories")
    finally:
        index.unlink()
        index.write_bytes(content)
    assert "packages.linux/guest-installer.tar.bz2" in last.text


def test_a_cancelled_rehearsal_is_led_to_its_own_disk(house: Any) -> None:
    def cancel(plan: Plan) -> None:
        house.ask("rehearse.end", mac=plan.mac, host=plan.host, verdict="cancelled")

    last = failed(house.walk(cancel), "menu leads to an installer")
    assert "own disk" in last.text
    assert "pxeserve explain" in last.fix


@pytest.mark.parametrize(
    ("port", "step", "says"),
    [("dhcp_port", "address", "nothing listens on UDP port 9"), ("tftp_port", "boot loader", "no answer from UDP port 9")],
)
def test_a_wrong_port_is_named(house: Any, port: str, step: str, says: str) -> None:
    last = failed(house.walk(lambda plan: replace(plan, **{port: 9})), step)
    assert says in last.text
    assert last.fix


def test_a_machine_whose_address_nothing_vouches_for_reads_no_installers_menu(house: Any) -> None:
    """Somebody else asks for the menu by the rehearsal's MAC, from an address that nobody lent."""
    class Intruder(DhcpClient):
        """Takes the boot file's name from its own lease, and talks from elsewhere."""

        def boot(self) -> Lease:
            return replace(super().boot(), address=IPv4Address("127.78.0.222"))

    plan = Plan.from_plain(house.ask("rehearse.begin", mac=MAC))
    try:
        with Intruder(plan, relayed(plan), waits=(1.0,)) as client:
            last = failed(list(Walk(plan, client, wait=0.3).steps()), "menu")
    finally:
        house.ask("rehearse.end", mac=plan.mac, host=plan.host, verdict="intruder")
    assert "withheld" in last.text
    assert names(plan.mac, IPv4Address("127.78.0.222"))[-1] == "default"


def test_what_cannot_be_rehearsed_says_what_to_do(house: Any) -> None:
    for arguments, says, fix in (
        (("52:54:00:99:99:99",), "no host has the MAC", "pxeserve host add"),
        (("nonsense",), "is not a MAC address", ""),
    ):
        done = house.cli("rehearse", *arguments)
        assert done.returncode == 1
        assert done.stdout.rstrip().splitlines()[-1].startswith("rehearsal failed:")
        assert says in done.stderr
        assert fix in done.stderr
        assert "Traceback" not in done.stderr


def test_the_timeline_tells_the_whole_story_with_nothing_missing(house: Any) -> None:
    done = house.cli("rehearse", MAC, "--json")
    assert done.returncode == 0
    house.recorded("rehearsal.ended", json.loads(done.stdout)["mac"])
    shown = house.cli("events", "--host", "demo01")
    assert shown.returncode == 0, shown.stderr
    for part in ("(rehearsal)", "led to: installer", "led to: own-disk", "pxelinux.0", "package 6 of 6", "the installer reports: done"):
        assert part in shown.stdout
    raw = [json.loads(line) for line in house.cli("events", "--host", "demo01", "--json", "--kind", "http").stdout.splitlines()]
    assert {"http.file", "http.answerfile", "http.script", "http.progress"} <= {event["kind"] for event in raw}
    assert all(event["host"] == "demo01" for event in raw)
    assert "a-planted-secret" not in json.dumps(raw)


def test_without_a_service_there_is_nothing_to_rehearse_against(house: Any) -> None:
    begun = Plan.from_plain(house.ask("rehearse.begin", mac=MAC))
    house.stop()
    try:
        with DhcpClient(begun, relayed(begun), waits=(0.3,)) as client:
            last = failed(list(Walk(begun, client).steps()), "address")
        done = house.cli("rehearse", MAC)
    finally:
        house.start()
        house.ask("rehearse.end", mac=begun.mac, host=begun.host, verdict="the service was stopped")
    assert "nothing listens on" in last.text
    assert done.returncode == 1
    assert "no service is running" in done.stderr


def test_an_installation_that_was_not_used_up_would_begin_again_and_that_is_a_failure(house: Any) -> None:
    """A machine that takes the installer's menu and never fetches its answerfile is led to the installer once more."""
    last = failed(house.walk(lambda plan: replace(plan, unattended=False)), "own disk")
    assert last.boot == 2
    assert "wiped twice" in last.text


def test_plain_files_are_used_up_by_their_ram_disk(house: Any) -> None:
    mac = "52:54:00:77:00:02"
    for name in ("vmlinuz", "initrd.gz"):
        (house.data / "files" / name).write_bytes(name.encode() * 1000)
    with house.store.site.write() as connection:
        inventory.put_profile(connection, Profile("debian", plain=PlainBoot(kernel="vmlinuz", initrd="initrd.gz", args="quiet")))
        inventory.put_host(connection, Host(0, "plain01", (mac,), "debian"))
    done = house.cli("rehearse", mac, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [(step["boot"], step["name"]) for step in json.loads(done.stdout)["steps"]]
    assert steps[5:7] == [(1, "vmlinuz"), (1, "initrd.gz")]
    assert steps[-1] == (2, "own disk")


def test_two_rehearsals_of_one_host_at_once_do_not_meet(house: Any) -> None:
    one, other = (Plan.from_plain(house.ask("rehearse.begin", mac=MAC)) for _ in range(2))
    try:
        with DhcpClient(one, relayed(one)) as first, DhcpClient(other, relayed(other)) as second:
            walks = zip(Walk(one, first).steps(), Walk(other, second).steps(), strict=True)
            assert all(step.ok and beside.ok for step, beside in walks)
    finally:
        for plan in (one, other):
            house.ask("rehearse.end", mac=plan.mac, host=plan.host, verdict="two at once")


@pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")
@pytest.mark.parametrize("lies", ["image", "in-place"])
def test_a_medium_that_was_not_copied_is_installed_from_to_the_end(house: Any, tmp_path: Path, lies: str) -> None:
    """Loader of the medium's own over TFTP, kernel and RAM disk as the menu names them, each package over HTTP with its sum."""
    source, name, mac = tmp_path / "tree", f"lies-{lies}", f"52:54:00:77:01:{len(lies):02x}"
    make_sample(source)
    if lies == "image":
        image = tmp_path / "disc.iso"
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", image, source], check=True, capture_output=True)
        source = image
    answer = house.ask("media.import", source=[str(source)], name=name, lies=lies)
    assert (answer["lies"], answer["place"]) == (lies, str(source))
    assert not any(folder.name.startswith(name) for folder in (house.data / "media").iterdir())
    with house.store.site.write() as connection:
        demo = next(profile for profile in inventory.profiles(connection) if profile.name == "demo")
        inventory.put_profile(connection, replace(demo, name=name, medium=name))
        inventory.put_host(connection, Host(0, name, (mac,), name))
    done = house.cli("rehearse", mac)
    assert "rehearsal ok:" in done.stdout, done.stdout + done.stderr
    assert f"m/{name}/boot/xen.gz" in done.stdout
    os.utime(source if lies == "image" else source / "boot" / "xen.gz")
    again = house.cli("rehearse", mac)  # touched, read again, and found to be what it was
    assert "rehearsal ok:" in again.stdout, again.stdout + again.stderr
    with (source if lies == "image" else source / "boot" / "xen.gz").open("r+b") as file:
        if lies == "image":
            with house.store.site.read() as connection:
                file.seek(next(row.offset for row in media.files(connection, name) if row.path == "boot/xen.gz"))
        file.write(b"another")
    failed = house.cli("rehearse", mac)
    assert failed.returncode == 1
    assert "boot/xen.gz" in failed.stdout + failed.stderr
