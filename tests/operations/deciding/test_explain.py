"""No branch without a reason, no reason without a meaning, no meaning that nothing ever says: of the decision, of DHCP, of `explain`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.config import load
from pxeserve.dhcp.booting import Boots
from pxeserve.dhcp.classify import classify
from pxeserve.dhcp.loops import LIMIT
from pxeserve.dhcp.packet import BOOTREQUEST, Message
from pxeserve.dhcp.quirks.make import typical
from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Decision, Loader, Reason, Site, Target, Weight, decide
from pxeserve.domain.host import Host
from pxeserve.domain.identity import Claim, Mark
from pxeserve.domain.medium import MediumState
from pxeserve.domain.reasons import CODES
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.installs.evidence import Evidence
from pxeserve.installs.subject import Subject
from pxeserve.operations.deciding import ready
from pxeserve.operations.deciding.lent import would
from pxeserve.operations.deciding.outlook import leaving as left_by
from pxeserve.operations.deciding.outlook import outlook
from pxeserve.operations.record.said import Said, gathered
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import events, installs, leases, media
from pxeserve.store.events import EventRow
from pxeserve.store.leases import LeaseRow, Sighting
from tests.domain import test_decide as decided
from tests.operations.test_site import MAC, OTHER, furnished
from tests.operations.test_site import Site as House

DOCS = Path(__file__).parents[3] / "docs" / "explain.md"
NAMED = re.compile(r"""(?:_chose\(|_refused\(|_over\(|Reason\(\s*Weight\.[A-Z_]+,)\s*"([a-z-]+)",""")
NOW = 1_000_000.0
ADDRESS, RELAY = "10.77.0.11", "10.88.0.1"
SUBNET = {"network": "10.77.0.0/24", "range": ["10.77.0.100", "10.77.0.199"]}
LOADED = Decision(Target.OWN_DISK, (), Loader("debian", "pxelinux.0", "test"))
GRUB = Decision(Target.OWN_DISK, (), Loader("grub-debian", "grubx64.efi", "test"))
SILENT = Decision(Target.ADDRESS_ONLY, ())
RESERVED = Host(1, "xen01", (MAC,), "rack", address=IPv4Address(ADDRESS))


def configured(mode: str, *subnets: dict[str, Any], address: str = "10.77.0.1") -> Any:
    return load(env={}, overrides={"server": {"interface": "lo", "address": address}, "dhcp": {"mode": mode, "subnet": list(subnets)}})


def lease(address: str = "10.77.0.150", until: float = NOW + 100) -> LeaseRow:
    return LeaseRow(IPv4Address(address), MAC, "", "", "bound", NOW - 100, until)


BARE = {"network": "10.77.0.0/24"}
WOULD = {
    "off": (("off", ()), LOADED, Said(last=1.0), (), ["dhcp-off"]),
    "beside": (("proxy", ()), LOADED, Said(last=1.0), (), ["dhcp-beside", "way", "other-server"]),
    "changed": (("proxy", ()), LOADED, Said(last=1.0, way="2 offers ..."), (), ["dhcp-beside", "way-changed", "other-server"]),
    "idle beside": (("proxy", ()), SILENT, Said(), (), ["dhcp-silent", "other-server", "never-heard"]),
    "pool": (("server", (SUBNET,)), LOADED, Said(last=1.0), (), ["dhcp-lends", "way", "pool"]),
    "lease": (("server", (SUBNET,)), LOADED, Said(last=1.0), (lease(),), ["dhcp-lends", "way", "lease"]),
    "lease of old": (("server", (SUBNET,)), LOADED, Said(last=1.0), (lease(until=NOW),), ["dhcp-lends", "way", "pool"]),
    "no file": (("server", (SUBNET,)), SILENT, Said(last=1.0), (), ["dhcp-no-file", "pool"]),
    "no range": (("server", (BARE,)), LOADED, Said(last=1.0), (), ["dhcp-no-address", "no-range"]),
    "far": (("server", (SUBNET,)), LOADED, Said(last=1.0, relay=f"{RELAY} 0a"), (), ["dhcp-no-address", "no-subnet"]),
}


@pytest.mark.parametrize("name", WOULD)
def test_what_dhcp_would_do_and_why(name: str) -> None:
    (mode, subnets), decision, found, held, codes = WOULD[name]
    told = would(configured(mode, *subnets), decision, typical(Firmware.BIOS), found, held, NOW)
    assert [one.code for one in told.because] == codes
    assert told.answers is (codes[0] in ("dhcp-beside", "dhcp-lends", "dhcp-no-file"))


def test_a_reservation_counts_before_a_lease_and_must_be_served() -> None:
    decision = Decision(Target.OWN_DISK, (), LOADED.loader, RESERVED)
    told = would(configured("server", BARE), decision, typical(Firmware.UEFI_X64), Said(last=1.0), (lease(),), NOW)
    assert (told.address, told.because[-1].code) == (IPv4Address(ADDRESS), "reservation")
    far = would(configured("server", {"network": "10.99.0.0/24"}), decision, typical(Firmware.BIOS), Said(last=1.0), (), NOW)
    assert [one.code for one in far.because] == ["dhcp-no-address", "reservation-elsewhere"]


def right(reasons: Iterable[Reason]) -> set[str]:
    """The codes of reasons that say all that a reason has to."""
    reasons = tuple(reasons)
    assert reasons
    for one in reasons:
        assert one.code in CODES
        assert one.text
        assert one.source
    return {one.code for one in reasons}


sites = st.sampled_from(
    [
        decided.SITE,
        Site(),
        Site(dict.fromkeys(Firmware, decided.LOADER)),
        Site(dict.fromkeys(Firmware, decided.LOADER), silent=dict.fromkeys(Firmware, "idle machines get none")),
    ]
)
FAR = configured("server", SUBNET, address="192.0.2.1")
settings = st.sampled_from([configured("off"), configured("proxy"), configured("server", BARE), configured("server", SUBNET), FAR])
recorded = st.builds(
    Said,
    st.sampled_from([None, *Firmware]),
    st.sampled_from([None, 0, 7, 4711]),
    relay=st.sampled_from([None, "", RELAY, "10.77.0.1 0a0b", "nonsense"]),
    address=st.sampled_from([None, ADDRESS, "nonsense"]),
    server=st.sampled_from([None, "10.77.0.2"]),
    way=st.sampled_from([None, "told otherwise"]),
    last=st.sampled_from([None, NOW]),
)
held = st.lists(st.builds(lease, st.sampled_from(["10.77.0.150", "10.99.0.9"]), st.sampled_from([NOW - 1, NOW + 1])), max_size=2).map(tuple)


@given(decided.clients, decided.hosts, decided.installs, sites, decided.profiles, decided.media, settings, recorded, held)
def test_every_decision_about_every_machine_has_reasons_that_say_all(
    client: Client, host: Any, install: Any, site: Site, profile: Any, medium: Any, config: Any, found: Said, holds: Any
) -> None:
    decision = decide(client, host, install, site, profile=profile, medium=medium, now=decided.NOW)
    right(decision.because)
    firmware = client.firmware or Firmware.BIOS
    told = would(config, decision, typical(firmware), found, holds, NOW)
    right(told.because)
    if decision.target is Target.OWN_DISK and decision.loader is not None and decision.loader.file in ("pxelinux.0", "grubx64.efi"):
        right(left_by(decision, firmware))
    steps = outlook(decision, firmware, told, http=False)
    assert steps
    assert all(steps)


EVENTS = [
    ("dhcp.discover", {"vendor_class": "PXEClient:Arch:00007:UNDI:003016", "arch": "7", "uuid": "u", "relay": RELAY}, None),
    ("dhcp.offer", {"firmware": "uefi-x64", "quirks": ["uefi-asks-4011"], "because": [{}]}, None),
    ("dhcp.quirk", {"quirk": "split-offer-ignored"}, None),
    ("dhcp.request", {"vendor_class": "PXEClient:Arch:00007:UNDI:003016", "arch": "7", "server": "10.77.0.2"}, "10.77.0.230"),
    ("dhcp.discover", {"vendor_class": "udhcp 1.35.0", "arch": "None"}, None),
]


def rows(count: int = len(EVENTS)) -> list[EventRow]:
    """The newest first."""
    made = [EventRow(i, NOW + i, kind, mac=MAC, address=at, text=kind, data=data) for i, (kind, data, at) in enumerate(EVENTS[:count])]
    return made[::-1]


def test_the_record_tells_what_the_firmware_said_and_not_what_the_installer_did() -> None:
    found = gathered(rows())
    assert (found.firmware, found.at, found.arch, found.last) == (Firmware.UEFI_X64, NOW + 1, 7, NOW + 4)
    assert (found.address, found.server, found.relay, found.uuid) == ("10.77.0.230", "10.77.0.2", RELAY, "u")
    assert found.vendor_class == "PXEClient:Arch:00007:UNDI:003016"
    assert (found.quirks, found.way) == (("uefi-asks-4011",), "dhcp.quirk")
    assert gathered(rows(1)).firmware is Firmware.UEFI_X64  # nothing but the question: its vendor class tells
    ipxe = {"vendor_class": "PXEClient:Arch:00007:UNDI:003010", "arch": "7", "user_class": "iPXE", "firmware": "uefi-x64"}
    assert gathered([EventRow(1, NOW, "dhcp.discover", mac=MAC, data=ipxe)]).firmware is Firmware.IPXE_UEFI
    assert gathered([]) == Said()


keys = st.sampled_from(["vendor_class", "arch", "uuid", "relay", "server", "firmware", "quirks"])
values = st.one_of(st.text(max_size=30), st.integers(), st.none(), st.lists(st.text(max_size=3)))


@given(st.lists(st.tuples(st.sampled_from([kind for kind, _, _ in EVENTS]), st.dictionaries(keys, values)), max_size=8))
def test_no_record_is_too_strange(course: list[tuple[str, dict[str, Any]]]) -> None:
    found = gathered([EventRow(1, NOW, kind, mac=MAC, text=kind, data=data) for kind, data in course])
    right(would(configured("server", SUBNET), LOADED, typical(Firmware.BIOS), found, (), NOW).because)


# --- the verb itself ---


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = furnished(tmp_path, dhcp={"mode": "server", "subnet": [{"network": "127.0.0.0/8", "range": ["127.77.0.100", "127.77.0.199"]}]})
    yield made
    made.context.store.close()


def codes(told: dict[str, Any]) -> set[str]:
    """Every code in an explanation."""
    sections = (told["because"], told["firmware_because"], told["dhcp"]["because"], told["leave"])
    found = [one for part in (*sections, told["evidence"], told["answerfile"], told["standing"]) for one in part]
    return right(Reason(Weight(one["weight"]), one["code"], one["text"], one["source"]) for one in found)


def record(house: House, *told: tuple[str, dict[str, Any]], mac: str = MAC) -> None:
    with house.context.store.events.write() as connection:
        events.add(connection, [{"kind": kind, "at": time.time(), "mac": mac, "text": kind, "data": data} for kind, data in told])


def test_a_hosts_name_is_as_good_as_its_card_and_means_the_one_heard_last(house: House) -> None:
    house.ask("host.set", name="xen01", mac=[MAC, OTHER])
    record(house, ("dhcp.offer", {"firmware": "ipxe-uefi", "because": [{}]}), mac=OTHER)
    told = house.ask("explain", mac="xen01")
    assert (told["mac"], told["firmware"], told["macs"]) == (OTHER, "ipxe-uefi", [MAC, OTHER])
    assert house.ask("explain", mac=MAC)["firmware"] == "bios"
    assert "there is no host of that name" in house.refused("explain", mac="xen09")


def test_the_firmware_is_what_the_machine_last_said_unless_another_is_asked_about(house: House) -> None:
    assert house.ask("explain", mac=MAC)["firmware_because"][0]["code"] == "firmware-assumed"
    record(house, ("dhcp.offer", {"firmware": "ipxe", "because": [{}]}))
    told = house.ask("explain", mac=MAC)
    assert (told["firmware"], told["firmware_because"][0]["code"], told["loader"]["file"]) == ("ipxe", "firmware-said", "boot.ipxe")
    assert house.ask("explain", mac=MAC, firmware="bios")["firmware_because"][0]["code"] == "firmware-asked"


def test_of_a_machine_that_was_never_heard_it_is_told_what_was_ignored(house: House) -> None:
    minute = int(time.time()) // 60
    with house.context.store.events.write() as connection:
        counts = {(minute, "dhcp", "not-pxe"): 2, (minute - 1, "dhcp", "not-pxe"): 1}
        events.add_counts(connection, {**counts, (minute, "tftp", "x"): 9, (minute - 99, "dhcp", "old"): 9})
    assert house.ask("explain", mac=MAC)["dhcp"]["ignored"] == {"not-pxe": 3}
    record(house, ("dhcp.discover", {}))
    assert house.ask("explain", mac=MAC)["dhcp"]["ignored"] == {}


def test_quirks_in_force_are_named(house: House) -> None:
    assert {"bios-bypass"} <= {one["name"] for one in house.ask("explain", mac=MAC)["quirks"]}
    assert {"ipxe-77", "bios-bypass"} <= {one["name"] for one in house.ask("explain", mac=MAC, firmware="ipxe")["quirks"]}


def scenarios(house: House) -> Iterator[dict[str, Any]]:
    """One explanation after another, so that every code of the verb's own is said."""
    store = house.context.store
    yield house.ask("explain", mac=MAC)
    yield house.ask("explain", mac=MAC, firmware="bios")
    yield house.ask("explain", mac="52:54:00:99:99:99")
    record(house, ("dhcp.offer", {"firmware": "bios", "because": [{}]}))
    yield house.ask("explain", mac=MAC)
    at = IPv4Address("127.77.0.100")
    for mac in (OTHER, MAC):
        with store.leases.write() as connection:
            leases.put_sightings(connection, [Sighting(at, mac, time.time())])
        with store.events.write() as connection:
            events.add(connection, [{"kind": "dhcp.request", "at": time.time(), "mac": MAC, "address": str(at), "text": "", "data": {}}])
        yield house.ask("explain", mac=MAC)
    with store.leases.write() as connection:
        leases.put(connection, [LeaseRow(at, MAC, "", "", "bound", time.time(), time.time() + 99)])
    yield house.ask("explain", mac=MAC)
    house.ask("profile.set", name="rack", set=["timezone="])
    yield house.ask("explain", mac=MAC)
    house.ask("profile.set", name="rack", set=["timezone=Europe/London"])
    house.ask("host.set", name="xen01", set=["serial=CZ3040ABCD"])
    house.ask("host.install", name="xen01", confirm="xen01")
    yield house.ask("explain", mac=MAC)
    house.ask("host.add", name="xen02", mac=["52:54:00:77:00:09"], profile="rack")
    house.ask("host.install", name="xen02", confirm="xen02")
    with store.site.write() as connection:
        row = installs.newest_of(connection, SnapshotSource(store).current().hosts["xen02"].id)
        assert row is not None
        installs.advance(connection, row, {"armed_at": time.time() - 600})
    yield house.ask("explain", mac="xen02")
    house.ask("profile.set", name="rack", set=[f"boot.kernel_args={'x' * 1200}"])
    yield house.ask("explain", mac=MAC)
    with store.site.write() as connection:
        media.set_state(connection, "sample", MediumState.DAMAGED, "MD5 differs")
    yield house.ask("explain", mac=MAC)


def test_every_code_of_the_table_is_said_by_somebody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    for case in (*decided.CASES.values(), *decided.NO_BOOT_FILE.values()):
        said |= right(decided.decided(case).because)
    said |= right(decide(Client(MAC), None, None, Site(silent={Firmware.BIOS: "none"}), now=NOW).because)
    said |= right(left_by(GRUB, Firmware.UEFI_X64, "4c4c4544-0044-3010-8056-b4c04f4b3132"))
    for names in (("xen01",), ("xen01", "xen02")):
        for mark in Mark:
            said |= right(decide(Client(MAC), None, None, Site(), claim=Claim(decided.UUID, names, mark), now=NOW).because)
    for (mode, subnets), decision, found, holds, _ in WOULD.values():
        said |= right(would(configured(mode, *subnets), decision, typical(Firmware.BIOS), found, holds, NOW).because)
    reserved = Decision(Target.OWN_DISK, (), LOADED.loader, RESERVED)
    for network in ("10.77.0.0/24", "10.99.0.0/24"):
        said |= right(would(configured("server", {"network": network}), reserved, typical(Firmware.BIOS), Said(), (), NOW).because)
    boots = Boots(house.context.store, SnapshotSource(house.context.store), Loaders(house.context.store, house.data), SessionIds(b"k" * 32))
    asker = classify(Message(BOOTREQUEST, 1, OTHER, {53: b"\1", 60: b"PXEClient"}))
    for xid in range(LIMIT + 1):
        said |= right(boots.boot(asker, xid, IPv4Address(ADDRESS), NOW + xid).because)
    for told in scenarios(house):
        said |= codes(told)
    for word in Evidence:  # not every one can be had on this machine
        monkeypatch.setattr(ready, "evidence", lambda *_args, word=word: word)
        said |= right([ready.proof(house.context, MAC, ADDRESS, (), NOW)])
    said |= of_answerfiles(house)
    assert set(CODES) - said == set()


def of_answerfiles(house: House) -> set[str]:
    """By a template, and with an answer that this installer cannot be told."""
    snapshot = SnapshotSource(house.context.store).current()
    host = snapshot.hosts["xen01"]
    who = Subject(host, None, snapshot.profile_of(host), snapshot.medium_of(host))
    found: set[str] = set()
    for answers in ({}, {"template": "own.xml"}, {"fcoe-interfaces": ["eth1"]}):
        found |= right(ready.verdict(house.context, replace(who, host=replace(host, answers=answers))))
    return found


def test_the_documentation_has_every_code() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [code for code, one in CODES.items() if f"| `{code}` | {one.about} | {one.says} |" not in text] == []


def test_no_code_in_the_source_is_without_a_meaning() -> None:
    source = Path(__file__).parents[3] / "pxeserve"
    named: set[str] = set()
    for path in source.rglob("*.py"):
        named |= set(NAMED.findall(path.read_text(encoding="utf-8")))
    assert len(named) > 30
    assert named <= set(CODES)


def test_a_serial_number_that_a_loader_said_is_explained_for_loaders_that_can_say_one(house: House) -> None:
    """pxelinux says none, so a boot by it is not refused for what iPXE said before."""
    house.ask("host.set", name="xen01", set=["serial=CZ3040ABCD"])
    Ledger(house.context.store).write([Event("boot.menu", time.time(), mac=MAC, data={"serial": "CZ3040ABCE"})])
    assert "serial-differs" in codes(house.ask("explain", mac=MAC, firmware="ipxe"))
    assert "serial-differs" not in codes(house.ask("explain", mac=MAC, firmware="bios"))
    Ledger(house.context.store).write([Event("boot.menu", time.time(), mac=MAC, data={"serial": "CZ3040ABCD"})])
    assert "serial-differs" not in codes(house.ask("explain", mac=MAC, firmware="ipxe"))


def test_an_unknown_machine_of_a_host_s_serial_number_is_explained(house: House) -> None:
    house.ask("host.set", name="xen01", set=["serial=CZ3040ABCD"])
    said = {"vendor_class": "PXEClient", "arch": "0"}
    menu = Event("boot.menu", NOW, mac=OTHER, data={"serial": "CZ3040ABCD"})
    Ledger(house.context.store).write([Event("dhcp.discover", NOW, mac=OTHER, data=said), menu])
    assert "other-card-serial" in codes(house.ask("explain", mac=OTHER))
