"""Each fault that can be known beforehand, put into a really running service: the rehearsal names the step that it would stop, and why."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pxeserve.rehearse import doors
from pxeserve.rehearse.channel import relayed
from pxeserve.rehearse.dhcp import DhcpClient
from pxeserve.rehearse.plan import Plan
from pxeserve.rehearse.step import Step, StepFailedError
from pxeserve.rehearse.walk import Walk
from pxeserve.store import events, inventory, scripts
from pxeserve.store import tables as t

MAC, MODERN = "52:54:00:77:00:01", "52:54:00:77:00:83"


def foretold(house: Any, mac: str = MAC, *more: str) -> dict[str, Any]:
    """What a rehearsal says in JSON; it says no."""
    done = house.cli("rehearse", mac, "--json", *more)
    assert done.stdout, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False), told["verdict"]
    assert told["prediction"] is not None
    assert set(told) >= {"host", "mac", "ok", "verdict", "steps", "not_walked", "prediction", "also", "firmware", "heard"}
    return told


def all_told(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["step"], one["text"]) for one in (told["prediction"], *told["also"])]


def names(told: dict[str, Any], step: str, says: str) -> bool:
    return any(one == step and says in cause for one, cause in all_told(told))


@contextmanager
def content(path: Path, made: Callable[[bytes], bytes | None]) -> Iterator[None]:
    """The file with what `made` makes of it, or gone, for a while."""
    before = path.read_bytes()
    after = made(before)
    path.unlink()
    if after is not None:
        path.write_bytes(after)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(before)


@contextmanager
def answers(house: Any, profile: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Iterator[None]:
    """The profile with other answers for a while."""
    with house.store.site.write() as connection:
        before = next(one for one in inventory.profiles(connection) if one.name == profile)
        inventory.put_profile(connection, replace(before, answers=change(dict(before.answers))))
    try:
        yield
    finally:
        with house.store.site.write() as connection:
            inventory.put_profile(connection, before)


@contextmanager
def verified(house: Any, medium: str) -> Iterator[None]:
    """Afterwards the medium is good again."""
    try:
        yield
    finally:
        house.ask("media.verify", name=medium)


def flipped(data: bytes) -> bytes:
    return bytes((data[0] ^ 1,)) + data[1:]


def gone(_: bytes) -> None:
    return None


def other_machine(data: bytes) -> bytes:
    """An EFI program for 32-bit x86, as long as before, with what the server writes its configuration into."""
    head = b"MZ" + bytes(0x3A) + (0x80).to_bytes(4, "little") + bytes(0x40) + b"PE\0\0" + (0x14C).to_bytes(2, "little")
    return head + data[len(head) :]


def test_a_missing_loader(house: Any) -> None:
    with content(house.data / "loaders/debian/pxelinux.0", gone):
        told = foretold(house, MAC, "--firmware", "bios")
    assert told["prediction"]["step"] == "loader"
    assert "no such file" in told["prediction"]["text"]
    assert "pxeserve loaders import" in told["prediction"]["fix"]


def test_a_loader_of_the_wrong_architecture(house: Any) -> None:
    with content(house.data / "loaders/grub-debian/grubx64.efi", other_machine):
        told = foretold(house, MODERN, "--firmware", "uefi-x64")
    assert told["prediction"]["step"] == "loader"
    assert "is an EFI program for 32-bit x86, and this machine is x64" in told["prediction"]["text"]


def test_a_loader_that_the_table_has_none_of(house: Any) -> None:
    told = foretold(house, MAC, "--firmware", "uefi-x64")
    assert told["prediction"]["step"] == "loader"
    assert "XenServer before 7.0 starts from a BIOS only" in told["prediction"]["text"]
    assert told["prediction"]["source"] == "table of loaders"


def test_secure_boot_takes_no_unsigned_loader(house: Any) -> None:
    with house.store.site.write() as connection:
        before = next(one for one in inventory.profiles(connection) if one.name == "modern")
        inventory.put_profile(connection, replace(before, words=replace(before.words, secure_boot="yes")))
    try:
        told = foretold(house, MODERN, "--firmware", "uefi-x64")
    finally:
        with house.store.site.write() as connection:
            inventory.put_profile(connection, before)
    assert any("Secure Boot takes only what a vendor has signed" in cause for _, cause in all_told(told))


@pytest.mark.parametrize(
    ("path", "made", "step"),
    [
        ("boot/vmlinuz", flipped, "kernel"),
        ("boot/xen.gz", gone, "kernel"),
        ("install.img", gone, "RAM disk"),
        ("packages.main/kernel.tar.bz2", flipped, "packages"),
        ("packages.main/kernel.tar.bz2", gone, "packages"),
        ("packages.main/XS-REPOSITORY", gone, "repository"),
    ],
)
def test_a_medium_that_is_damaged_gets_no_menu_and_the_file_is_named_too(house: Any, path: str, made: Any, step: str) -> None:
    with verified(house, "sample"), content(house.medium_folder("sample") / path, made):
        told = foretold(house)
    assert told["prediction"]["step"] == "menu"
    assert "medium sample is damaged" in told["prediction"]["text"]
    assert names(told, step, path), all_told(told)
    assert told["steps"] == []
    assert "pxeserve media verify sample" in told["prediction"]["fix"]


@pytest.mark.parametrize("path", [".treeinfo", "repodata/repomd.xml"])
def test_a_modern_medium_without_what_its_installer_looks_for_first(house: Any, path: str) -> None:
    with verified(house, "xcp83"), content(house.medium_folder("xcp83") / path, gone):
        told = foretold(house, MODERN, "--firmware", "bios")
    assert told["prediction"]["step"] == "menu"
    assert names(told, "repository", path)


@pytest.mark.parametrize(
    ("path", "made", "step", "says"),
    [
        ("boot/vmlinuz", flipped, "kernel", "SHA-256"),
        ("install.img", lambda data: data[:-9], "RAM disk", "bytes came, and it had"),
        ("packages.main/kernel.tar.bz2", gone, "packages", "kernel.tar.bz2"),
        ("packages.main/XS-REPOSITORY", gone, "repository", "no longer list"),
    ],
)
def test_what_is_damaged_after_it_was_looked_at_is_walked_into(house: Any, path: str, made: Any, step: str, says: str) -> None:
    """Just before it is asked for: the service notices within seconds, and gives neither a menu nor an answerfile from then on."""
    last_before = "menu leads to an installer" if step in ("kernel", "RAM disk") else "answerfile"
    with verified(house, "sample"):
        file = house.medium_folder("sample") / path
        before = file.read_bytes()

        def damage(over: Step) -> None:
            if over.name != last_before:
                return
            after = made(before)
            file.unlink()
            if after is not None:
                file.write_bytes(after)

        try:
            last = house.walk(then=damage)[-1]
        finally:
            file.unlink(missing_ok=True)
            file.write_bytes(before)
    assert (last.ok, last.stage) == (False, step), last
    assert says in last.text


def test_an_answerfile_that_its_installer_refuses(house: Any) -> None:
    with answers(house, "demo", lambda now: {key: value for key, value in now.items() if key != "timezone"}):
        told = foretold(house)
    assert told["prediction"]["step"] == "answerfile"
    assert "timezone" in told["prediction"]["text"]
    assert told["steps"] == []


def test_an_answerfile_that_stops_before_a_person(house: Any) -> None:
    template = house.data / "templates" / "asks.xml"
    template.parent.mkdir(exist_ok=True)
    template.write_text(
        '<installation mode="{{ mode }}"><primary-disk>sda</primary-disk><keymap>us</keymap><timezone>Europe/London</timezone>'
        '<root-password type="{{ password.type }}">{{ password.text }}</root-password>'
        '<source type="{{ source.type }}">{{ source.address }}</source><admin-interface name="eth0" proto="dhcp"/>'
        "<ui-confirmation-prompt>yes</ui-confirmation-prompt>"
        '{% for stage, url in hooks.items() %}<script stage="{{ stage }}" type="url">{{ url }}</script>{% endfor %}</installation>'
    )
    try:
        with answers(house, "modern", lambda now: {**now, "template": "asks.xml"}):
            told = foretold(house, MODERN, "--firmware", "bios")
    finally:
        template.unlink()
    assert any("will wait for a person" in cause for _, cause in all_told(told)), all_told(told)
    assert told["prediction"]["step"] == "repository"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"#!/bin/sh\nif true; then\n", "cannot read this script"),
        (b"#!/usr/bin/ruby\nputs 1\n", "has no /usr/bin/ruby"),
        (b"#!/bin/sh\necho all is lost\nexit 3\n", "ends with exit 3"),
        (b"#!/bin/sh\r\necho\r\n", "carriage return"),
    ],
)
def test_a_script_that_fails(house: Any, body: bytes, says: str) -> None:
    with house.store.site.write() as connection:
        scripts.put(connection, "broken.sh", body, time.time())
    try:
        with answers(house, "demo", lambda now: {**now, "scripts": {"filesystem-populated": ["broken.sh"]}}):
            told = foretold(house)
    finally:
        with house.store.site.write() as connection:
            scripts.remove(connection, "broken.sh")
    assert told["prediction"]["step"] == "hook"
    assert says in told["prediction"]["text"]
    assert "broken.sh" in told["prediction"]["text"]


def test_what_a_good_script_does_is_said_to_be_unknown(house: Any) -> None:
    with house.store.site.write() as connection:
        scripts.put(connection, "good.sh", b"#!/bin/sh\nif [ -e /x ]; then\n  exit 1\nfi\nexit 0\n", time.time())
    try:
        with answers(house, "demo", lambda now: {**now, "scripts": {"filesystem-populated": ["good.sh"]}}):
            done = house.cli("rehearse", MAC, "--json")
    finally:
        with house.store.site.write() as connection:
            scripts.remove(connection, "good.sh")
    told = json.loads(done.stdout)
    assert told["ok"], told["prediction"]
    assert any("what script good.sh does" in one for one in told["not_walked"])


@pytest.mark.parametrize(
    ("state", "says"), [("answered", "its token is used up"), ("installing", "its token is used up"), ("frozen", "is frozen because")]
)
def test_an_arming_that_is_used_up_or_frozen(house: Any, state: str, says: str) -> None:
    armed = house.ask("host.install", name="demo01")
    try:
        with house.store.site.write() as connection:
            connection.execute(update(t.install).where(t.install.c.id == armed["install"]).values(state=state))
        told = foretold(house)
    finally:
        house.ask("host.cancel", name="demo01")
    assert told["prediction"]["step"] == "menu"
    assert says in told["prediction"]["text"]
    assert told["steps"][-1]["ok"]  # what an arming of its own would have come to is walked all the same


def test_a_stale_token_is_walked_into(house: Any) -> None:
    """The identity ends between its menu and its answerfile, as an arming does that lapses."""
    plan = Plan.from_plain(house.ask("rehearse.begin", mac=MAC))
    with DhcpClient(plan, relayed(plan)) as client:
        steps = []
        for step in Walk(plan, client, wait=0.3).steps():
            steps.append(step)
            if step.name == "words for the installer":
                house.ask("rehearse.end", mac=plan.mac, host=plan.host, verdict="ended early")
    assert (steps[-1].name, steps[-1].stage, steps[-1].ok) == ("answerfile", "answerfile", False)
    assert "token is stale" in steps[-1].text


def record(house: Any, *rows: dict[str, Any]) -> None:
    blank = {column.name: None for column in t.event.columns if column.name != "id"} | {"text": ""}
    with house.store.events.write() as connection:
        events.add(connection, [blank | row for row in rows])


def forget(house: Any, host: str) -> None:
    with house.store.events.write() as connection:
        connection.execute(t.event.delete().where(t.event.c.text == f"of {host}"))


def test_an_arming_that_lapses_before_the_slowest_known_machine_has_its_answerfile(house: Any) -> None:
    began, told = time.time() - 90_000, {"host": "demo01", "install": "slow0001", "text": "of demo01"}
    record(house, {**told, "kind": "install.booting", "at": began}, {**told, "kind": "install.answered", "at": began + 4000})
    try:
        said = foretold(house)
    finally:
        forget(house, "demo01")
    assert said["prediction"]["step"] == "answerfile"
    assert "lapses after 3600 s, and demo01 needed 4000 s" in said["prediction"]["text"]


def test_a_machine_that_was_last_seen_in_a_loop(house: Any) -> None:
    because = [{"weight": "refused", "code": "loop", "text": "grubx64.efi was named to this machine 3 times", "source": "dhcp"}]
    record(house, {"kind": "dhcp.refused", "at": time.time(), "mac": MAC, "text": "of demo01", "data": {"because": because}})
    try:
        said = foretold(house)
    finally:
        forget(house, "demo01")
    assert said["prediction"]["step"] == "loader"
    assert "was last seen in a loop" in said["prediction"]["text"]


def test_a_relay_that_no_subnet_holds(house: Any) -> None:
    record(house, {"kind": "dhcp.discover", "at": time.time(), "mac": MAC, "text": "of demo01", "data": {"relay": "10.9.0.1 0102"}})
    try:
        told = foretold(house)
    finally:
        forget(house, "demo01")
    assert told["prediction"]["step"] == "offered"
    assert "last heard through the relay agent 10.9.0.1, which is in none of the subnets" in told["prediction"]["text"]


def test_an_nfs_server_that_is_down(apart: Callable[..., Any]) -> None:
    house = apart((r"\[answerfile\]", '[nfs]\nenabled = true\nserver = "kernel"\n[answerfile]'))
    with answers(house, "modern", lambda now: {**now, "source": "nfs"}):
        told = foretold(house, MODERN, "--firmware", "bios")
    assert told["prediction"]["step"] == "repository"
    assert "TCP port 2049 of 127.0.0.1 (NFS): nothing listens there" in told["prediction"]["text"]


def test_the_firmware_is_the_one_that_the_machine_said_last(house: Any) -> None:
    asked = {"at": time.time(), "mac": MODERN, "host": "demo83", "text": "of demo83"}
    record(house, {**asked, "kind": "dhcp.discover", "data": {"arch": "7"}})
    answered = {"file": "b/x/ipxe-uefi/boot.ipxe", "firmware": "ipxe-uefi", "because": [{"code": "armed"}]}
    try:
        told = json.loads(house.cli("rehearse", MODERN, "--json").stdout)
        record(house, {**asked, "kind": "dhcp.offer", "session": "x", "data": answered})
        scripted = json.loads(house.cli("rehearse", MODERN, "--json").stdout)
    finally:
        forget(house, "demo83")
    assert told["ok"], told["prediction"]
    assert (told["firmware"], f"{MODERN} said uefi-x64" in told["heard"]) == ("uefi-x64", True)
    assert scripted["firmware"] == "ipxe-uefi"
    unheard = json.loads(house.cli("rehearse", MAC, "--json").stdout)
    assert (unheard["firmware"], "bios is assumed" in unheard["heard"]) == ("bios", True)


def test_a_source_that_is_not_served(house: Any) -> None:
    for over, says in (("ftp", "FTP is not served"), ("nfs", "NFS is not served")):
        with answers(house, "modern", lambda now, over=over: {**now, "source": over}):
            told = foretold(house, MODERN, "--firmware", "bios")
        assert told["prediction"]["step"] == "repository"
        assert says in told["prediction"]["text"]


def test_a_reservation_outside_of_every_subnet_is_only_told(house: Any) -> None:
    with house.store.site.write() as connection:
        host = inventory.host(connection, "demo01")
        assert host is not None
        inventory.put_host(connection, replace(host, address=IPv4Address("10.99.0.7")))
    try:
        told = json.loads(house.cli("rehearse", MAC, "--json").stdout)
    finally:
        with house.store.site.write() as connection:
            inventory.put_host(connection, host)
    assert (told["ok"], told["prediction"]) == (True, None)
    assert [(one["step"], one["stops"]) for one in told["also"]] == [("address", False)]


def test_every_kind_at_once(house: Any) -> None:
    done = house.cli("rehearse", MODERN, "--firmware", "all", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {one["firmware"] for one in told if one["ok"]} == {"bios", "uefi-x64", "uefi-http", "ipxe", "ipxe-uefi"}
    assert {one["prediction"]["step"] for one in told if not one["ok"]} == {"loader"}
    assert house.cli("rehearse", MODERN, "--firmware", "toaster").returncode == 2


@pytest.fixture
def apart(tmp_path: Path, furnished: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Houses of their own, with the configuration changed before they start."""
    started = []

    def start(*changes: tuple[str, str]) -> Any:
        house = furnished(tmp_path)
        text = house.config.read_text()
        for pattern, with_ in changes:
            text, count = re.subn(pattern, with_, text)
            assert count, pattern
        house.config.write_text(text)
        house.start()
        started.append(house)
        return house

    yield start
    for house in started:
        house.stop()
        house.store.close()


