"""The one decision: every branch as a line of a table, and the one promise that no combination may break."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.client import Client, Firmware
from pxeserve.domain.decide import Decision, Loader, Site, Target, Weight, decide
from pxeserve.domain.host import Host, PlainBoot, Profile
from pxeserve.domain.install import OPEN_STATES, Install, InstallState
from pxeserve.domain.medium import BootFiles, Medium, MediumState

NOW = 1_800_000_000.0
MAC = "52:54:00:77:00:01"
UUID = "7e57ab1e-0000-4000-8000-000000000001"
OTHER_UUID = "7e57ab1e-0000-4000-8000-000000000002"
LOADER = Loader("debian", "pxelinux.0", "Debian pxelinux 6.04")
SITE = Site({Firmware.BIOS: LOADER})
CLIENT = Client(MAC, Firmware.BIOS, arch=0)
HOST = Host(1, "xen01", (MAC,), "rack-a")
PROFILE = Profile("rack-a", medium="xs41")
BOOT = BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")
MEDIUM = Medium("xs41", "xs41-1", "text", "XenServer", "4.1.0", "7843", "4.1", "r1", BOOT)
ARMED = Install("k3d9", 1, "fresh", False, True, InstallState.ARMED, NOW + 60, medium="xs41", medium_revision="r1")


@dataclass(frozen=True)
class Case:
    """What is known, and what must come of it: the target, and the code of the last reason."""

    target: Target
    code: str
    client: Client = CLIENT
    host: Host | None = HOST
    install: Install | None = ARMED
    site: Site = SITE
    profile: Profile | None = PROFILE
    medium: Medium | None = MEDIUM


INSTALLER, PLAIN, OWN_DISK, ADDRESS_ONLY = Target.INSTALLER, Target.PLAIN, Target.OWN_DISK, Target.ADDRESS_ONLY
CASES = {
    "armed, all well": Case(INSTALLER, "armed"),
    "booting again": Case(INSTALLER, "armed", install=replace(ARMED, state=InstallState.BOOTING)),
    "interactive": Case(INSTALLER, "armed", install=replace(ARMED, interactive=True)),
    "firmware unsaid is BIOS": Case(INSTALLER, "armed", client=Client(MAC)),
    "right uuid": Case(INSTALLER, "armed", client=CLIENT._replace(uuid=UUID), host=replace(HOST, uuid=UUID)),
    "uuid unknown to us": Case(INSTALLER, "armed", client=CLIENT._replace(uuid=UUID)),
    "uuid unsaid by it": Case(INSTALLER, "armed", host=replace(HOST, uuid=UUID)),
    "right serial": Case(INSTALLER, "armed", client=CLIENT._replace(serial="cz3040abcd "), host=replace(HOST, serial="CZ3040ABCD")),
    "serial unknown to us": Case(INSTALLER, "armed", client=CLIENT._replace(serial="CZ3040ABCD")),
    "serial unsaid by it": Case(INSTALLER, "armed", host=replace(HOST, serial="CZ3040ABCD")),
    "somebody else's serial": Case(
        OWN_DISK, "serial-differs", client=CLIENT._replace(serial="CZ3040ABCE"), host=replace(HOST, serial="CZ3040ABCD")
    ),
    "plain files": Case(PLAIN, "armed", profile=Profile("rack-a", plain=PlainBoot(kernel="vmlinuz")), medium=None),
    "unknown machine": Case(OWN_DISK, "unknown-host", host=None, install=None, profile=None, medium=None),
    "idle": Case(OWN_DISK, "idle", install=None),
    "answered": Case(OWN_DISK, "install-answered", install=replace(ARMED, state=InstallState.ANSWERED)),
    "installing": Case(OWN_DISK, "install-installing", install=replace(ARMED, state=InstallState.INSTALLING)),
    "done": Case(OWN_DISK, "install-done", install=replace(ARMED, state=InstallState.DONE)),
    "failed": Case(OWN_DISK, "install-failed", install=replace(ARMED, state=InstallState.FAILED)),
    "lapsed": Case(OWN_DISK, "install-lapsed", install=replace(ARMED, state=InstallState.LAPSED)),
    "cancelled": Case(OWN_DISK, "install-cancelled", install=replace(ARMED, state=InstallState.CANCELLED)),
    "frozen": Case(OWN_DISK, "install-frozen", install=replace(ARMED, state=InstallState.FROZEN)),
    "out of time this very second": Case(OWN_DISK, "install-lapsed", install=replace(ARMED, expires=NOW)),
    "profile gone": Case(OWN_DISK, "no-profile", profile=None),
    "medium gone": Case(OWN_DISK, "no-medium", medium=None),
    "medium damaged": Case(OWN_DISK, "medium-damaged", medium=replace(MEDIUM, state=MediumState.DAMAGED, state_reason="MD5 differs")),
    "medium replaced": Case(OWN_DISK, "medium-changed", medium=replace(MEDIUM, revision="r2")),
    "medium without boot files": Case(OWN_DISK, "medium-unbootable", medium=replace(MEDIUM, boot=None)),
}
NO_BOOT_FILE = {
    "somebody else's uuid": Case(ADDRESS_ONLY, "uuid-differs", client=CLIENT._replace(uuid=OTHER_UUID), host=replace(HOST, uuid=UUID)),
    "ordinary client": Case(ADDRESS_ONLY, "not-pxe", client=CLIENT._replace(pxe=False)),
    "architecture that runs nothing": Case(ADDRESS_ONLY, "unknown-arch", client=Client(MAC, None, arch=11)),
    "architecture nobody knows": Case(ADDRESS_ONLY, "unknown-arch", client=Client(MAC, None, arch=4711)),
    "no loader imported": Case(ADDRESS_ONLY, "no-loader", site=Site()),
    "no loader for this firmware": Case(ADDRESS_ONLY, "no-loader", client=Client(MAC, Firmware.UEFI_X64, arch=7)),
}


def decided(case: Case) -> Decision:
    return decide(case.client, case.host, case.install, case.site, profile=case.profile, medium=case.medium, now=NOW)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_branch_that_names_a_boot_file(case: Case) -> None:
    decision = decided(case)
    assert (decision.target, decision.because[-1].code, decision.loader) == (case.target, case.code, LOADER)
    assert decision.because[0].code == "loader"
    for reason in decision.because:
        assert reason.text
        assert reason.source


@pytest.mark.parametrize("case", NO_BOOT_FILE.values(), ids=NO_BOOT_FILE)
def test_every_branch_that_names_none(case: Case) -> None:
    decision = decided(case)
    assert (decision.target, decision.because[0].code, decision.loader) == (ADDRESS_ONLY, case.code, None)


def test_a_missing_loader_says_how_to_get_one() -> None:
    site = Site({}, {Firmware.BIOS: "no boot loader has been imported: pxeserve loaders import"})
    reason = decide(CLIENT, HOST, ARMED, site, profile=PROFILE, medium=MEDIUM, now=NOW).because[0]
    assert (reason.weight, reason.text) == (Weight.REFUSED, "no boot loader has been imported: pxeserve loaders import")


def test_reasons_name_what_they_are_about() -> None:
    text = decided(NO_BOOT_FILE["somebody else's uuid"]).because[-1].text
    assert MAC in text
    assert UUID in text
    assert OTHER_UUID in text
    assert "architecture 11 (ARM 64-bit UEFI)" in decided(NO_BOOT_FILE["architecture that runs nothing"]).because[0].text
    assert "xen01" in decided(CASES["idle"]).because[-1].text


clients = st.builds(
    Client,
    st.just(MAC),
    st.sampled_from([None, *Firmware]),
    st.one_of(st.none(), st.integers(0, 50)),
    st.sampled_from([None, UUID, OTHER_UUID]),
    st.sampled_from([None, IPv4Address("10.77.0.9")]),
    st.just(""),
    st.booleans(),
)
hosts = st.one_of(st.none(), st.builds(replace, st.just(HOST), uuid=st.sampled_from([None, UUID])))
installs = st.one_of(
    st.none(),
    st.builds(
        replace,
        st.just(ARMED),
        state=st.sampled_from(InstallState),
        expires=st.floats(NOW - 100, NOW + 100),
        interactive=st.booleans(),
        medium_revision=st.sampled_from([None, "r1", "r2"]),
    ),
)
media = st.one_of(
    st.none(),
    st.builds(
        replace,
        st.just(MEDIUM),
        state=st.sampled_from(MediumState),
        revision=st.sampled_from(["r1", "r2"]),
        boot=st.sampled_from([None, BOOT]),
    ),
)
profiles = st.sampled_from([None, PROFILE, Profile("rack-a", plain=PlainBoot(kernel="vmlinuz"))])
sites = st.sampled_from([SITE, Site(), Site(dict.fromkeys(Firmware, LOADER))])


@given(clients, hosts, installs, sites, profiles, media)
def test_nothing_that_installs_unless_the_arm_is_open_in_time_and_the_machine_right(
    client: Client, host: Host | None, install: Install | None, site: Site, profile: Profile | None, medium: Medium | None
) -> None:
    decision = decide(client, host, install, site, profile=profile, medium=medium, now=NOW)
    assert decision.because
    assert (decision.loader is None) == (decision.target is ADDRESS_ONLY)
    if decision.target in (INSTALLER, PLAIN):
        assert host is not None
        assert install is not None
        assert install.state in OPEN_STATES
        assert install.expires > NOW
        assert not (host.uuid and client.uuid and host.uuid != client.uuid)
        assert decision.target is PLAIN or (medium is not None and medium.state is MediumState.GOOD)
        assert decision.target is PLAIN or (medium is not None and medium.revision == install.medium_revision)
