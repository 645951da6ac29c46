"""What people may ask of a site: hosts, profiles and arming, each with its refusals."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import load
from pxeserve.domain.install import InstallState
from pxeserve.domain.medium import MediumState
from pxeserve.errors import PxeserveError
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.repo.sample import make_sample
from pxeserve.store import audit, installs, inventory, media, open_store
from pxeserve.supervisor import prepare
from tests.media_samples import make

MAC, OTHER = "52:54:00:77:00:01", "52:54:00:77:00:02"
SERVER = {
    "server": {"interface": "lo", "address": "127.0.0.1"},
    "dhcp": {"mode": "server", "subnet": [{"network": "10.77.0.0/24"}]},
}
ANSWERS = ["primary-disk=sda", "timezone=Europe/London", "admin-interface.name=eth0", "admin-interface.proto=dhcp"]


class Site:
    """A context, and its verbs by name."""

    def __init__(self, folder: Path, **more: dict[str, Any]) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        (self.data / "run").mkdir()
        prepare.fill(self.data)
        config = load(env={}, overrides={**SERVER, **more, "server": {**SERVER["server"], "data": str(self.data)}})
        self.context = Context(config, open_store(self.data), Actor("tester"), lambda _progress: None)

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(self.context, verb, arguments)

    def refused(self, verb: str, **arguments: Any) -> str:
        with pytest.raises(PxeserveError) as error:
            self.ask(verb, **arguments)
        return str(error.value)

    def live(self, state: InstallState | None = None) -> installs.InstallRow | None:
        with self.context.store.site.write() as connection:
            host = inventory.host(connection, "xen01")
            assert host is not None
            row = installs.newest_of(connection, host.id)
            if row is not None and state is not None:
                installs.advance(connection, row, {"state": state})
        return row


def furnished(folder: Path, **more: dict[str, Any]) -> Site:
    if not Path("/usr/lib/PXELINUX/pxelinux.0").exists():
        pytest.skip("pxelinux is not installed")
    site = Site(folder, **more)
    make_sample(folder / "sample")
    site.ask("loaders.import")
    site.ask("media.import", source=folder / "sample", name="sample")
    site.ask("profile.add", name="rack", medium="sample", set=ANSWERS)
    site.ask("host.add", name="xen01", mac=[MAC], profile="rack")
    return site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    yield made
    with made.context.store.site.read() as connection:
        assert audit.broken_at(connection) is None
    made.context.store.close()


# --- hosts and profiles ---


def test_a_host_is_added_changed_shown_and_removed(site: Site) -> None:
    site.ask("host.set", name="xen01", set=["address=10.77.0.11", "hostname=xen01", "uuid=7E57AB1E-0000-4000-8000-000000000001"])
    shown = site.ask("host.show", name="xen01")
    assert (shown["address"], shown["uuid"], shown["state"]) == ("10.77.0.11", "7e57ab1e-0000-4000-8000-000000000001", "idle")
    assert shown["answerfile"] == {"hostname": "xen01"}
    site.ask("host.set", name="xen01", set=["address=", "hostname="], mac=[MAC, OTHER])
    shown = site.ask("host.show", name="xen01")
    assert (shown["address"], shown["answerfile"], shown["mac"]) == (None, {}, [MAC, OTHER])
    assert site.ask("host.remove", name="xen01") == {"removed": "xen01"}
    assert site.ask("host.list") == []


def test_an_install_under_way_goes_to_no_other_machine(site: Site) -> None:
    """Whichever way the host's card is changed: the machine behind the new one would be erased. To have fewer cards is no danger."""
    site.ask("host.set", name="xen01", mac=[MAC, OTHER], set=["uuid=7e57ab1e-0000-4000-8000-000000000001"])
    site.ask("host.install", name="xen01")
    third, forged = "52:54:00:77:00:03", {"vendor_class": "PXEClient", "arch": "0", "uuid": "7e57ab1e-0000-4000-8000-000000000001"}
    Ledger(site.context.store).write([Event("dhcp.discover", 1_800_000_000.0, mac=third, data=forged)])
    declared = f"hosts:\n- {{name: xen01, profile: rack, mac: [{MAC}, {third}]}}\n"
    said = f"an install of it is under way, and would go to {third}"
    assert said in site.refused("host.set", name="xen01", mac=[third])
    assert said in site.refused("host.import", text=f"name,mac\nxen01,{third}\n", form="csv", file="f.csv")
    assert said in site.refused("apply", text=declared)
    assert said in site.refused("discovered.adopt", mac=third, name="xen01")
    site.ask("host.set", name="xen01", mac=[OTHER], set=["rack=R1"])
    assert said.replace(third, MAC) in site.refused("host.set", name="xen01", mac=[MAC, OTHER])
    site.ask("host.cancel", name="xen01")
    assert site.ask("discovered.adopt", mac=third, name="xen01")["mac"] == [OTHER, third]


