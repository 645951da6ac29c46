"""What the serving processes read: inheritance resolved, and noticed as soon as it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pxeserve.answerfile.inheritance import InheritanceError
from pxeserve.domain.host import BootWords, Host, PlainBoot, Profile
from pxeserve.snapshot import Layers, SnapshotSource, resolve
from pxeserve.store import Store, inventory, open_store

BASE = Profile(
    "base", medium="xs41", answers={"keymap": "us", "timezone": "Europe/London"}, words=BootWords(serial="ttyS0,115200", dom0_mem="752M")
)


def resolved(*profiles: Profile) -> dict[str, Profile]:
    return resolve({profile.name: profile for profile in profiles})


def test_a_profile_without_parent_stays_as_it_is() -> None:
    assert resolved(BASE) == {"base": BASE}


def test_a_child_says_only_what_differs() -> None:
    child = Profile("rack-a", parent="base", answers={"keymap": "de"}, words=BootWords(dom0_mem="1G", xen_args="watchdog"))
    found = resolved(BASE, child)["rack-a"]
    assert Layers({}, {one.name: one for one in (BASE, child)}).of_profile("rack-a").values == {"keymap": "de", "timezone": "Europe/London"}
    assert found.words == BootWords(serial="ttyS0,115200", dom0_mem="1G", xen_args="watchdog")
    assert (found.name, found.medium, found.plain) == ("rack-a", "xs41", None)


def test_inheritance_goes_through_generations_the_nearest_first() -> None:
    middle = Profile("middle", parent="base", answers={"keymap": "fr", "primary-disk": "sda"})
    child = Profile("child", parent="middle", answers={"primary-disk": "sdb"})
    layers = Layers({"hostname": "any", "keymap": "uk"}, {one.name: one for one in (child, middle, BASE)})
    found = layers.of_host(Host(1, "xen01", (), "child", answers={"hostname": "xen01"}))
    assert found.values == {"keymap": "fr", "timezone": "Europe/London", "primary-disk": {"device": "sdb"}, "hostname": "xen01"}
    assert found.origins == {
        "keymap": "profile middle", "timezone": "profile base", "primary-disk.device": "profile child", "hostname": "host xen01",
    }  # fmt: skip


def test_own_files_replace_the_parents_kind_of_boot_altogether() -> None:
    plain = Profile("plain", parent="base", plain=PlainBoot(kernel="vmlinuz"))
    assert resolved(BASE, plain)["plain"].medium is None
    back = Profile("back", parent="plain", medium="xs55")
    found = resolved(BASE, plain, back)["back"]
    assert (found.medium, found.plain) == ("xs55", None)


def test_a_missing_or_circular_parent_ends_the_inheritance() -> None:
    orphan = Profile("orphan", parent="gone", answers={"keymap": "us"})
    assert resolved(orphan)["orphan"] == orphan
    one, two = Profile("one", parent="two", medium="a"), Profile("two", parent="one", words=BootWords(dom0_mem="1G"))
    found = resolved(one, two)
    assert (found["one"].words.dom0_mem, found["two"].medium) == ("1G", "a")
    assert resolved(Profile("self", parent="self"))["self"].parent == "self"


@pytest.mark.parametrize(
    ("profiles", "says"),
    [
        ((Profile("one", parent="gone"),), "profile one: there is no parent profile gone"),
        ((Profile("one", parent="two"), Profile("two", parent="one")), "profile one: its parents lead back to one"),
        ((), "there is no profile one"),
    ],
)
def test_answers_are_never_given_from_half_an_inheritance(profiles: tuple[Profile, ...], says: str) -> None:
    with pytest.raises(InheritanceError) as error:
        Layers({}, {profile.name: profile for profile in profiles}).of_profile("one")
    assert str(error.value) == says


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, BASE)
        inventory.put_host(connection, Host(0, "xen01", ("52:54:00:77:00:01", "52:54:00:77:00:02"), "base"))
    return store


def test_hosts_are_found_by_name_by_every_mac_and_by_id(store: Store) -> None:
    snapshot = SnapshotSource(store).current()
    host = snapshot.hosts["xen01"]
    assert snapshot.by_mac["52:54:00:77:00:01"] is snapshot.by_mac["52:54:00:77:00:02"] is snapshot.by_id[host.id] is host
    assert snapshot.profile_of(host) == BASE
    assert snapshot.medium_of(host) is None


def test_nothing_is_read_again_while_nothing_changes_and_a_change_is_seen_at_once(store: Store) -> None:
    source = SnapshotSource(store)
    first = source.current()
    assert source.current() is first
    with store.site.write() as connection:
        inventory.put_host(connection, Host(0, "xen02", ("52:54:00:77:00:03",), "gone"))
    second = source.current()
    assert sorted(second.hosts) == ["xen01", "xen02"]
    assert sorted(first.hosts) == ["xen01"]
    assert second.profile_of(second.hosts["xen02"]) is None
