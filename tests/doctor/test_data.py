"""The doctor's data: its page, its names, makers of cards, and files of other people's programs."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.dhcp.packet import BOOTREPLY, Message, Type, encode
from pxeserve.dhcp.route import EVERYBODY, frame
from pxeserve.doctor import disk, firewalld, iptables, nft, proc
from pxeserve.doctor.book import page
from pxeserve.doctor.counted import MEANINGS
from pxeserve.doctor.probe import answer
from pxeserve.doctor.registry import CHECKS, named
from pxeserve.doctor.rules import Fate, Numbers, Packet
from pxeserve.doctor.vendors import maker
from pxeserve.errors import PxeserveError

DOCS = Path(__file__).parents[2] / "docs" / "doctor.md"


def test_the_page_is_the_one_that_is_drawn_today() -> None:
    """Draw it again: python -c 'from pxeserve.doctor.book import page; print(page(), end="")' > docs/doctor.md"""
    assert DOCS.read_text() == page()


def test_names_are_unique_and_every_fault_says_why_and_what_to_do() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.source and check.looks_at and check.faults
        assert len({fault.code for fault in check.faults}) == len(check.faults)
        for fault in check.faults:
            for text in (fault.text, fault.tell, fault.fix):
                assert text and not text.endswith(".")
                list(string.Formatter().parse(text))  # its braces are whole
    assert len({(one.source, one.reason) for one in MEANINGS}) == len(MEANINGS)


def test_a_check_is_asked_for_by_name() -> None:
    assert [check.name for check in named(["mtu", "address"])] == ["address", "mtu"]
    assert named([]) == list(CHECKS)
    with pytest.raises(PxeserveError, match="there is no check nothing"):
        named(["mtu", "nothing"])


@pytest.mark.parametrize(
    ("mac", "who"),
    [
        ("52:54:00:12:34:56", "QEMU or libvirt"),
        ("00:15:5d:01:02:03", "Microsoft (Hyper-V)"),
        ("b8:69:f4:01:02:03", "MikroTik"),
        ("34:31:c4:01:02:03", "AVM (FRITZ!Box)"),
        ("02:42:ac:11:00:02", "Docker"),
        ("fe:fd:07:e7:cc:45", "made-up MAC, as virtual machines have"),
        ("00:22:72:00:00:01", "American Micro-Fuel Device Corp."),
        ("00:00:01:00:00:01", "unknown maker"),
    ],
)
def test_makers_of_cards(tmp_path: Path, mac: str, who: str) -> None:
    folder = tmp_path / "usr/share/ieee-data"
    folder.mkdir(parents=True)
    (folder / "oui.txt").write_text("00-22-72   (hex)\t\tAmerican Micro-Fuel Device Corp.\n002272     (base 16)\t\tAmerican\n")
    assert maker(mac, tmp_path) == who


def fates(text: str, packet: Packet) -> set[Fate]:
    return set(iptables.read(text, Numbers()).fates(packet))


IPTABLES = """*nat
:PREROUTING ACCEPT [0:0]
COMMIT
*filter
:INPUT DROP [0:0]
:site - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i eth0 -p udp -m multiport --dports 67,69,4011 -j site
-A INPUT -p udp -m udp --dport 40000:40999 -m comment --comment "the transfers' ports" -j DROP
-A INPUT -p tcp -m tcp --dport 80 -m recent --update --seconds 60 -j DROP
-A INPUT ! -i eth1 -p tcp -m tcp --dport 80 -j ACCEPT
-A site -s 192.0.2.0/24 -j DROP
-A site -j ACCEPT
COMMIT
"""


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (Packet("udp", 40100, "eth0"), {Fate.DROP}),
        (Packet("udp", 40100, "eth0", state="established"), {Fate.ACCEPT}),
        (Packet("udp", 69, "eth0"), {Fate.ACCEPT, Fate.DROP}),
        (Packet("udp", 69, "eth1"), {Fate.DROP}),
        (Packet("tcp", 80, "eth0"), {Fate.ACCEPT, Fate.DROP}),
        (Packet("tcp", 21, "eth0"), {Fate.DROP}),
    ],
)
def test_rules_of_iptables(packet: Packet, expected: set[Fate]) -> None:
    assert fates(IPTABLES, packet) == expected


UFW = """*filter
:INPUT DROP [0:0]
:ufw-before-input - [0:0]
:ufw-not-local - [0:0]
:ufw-user-input - [0:0]
:ufw-logging-deny - [0:0]
-A INPUT -j ufw-before-input
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -j ufw-not-local
-A ufw-before-input -j ufw-user-input
-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
-A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
-A ufw-not-local -j DROP
-A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
-A ufw-user-input -p udp -m udp --dport 67 -j ACCEPT
-A ufw-user-input -i eth0 -p udp -m multiport --dports 69,40000:40999 -j ACCEPT
COMMIT
"""


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (Packet("udp", 67, "eth0", broadcast=True), Fate.ACCEPT),
        (Packet("udp", 69, "eth0"), Fate.ACCEPT),
        (Packet("udp", 40500, "eth0"), Fate.ACCEPT),
        (Packet("udp", 69, "eth1"), Fate.DROP),
        (Packet("udp", 4011, "eth0"), Fate.DROP),
        (Packet("tcp", 80, "eth0"), Fate.DROP),
        (Packet("tcp", 80, "lo"), Fate.ACCEPT),
    ],
)
def test_rules_as_ufw_writes_them(packet: Packet, expected: Fate) -> None:
    assert fates(UFW, packet) == {expected}


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_nothing_that_looks_like_a_rule_set_raises_anything_else(told: object) -> None:
    for text in (json.dumps(told), json.dumps({"nftables": [told, {"rule": told}, {"chain": told}]})):
        try:
            nft.read(text, Numbers())
        except ValueError:
            continue


def test_a_zone_of_firewalld(tmp_path: Path) -> None:
    zones = tmp_path / "etc/firewalld/zones"
    zones.mkdir(parents=True)
    (zones / "public.xml").write_text("<zone><port port='80' protocol='tcp'/></zone>")
    (zones / "rack.xml").write_text("<zone target='ACCEPT'><interface name='eth1'/></zone>")
    (zones / "broken.xml").write_text("<zone><interface name='eth0'")
    (zones / "evil.xml").write_text('<!DOCTYPE z [<!ENTITY e SYSTEM "file:///etc/passwd">]><zone><interface name="eth7"/>&e;</zone>')
    (tmp_path / "etc/firewalld/firewalld.conf").write_text("# DefaultZone=drop\nDefaultZone=public\n")
    zone = firewalld.zone_of(tmp_path, "eth0")
    assert zone is not None and zone.name == "public"
    assert zone.opens("tcp", 80, 80) and not zone.opens("tcp", 80, 81) and not zone.opens("udp", 80, 80)
    rack = firewalld.zone_of(tmp_path, "eth1")
    assert rack is not None and rack.opens("udp", 40000, 40999)


def test_ranges_of_a_zone_may_touch() -> None:
    zone = firewalld.Zone("z", False, (("udp", 40500, 40999), ("udp", 40000, 40499)), ())
    assert zone.opens("udp", 40000, 40999) and not zone.opens("udp", 40000, 41000)


def test_ufw_is_on_when_its_file_says_so(tmp_path: Path) -> None:
    assert not firewalld.ufw_enabled(tmp_path)
    (tmp_path / "etc/ufw").mkdir(parents=True)
    (tmp_path / "etc/ufw/ufw.conf").write_text("LOGLEVEL=low\nENABLED=yes\n")
    assert firewalld.ufw_enabled(tmp_path)


def test_the_file_system_of_a_path_is_that_of_the_longest_mount() -> None:
    lines = "1 0 8:1 / / rw - ext4 a rw\n2 1 0:1 / /srv rw - nfs4 b rw\n3 2 0:2 / /srv/a\\040b rw shared:1 - xfs c rw\n"
    assert [disk.kind_of(lines, Path(path)) for path in ("/var", "/srv/x", "/srv/a b/c", "/srvx")] == ["ext4", "nfs4", "xfs", "ext4"]


def test_addresses_of_the_kernels_tables(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/udp").write_text("head\n 1: 0100007F:0045 00000000:0000 07 0:0 0:0 0 0 0 7 2\n broken\n")
    mapped = "0000000000000000FFFF00000100007F"
    (tmp_path / "proc/net/tcp6").write_text(f"head\n 1: {mapped}:0050 {'0' * 32}:0000 0A 0:0 0:0 0 0 0 8 2\n")
    assert [(one.protocol, one.address, one.port) for one in proc.bound(tmp_path)] == [("udp", "127.0.0.1", 69), ("tcp", "127.0.0.1", 80)]


@given(st.binary(max_size=400))
def test_no_frame_raises(data: bytes) -> None:
    answer(data, "eth0", "02:00:00:00:00:01", 7)
    message = Message(BOOTREPLY, 7, "02:00:00:00:00:01", {53: bytes((Type.OFFER,)), 60: data[:200], 67: data[:200]}, file=b"")
    source = message.yiaddr
    whole = frame("52:54:00:00:00:02", "ff:ff:ff:ff:ff:ff", (source, 67), (EVERYBODY, 68), encode(message))
    heard = answer(whole, "eth0", "02:00:00:00:00:01", 7)
    assert heard is not None and heard.asked and heard.mac == "52:54:00:00:00:02"