@pytest.mark.parametrize(("key", "armed", "other"), [
    ("uuid", "7e57ab1e-0000-4000-8000-000000000001", "7e57ab1e-0000-4000-8000-000000000002"), ("serial", "CZ3040ABCD", "CZ3040ABCE"),
])  # fmt: skip
def test_what_tells_another_machine_apart_stands_while_an_install_is_under_way(site: Site, key: str, armed: str, other: str) -> None:
    """Another UUID would let another machine in; none would let any in."""
    site.ask("host.set", name="xen01", set=[f"{key}={armed}"])
    site.ask("host.install", name="xen01")
    said = "an install of it is under way, and it was armed as the machine with the"
    for value in (other, ""):
        assert said in site.refused("host.set", name="xen01", set=[f"{key}={value}"])
    assert said in site.refused("host.import", text=f"name,{key}\nxen01,{other}\n", form="csv", file="f.csv")
    assert said in site.refused("apply", text=f"hosts:\n- {{name: xen01, profile: rack, mac: [{MAC}], {key}: {other}}}\n")
    site.ask("host.set", name="xen01", set=["rack=R1", f"{key}={armed}"])
    site.ask("host.cancel", name="xen01")
    assert site.ask("host.set", name="xen01", set=[f"{key}="])[key] is None
    site.ask("host.install", name="xen01")
    assert f"armed as the machine without a {'UUID' if key == 'uuid' else 'serial number'}, not with the" in site.refused(
        "host.set", name="xen01", set=[f"{key}={armed}"]
    )


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("host.add", {"name": "xen 02", "mac": [OTHER], "profile": "rack"}, "'xen 02' is not a host name"),
        ("host.add", {"name": "xen02", "mac": ["01:00:5e:00:00:01"], "profile": "rack"}, "is a group address"),
        ("host.add", {"name": "xen02", "mac": ["52:54"], "profile": "rack"}, "is not a MAC address"),
        ("host.add", {"name": "xen02", "mac": [], "profile": "rack"}, "at least one MAC"),
        ("host.add", {"name": "xen02", "mac": [MAC.upper().replace(":", "-")], "profile": "rack"}, f"{MAC} is xen01's"),
        ("host.add", {"name": "XEN01", "mac": [OTHER], "profile": "rack"}, "there is already a host xen01"),
        ("host.add", {"name": "xen02", "mac": [OTHER], "profile": "rock"}, "there is no profile rock"),
        ("host.add", {"name": "xen02", "mac": [OTHER], "profile": "rack", "set": ["address=10.78.0.1"]}, "is in no subnet that is served"),
        ("host.add", {"name": "xen02", "mac": [OTHER], "profile": "rack", "set": ["primary-disc=sda"]}, "did you mean primary-disk?"),
        ("host.add", {"name": "xen02", "mac": [OTHER], "profile": "rack", "set": ["uuid=x"]}, "'x' is not a UUID"),
        ("host.add", {"name": "xen02", "mac": [OTHER], "profile": "rack", "set": ["nothing"]}, "is not KEY=VALUE"),
        ("host.set", {"name": "xen09"}, "there is no host xen09"),
        ("profile.add", {"name": "Rack"}, "is not a name for a profile"),
        ("profile.add", {"name": "rack"}, "there is already a profile rack"),
        ("profile.add", {"name": "two", "medium": "none"}, "there is no medium none"),
        ("profile.add", {"name": "two", "parent": "none"}, "there is no parent profile none"),
        ("profile.set", {"name": "rack", "parent": "rack"}, "lead back to rack"),
        ("profile.set", {"name": "rack", "set": ["boot.serial=COM1"]}, "is not a serial port"),
        ("profile.set", {"name": "rack", "set": ["boot.xen_args=a --- b"]}, "--- parts the modules"),
        ("profile.set", {"name": "rack", "set": ["boot.colour=red"]}, "boot.colour: unknown"),
        ("profile.set", {"name": "rack", "set": ["boot.kernel=vmlinuz"]}, "exclude each other"),
        ("profile.add", {"name": "two", "set": ["boot.initrd=x"]}, "need a kernel"),
        ("profile.remove", {"name": "rack"}, "is used by host xen01"),
        ("media.remove", {"name": "sample"}, "is needed by profile rack"),
        ("media.verify", {}, "name one medium, or ask for all"),
        ("host.explode", {}, "there is no operation host.explode"),
        ("host.show", {}, "host.show: name"),
        ("host.show", {"name": "xen01", "colour": "red"}, "colour"),
    ],
)
def test_each_refusal_names_the_thing(site: Site, verb: str, arguments: dict[str, Any], says: str) -> None:
    before = site.ask("export")
    assert says in site.refused(verb, **arguments)
    assert site.ask("export") == before


