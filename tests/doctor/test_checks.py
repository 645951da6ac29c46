"""Every fault that the doctor knows is found where it is, and not where it is not. What needs a wire is in test_wire.py."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.doctor import clock, ports
from pxeserve.doctor import servers as dhcp_servers
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import MOST, Seen, examine
from pxeserve.doctor.disk import judge_room
from pxeserve.doctor.finding import Blind, Finding, Grade, State
from pxeserve.doctor.registry import CHECKS, named
from pxeserve.domain.host import Host, Profile
from pxeserve.store import Store, inventory
from tests.doctor import shown_in_what_is_served, shown_on_the_machine, shown_on_the_network
from tests.doctor.conftest import NOW, SUBNET, Make
from tests.doctor.shown import MAC, ON_THE_WIRE, looked, told
from tests.doctor.shown_in_what_is_served import imported
from tests.doctor.shown_on_the_network import heard, holds, judged

FILES = (shown_in_what_is_served, shown_on_the_machine, shown_on_the_network)
SCENARIOS = {key: scenario for file in FILES for key, scenario in file.shows.scenarios.items()}


def known_faults() -> set[str]:
    return {f"{check.name}/{fault.code}" for check in CHECKS for fault in check.faults}


def test_every_fault_is_shown_by_some_test() -> None:
    assert known_faults() - ON_THE_WIRE == set(SCENARIOS)


@pytest.mark.parametrize("key", sorted(SCENARIOS))
def test_what_is_wrong_is_found_with_every_word_filled_in(key: str, make: Make, store: Store, tmp_path: Path) -> None:
    found = list(SCENARIOS[key](make, store, tmp_path))
    one = next((seen for seen in found if isinstance(seen, Finding) and seen.code == key.partition("/")[2]), None)
    assert one is not None, found
    for text in (one.text, one.where, one.tell, one.fix):
        assert text and not re.search(r"\{\w+\}", text), one


HEALTHY = {"dhcp": {"mode": "server", "subnet": [SUBNET]}}


@pytest.mark.parametrize("name", [check.name for check in CHECKS if check.name not in ("reach", "dhcp-servers", "clock")])
def test_a_healthy_machine_has_nothing_wrong(name: str, make: Make, store: Store, tmp_path: Path) -> None:
    """In a house where all is well no check finds anything; those that cannot look say so."""
    if name == "disk" and any(judge_room(tmp_path, os.statvfs(tmp_path))):
        pytest.skip("the disk of this machine is nearly full itself")
    around = make(config=HEALTHY, store=store, privileged=False)
    (around.root / "proc/net/udp").write_text("head\n")
    (around.root / "proc/self").mkdir(exist_ok=True)
    (around.root / "proc/self/mountinfo").write_text("21 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    if name == "loaders":
        imported(make, store, {"pxelinux.0": b"PXELINUX 4.05 ", "mboot.c32": b"\xb8\xfe\x4c\xcd\x21"})
    if name == "permissions":
        around = replace(around, serving=True) if os.geteuid() else make(config={**HEALTHY, "server": {"user": "root"}})
    (result,) = examine(named([name]), around)
    assert [one for one in result.findings if one.grade is not Grade.NOTE] == []
    assert result.state in (State.FINE, State.BLIND)


def test_a_clock_that_is_kept_is_fine_in_any_time_zone() -> None:
    assert list(clock.judge(time.time(), True)) == []
    assert [type(one) for one in clock.judge(NOW, None)] == [Blind]


def test_ordinary_answers_of_the_one_other_server_are_fine_beside_a_proxy(make: Make) -> None:
    around = make()
    assert list(judged(around, heard())) == []
    assert list(judged(around, heard(next_server="10.77.0.1", boot_file="pxelinux.0"))) == []


def test_a_port_that_this_service_holds_itself_is_fine(make: Make) -> None:
    around = holds(make, 69, name="pxe-tftp")
    assert [one.code for one in looked("ports", around) if isinstance(one, Finding)] == []


def test_who_may_not_see_a_holder_says_so(make: Make) -> None:
    around = replace(holds(make, 69), privileged=False)
    (around.root / "proc/77/fd/0").unlink()
    seen = list(looked("ports", around))
    assert [type(one) for one in seen] == [Blind]
    assert "root alone" in str(seen)


@pytest.mark.parametrize(
    ("name", "command", "advice"),
    [
        ("dnsmasq", "/usr/sbin/dnsmasq\0--conf-file=/var/lib/libvirt/dnsmasq/default.conf", "virsh net-edit default"),
        ("dnsmasq", "/usr/sbin/dnsmasq", "except-interface=eth0"),
        ("dhcpd", "", "isc-dhcp-server"),
        ("systemd-network", "", "DHCPServer=no"),
        ("xinetd", "", "/etc/xinetd.d/tftp"),
        ("in.tftpd", "", "tftpd-hpa"),
    ],
)
def test_each_known_holder_gets_its_own_advice(make: Make, name: str, command: str, advice: str) -> None:
    around = holds(make, 67, name=name)
    (around.root / "proc/77/cmdline").write_text(command)
    (found,) = [one for one in looked("ports", around) if isinstance(one, Finding)]
    assert advice in found.fix
    assert name in found.text and "pid 77" in found.text


def test_the_exact_rule_for_firewalld_is_printed(make: Make, store: Store, tmp_path: Path) -> None:
    found = [one for one in SCENARIOS["firewall/closed"](make, store, tmp_path) if isinstance(one, Finding)]
    fixes = {one.where: one.fix for one in found}
    rule = "firewall-cmd --permanent --zone=public --add-port=40000-40999/udp && firewall-cmd --reload"
    assert fixes["eth0 40000-40999/udp"] == rule
    assert "eth0 69/udp" not in fixes and "eth0 67/udp" not in fixes
    assert "--add-port=80/tcp" in fixes["eth0 80/tcp"]


def test_no_check_passes_in_silence_when_it_fails(make: Make) -> None:
    def broken(_: Around) -> Seen:
        raise RuntimeError("a mistake")
        yield

    (result,) = examine([replace(ports.CHECK, look=broken)], make())
    assert result.state is State.BLIND and "RuntimeError: a mistake" in result.blind[0].text


def test_what_others_say_is_made_harmless(make: Make) -> None:
    (found,) = [one for one in judged(make(), heard(next_server="\x1b[2J", boot_file="a\u202eb")) if one.code == "other-boot-file"]
    assert "\x1b" not in found.text and "\u202e" not in found.text and "\\x1b[2J" in found.text


def test_endless_findings_are_cut(make: Make) -> None:
    many = [heard(f"10.77.1.{n}", boot_file="x", lends=False) for n in range(100)]
    check = replace(dhcp_servers.CHECK, look=lambda around: judged(around, heard(), *many))
    (result,) = examine([check], make())
    assert len(result.findings) == MOST
    assert "60 more" in result.blind[0].text


def test_strangers_without_a_loader_are_one_finding_and_a_host_its_own(make: Make, store: Store) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("p", None, None, {}))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "p"))
    rows = [{"kind": "dhcp.discover", "mac": f"52:54:00:77:00:{n:02x}", "data": {"arch": "7"}} for n in range(1, 60)]
    told(store, *rows)
    found = [one for one in looked("loaders", make(store=store)) if isinstance(one, Finding) and one.code == "firmware"]
    assert [one.where for one in found] == ["xen01", "uefi-x64"]
    assert "58 unknown machines, such as 52:54:00:77:00:3b" in found[1].text


def test_a_firewall_is_not_called_open_by_who_cannot_read_it(make: Make) -> None:
    seen = list(looked("firewall", make(privileged=False)))
    assert [type(one) for one in seen] == [Blind]