def test_dhcp_that_is_off(apart: Callable[..., Any]) -> None:
    house = apart((r'mode = "server"', 'mode = "off"'), (r"\[\[dhcp.subnet\]\]\n.*\n.*\n", ""))
    told = foretold(house)
    assert told["prediction"]["step"] == "offered"
    assert "DHCP is off" in told["prediction"]["text"]
    assert "dhcp snippet" in told["prediction"]["fix"]
    assert told["steps"] == []


def test_addresses_that_are_all_lent(apart: Callable[..., Any]) -> None:
    house = apart((r"127\.78\.0\.199", "127.78.0.101"))
    plan = Plan.from_plain(house.ask("rehearse.begin", mac=MAC))
    with DhcpClient(replace(plan, mac="52:54:00:99:00:01"), relayed(plan)) as client:
        client.configure()
    kept = foretold(house)
    assert kept["prediction"]["step"] == "offered"
    assert "are kept for hosts that are known: demo01 would get one" in kept["prediction"]["text"]
    with DhcpClient(replace(plan, mac=MODERN), relayed(plan)) as client:
        client.configure()
    house.ask("rehearse.end", mac=plan.mac, host=plan.host, verdict="they hold both addresses")
    told = foretold(house)
    assert told["prediction"]["step"] == "offered"
    assert "every address of 127.78.0.0/24 that may be lent is lent" in told["prediction"]["text"]
    assert names(told, "offered", "answered none of")


def test_a_port_that_somebody_else_serves_is_found_closed(house: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        doors.source(f"ftp://127.0.0.1:{port}/media/x", "8.2", house_address())
    for url, dialect, says in (
        (f"ftp://127.0.0.1:{port}/media/x", "8.2", f"TCP port {port} of 127.0.0.1 (FTP)"),
        ("ftp://127.0.0.9/media/x", "7.0", "TCP port 21 of 127.0.0.9 (FTP)"),
        ("nfs://127.0.0.9/media/x", "8.2", "TCP port 2049 of 127.0.0.9 (NFS)"),
        ("nfs://127.0.0.9/media/x", "6.5", "TCP port 111 of 127.0.0.9 (NFS)"),
    ):
        with pytest.raises(StepFailedError, match=re.escape(says)):
            doors.source(url, dialect, house_address())


def house_address() -> Any:
    return IPv4Address("127.0.0.1")