# --- arming ---


def test_arming_gives_a_password_once_and_says_what_it_erases(site: Site) -> None:
    armed = site.ask("host.install", name="xen01")
    assert armed["erases"] == ["sda"]
    assert len(armed["root_password"]) == 20
    shown = [site.ask("host.show", name="xen01"), site.ask("export"), site.ask("answerfile.render", name="xen01")]
    assert armed["root_password"] not in str(shown)
    assert "already has an install that is armed" in site.refused("host.install", name="xen01")
    assert "has an install that is armed" in site.refused("host.remove", name="xen01")
    assert site.ask("host.cancel", name="xen01")["state"] == "cancelled"
    assert "no install that could be cancelled" in site.refused("host.cancel", name="xen01")


def test_a_host_that_was_installed_before_wants_its_name(site: Site) -> None:
    site.ask("host.install", name="xen01")
    site.live(InstallState.DONE)
    assert "erases its disks" in site.refused("host.install", name="xen01")
    assert "erases its disks" in site.refused("host.install", name="xen01", confirm="xen02")
    assert site.ask("host.install", name="xen01", confirm="xen01")["install"]


@pytest.mark.parametrize(
    ("prepare_it", "arguments", "says"),
    [
        (["timezone="], {}, "timezone is missing"),
        (["primary-disk=", "admin-interface.name=", "admin-interface.proto="], {}, "admin-interface"),
        (["root-password.hash=$6$abc"], {}, "they would take it for the password itself"),
        (["root-password.plaintext=secret"], {}, "plain text, which the configuration does not allow"),
        ([], {"mode": "restore"}, "installers of 4.1 restore only by hand"),
        ([], {"mode": "upgrade"}, "existing-installation is missing"),
        ([], {"mode": "wipe"}, "host.install: mode"),
    ],
)
def test_what_would_fail_at_the_machine_is_refused_here(site: Site, prepare_it: list[str], arguments: dict[str, Any], says: str) -> None:
    said = ""
    if prepare_it:
        try:
            site.ask("profile.set", name="rack", set=prepare_it)
        except PxeserveError as error:
            said = str(error)
    said = said or site.refused("host.install", name="xen01", **arguments)
    assert says in said
    assert site.live() is None


def test_a_damaged_or_missing_medium_cannot_be_armed(site: Site) -> None:
    with site.context.store.site.write() as connection:
        found = media.by_name(connection, "sample")
        assert found is not None
        media.set_state(connection, "sample", MediumState.DAMAGED, "base.tar.bz2: SHA-256 is wrong")
    assert "is damaged: base.tar.bz2" in site.refused("host.install", name="xen01")
    [verdict] = site.ask("media.verify", name="sample")
    assert (verdict["name"], verdict["state"], verdict["faults"]) == ("sample", "good", [])
    (site.data / "media" / found.folder / "boot" / "vmlinuz").unlink()
    assert "boot/vmlinuz: missing" in site.refused("host.install", name="xen01")


def test_without_boot_loaders_the_command_that_gets_them_is_named(tmp_path: Path) -> None:
    site = furnished(tmp_path)
    for file in (site.data / "loaders").rglob("*"):
        if file.is_file():
            file.unlink()
    with site.context.store.site.write() as connection:
        connection.exec_driver_sql("DELETE FROM loader_set")
    assert "pxeserve loaders import" in site.refused("host.install", name="xen01")


def test_plaintext_is_taken_where_the_configuration_allows_it(tmp_path: Path) -> None:
    site = furnished(tmp_path, answerfile={"allow_plaintext": True})
    site.ask("profile.set", name="rack", set=["root-password.plaintext=secret"])
    assert site.ask("host.install", name="xen01")["root_password"] is None
    assert "secret" not in str([site.ask("profile.show", name="rack"), site.ask("export"), site.ask("answerfile.render", name="xen01")])


def test_an_interactive_install_and_plain_files_need_no_answers(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["timezone="])
    armed = site.ask("host.install", name="xen01", interactive=True)
    assert (armed["interactive"], armed["root_password"], armed["erases"]) == (True, None, [])
    site.ask("host.cancel", name="xen01")
    site.ask("profile.add", name="plain", set=["boot.kernel=vmlinuz", "boot.args=console=ttyS0"])
    site.ask("host.set", name="xen01", profile="plain")
    assert "there is no file vmlinuz" in site.refused("host.install", name="xen01")
    (site.data / "files" / "vmlinuz").write_bytes(b"kernel")
    assert site.ask("host.install", name="xen01")["medium"] is None


# --- media that install nothing by themselves ---


@pytest.mark.parametrize(("kind", "what"), [("text-pack", "a pack"), ("xml-pack", "a pack"), ("yum-driver-disk", "a driver disk")])
def test_a_pack_or_a_driver_disk_is_no_medium_of_a_profile(site: Site, tmp_path: Path, kind: str, what: str) -> None:
    site.ask("media.import", source=make(kind, tmp_path / kind), name="more")
    for refused in (
        site.refused("profile.add", name="other", medium="more"), site.refused("profile.set", name="rack", medium="more"),
    ):  # fmt: skip
        assert f"medium more is {what}" in refused
        assert "it comes on top of a product and installs none by itself" in refused
    with site.context.store.site.write() as connection:  # as if it had become one behind the profile's back
        profile = next(one for one in inventory.profiles(connection) if one.name == "rack")
        inventory.put_profile(connection, replace(profile, medium="more"))
    assert f"xen01: profile rack: medium more is {what}" in site.refused("host.install", name="xen01")
    assert site.live() is None


def test_a_netinstall_tree_boots_and_installs_nothing_unattended(site: Site, tmp_path: Path) -> None:
    site.ask("media.import", source=make("netinstall", tmp_path / "net"), name="net")
    site.ask("profile.set", name="rack", medium="net")
    assert "has no packages for an unattended installation" in site.refused("host.install", name="xen01")
    assert site.ask("host.install", name="xen01", interactive=True)["medium"] == "net"
