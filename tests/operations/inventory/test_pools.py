"""Pools as records: who is in one, what its hosts must have in common, and what is refused before it would break one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pxeserve.domain.pool import Member, Pool, Storage, StorageKind
from pxeserve.errors import PxeserveError
from pxeserve.keys import load_keys
from pxeserve.operations import registry
from pxeserve.operations.inventory.scenarios import changed
from pxeserve.operations.words.revisions import StaleError
from pxeserve.operations.words.settings import settings
from pxeserve.recovery.joining import ask
from pxeserve.recovery.secrets import open_secrets
from pxeserve.store import audit, installs, inventory, joins, pools
from tests.media_samples import make
from tests.operations.test_site import Site, furnished

IQN = "iqn.2008-03.org.example"
PROFILE = [
    "primary-disk=sda", "timezone=UTC", "admin-interface.name=eth0", "admin-interface.proto=static", "admin-interface.subnet=255.255.255.0",
    "admin-interface.gateway=10.77.0.254",
]  # fmt: skip
NFS = ["storage.guests.kind=nfs", "storage.guests.server=10.77.0.5", "storage.guests.path=/srv/guests", "storage.guests.default=yes"]
ISCSI = [
    "storage.luns.kind=lvmoiscsi", "storage.luns.target=10.77.0.6", f"storage.luns.target_iqn={IQN}:target",
    "storage.luns.scsi_id=360000000000000000e00000000010001", "storage.luns.chap_user=pool",
]  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    made.ask("profile.add", name="member", medium="sample", set=PROFILE)
    made.ask("host.set", name="xen01", profile="member", set=["admin-interface.ipaddr=10.77.0.11"])
    for number in (2, 3):
        host(made, number)
    yield made
    with made.context.store.site.read() as connection:
        assert audit.broken_at(connection) is None
    made.context.store.close()


def host(site: Site, number: int, profile: str = "member", **more: Any) -> None:
    address = f"admin-interface.ipaddr=10.77.0.{10 + number}"
    site.ask("host.add", name=f"xen{number:02}", profile=profile, mac=[f"52:54:00:77:00:{number:02x}"], set=[address], **more)


def pool(site: Site, *more: str) -> Any:
    return site.ask("pool.add", name="rack-a", master="xen01", add=["xen02"], set=list(more))


def test_a_pool_is_made_changed_shown_and_removed(site: Site) -> None:
    made = pool(site, "product=XCP-ng", "version=8.3.0", f"iqn.xen01={IQN.upper()}:xen01", *NFS)
    assert [(one["host"], one["master"], one["address"], one["state"]) for one in made["members"]] == [
        ("xen01", True, "10.77.0.11", "idle"), ("xen02", False, "10.77.0.12", "idle"),
    ]  # fmt: skip
    assert made["members"][0]["iqn"] == f"{IQN}:xen01"
    site.ask("pool.set", name="rack-a", master="xen03", add=["xen03"], drop=["xen02"], set=["networks.backup.device=eth1", "version="])
    shown = site.ask("pool.show", name="rack-a")
    assert (shown["hosts"], shown["version"]) == (["xen03", "xen01"], "")
    assert shown["networks"] == [{"name": "backup", "device": "eth1", "vlan": 0}]
    assert shown["storage"][0]["path"] == "/srv/guests"
    site.ask("pool.set", name="rack-a", set=["storage.guests=", "networks.backup.vlan=12"])
    assert site.ask("pool.list")[0]["storage"] == []
    assert site.ask("pool.remove", name="rack-a") == {"removed": "rack-a"}
    assert site.ask("pool.list") == []
    assert site.ask("host.show", name="xen01")["name"] == "xen01"


def test_a_host_alone_is_a_pool_of_one(site: Site) -> None:
    made = site.ask("pool.add", name="alone", master="xen01", set=["storage.local.kind=ext", "storage.local.device=/dev/sdb",
                                                                   "storage.local.default=yes"])  # fmt: skip
    assert made["hosts"] == ["xen01"]


@pytest.mark.parametrize(("words", "said"), [
    (["storage.a.kind=cifs"], "kind: 'cifs' is none of lvm, ext, nfs, lvmoiscsi, iso"),
    (["storage.a.kind=nfs", "storage.a.server=10.77.0.5"], "storage a: nfs storage needs path"),
    (["storage.a.kind=nfs", "storage.a.server=10.77.0.5", "storage.a.path=srv"], "path: 'srv' is not an absolute path"),
    (["storage.a.kind=nfs", "storage.a.server=10.77.0.5", "storage.a.path=/srv/../etc"], "path: '/srv/../etc' is not"),
    (["storage.a.kind=nfs", "storage.a.server=10.77.0.5", "storage.a.path=/a;reboot"], "path: '/a;reboot' is not"),
    (["storage.a.kind=nfs", "storage.a.server=$(id)", "storage.a.path=/a"], "server: '$(id)' is not"),
    (["storage.a.kind=nfs", "storage.a.server=10.77.0.256", "storage.a.path=/a"], "server: '10.77.0.256' is not an IPv4 address"),
    ([*NFS, "storage.guests.device=/dev/sdb"], "device: nfs storage has none"),
    (["storage.a.kind=lvm", "storage.a.device=/etc/passwd"], "device: '/etc/passwd' is not a device"),
    (["storage.a.kind=lvm", "storage.a.device=/dev/sdb", "storage.a.hosts=[xen09]"], "storage a: host 'xen09' is not in the pool"),
    (["storage.a.kind=lvm", "storage.a.device=/dev/sdb", "storage.b={kind: ext, device: /dev/sdb}"], "/dev/sdb of host xen01 is storage"),
    (["storage.a.kind=lvm", "storage.a.device=/dev/sdb", "storage.a.default=yes"], "lies on shared storage"),
    ([*NFS, *ISCSI, "storage.luns.default=yes"], "guests and luns are both its default storage"),
    ([*ISCSI, "storage.luns.target=array1"], "target: 'array1' is not an IPv4 address"),
    ([*ISCSI, "storage.luns.target_iqn=iqn.2008-13.org.example:t"], "target_iqn: 'iqn.2008-13.org.example:t' is not an iSCSI name"),
    ([*ISCSI, "storage.luns.scsi_id=a b"], "scsi_id: 'a b' is not a SCSIid"),
    (["storage.a/b.kind=nfs"], "'a/b' is not a name for storage"),
    (["storage.a=nfs"], "storage.'a': not a table"),
    ([f"iqn.xen01={IQN}:x", f"iqn.xen02={IQN}:x"], f"IQN {IQN}:x stands in it twice"),
    ([f"iqn.xen03={IQN}:x"], "iqn.'xen03': that host is not in it"),
    (["iqn.xen01=xen01"], "'xen01' is not an iSCSI name"),
    (["networks.a.vlan=3"], "network a: a network needs device"),
    (["networks.a.device=eth1", "networks.a.vlan=4095"], "vlan: '4095' is no number from 0 to 4094"),
    (["networks.a.device=eth1", "networks.b.device=eth1"], "network on eth1, VLAN 0 stands in it twice"),
    (["licence.server=10.77.0.9"], "of no use without an edition"),
    (["address=10.77.0"], "address: '10.77.0' is not an IPv4 address"),
    (["secret=x"], "'secret' cannot be set"),
])  # fmt: skip
def test_what_no_pool_can_be_is_refused_by_its_place(words: list[str], said: str) -> None:
    bare = Pool("rack-a", "xen01", (Member("xen01"), Member("xen02")))
    with pytest.raises(PxeserveError) as error:
        changed(bare, settings(words))
    assert said in str(error.value)


def test_a_disk_that_the_installer_takes_is_no_storage(site: Site) -> None:
    words = ["storage.a.kind=lvm", "storage.a.device=/dev/sda", "storage.a.hosts=[xen02]"]
    said = site.refused("pool.add", name="rack-a", master="xen01", add=["xen02"], set=words)
    assert "pool rack-a: storage a: /dev/sda of host xen02 is a disk that its installer takes" in said
    assert site.ask("pool.list") == []


def test_who_may_be_in_a_pool(site: Site) -> None:
    assert "there is no host xen09" in site.refused("pool.add", name="rack-a", master="xen01", add=["xen09"])
    pool(site, f"iqn.xen01={IQN}:xen01")
    assert "there is already a pool rack-a" in site.refused("pool.add", name="rack-a", master="xen03")
    other = site.refused("pool.add", name="rack-b", master="xen03", add=["xen02"])
    assert "host xen02 is in pool rack-a" in other and "pxeserve pool set rack-a --drop xen02" in other
    taken = site.refused("pool.add", name="rack-b", master="xen03", set=[f"iqn.xen03={IQN}:xen01"])
    assert f"IQN {IQN}:xen01 is host xen01's, of pool rack-a" in taken
    assert "host xen01 is its master" in site.refused("pool.set", name="rack-a", drop=["xen01"])
    assert "its master 'xen03' is none of its members" in site.refused("pool.set", name="rack-a", master="xen03")
    assert "host xen03 is not in it" in site.refused("pool.set", name="rack-a", drop=["xen03"])


def test_every_host_of_a_pool_has_a_static_address_of_its_own(site: Site) -> None:
    site.ask("host.set", name="xen02", set=["admin-interface.proto=dhcp", "admin-interface.ipaddr="])
    said = site.refused("pool.add", name="rack-a", master="xen01", add=["xen02"])
    assert "host xen02 has no static address" in said and "it asks for one by DHCP (host xen02 says so)" in said
    fix = said.partition("give it one: pxeserve host set xen02 ")[2]
    fix = fix.replace("ADDRESS", "10.77.0.11").replace("MASK", "255.255.255.0").replace("ROUTER", "10.77.0.254")
    site.ask("host.set", name="xen02", set=[one for one in fix.split() if one != "--set"])
    assert "host xen02 and host xen01 are both told the address 10.77.0.11" in site.refused(
        "pool.add", name="rack-a", master="xen01", add=["xen02"]
    )


def test_no_change_elsewhere_takes_that_away(site: Site) -> None:
    """By whichever way: the host's own answers, its profile's, the site's, a table, a whole declaration."""
    pool(site)
    said = "pool rack-a: host xen02 has no static address"
    assert said in site.refused("host.set", name="xen02", set=["admin-interface.ipaddr="])
    assert said in site.refused("host.set", name="xen02", profile="rack")
    assert "has no static address" in site.refused("profile.set", name="member", set=["admin-interface.proto=dhcp"])
    table = "name,admin-interface.ipaddr\nxen02,\n"
    assert site.ask("host.import", text=table, form="csv", file="f.csv")["changes"] == []  # an empty cell says nothing
    assert said in site.refused("apply", text="hosts:\n- {name: xen02, profile: member, mac: [52:54:00:77:00:02]}\n")
    site.ask("site.set", set=["admin-interface.proto=static", "admin-interface.subnet=255.255.255.0"])
    site.ask("profile.set", name="member", set=["admin-interface.proto=", "admin-interface.subnet="])
    assert "has no static address" in site.refused("site.set", set=["admin-interface.proto=dhcp", "admin-interface.subnet="])
    site.ask("host.set", name="xen03", set=["admin-interface.ipaddr="])  # it is in no pool
    site.ask("host.set", name="xen02", set=["timezone=Europe/Rome"])


def test_all_hosts_of_a_pool_run_one_generation(site: Site, tmp_path: Path) -> None:
    site.ask("media.import", source=make("xcp-8.3", tmp_path / "new"), name="new")
    site.ask("profile.add", name="newer", medium="new", parent="member")
    site.ask("host.set", name="xen02", profile="newer")
    said = site.refused("pool.add", name="rack-a", master="xen01", add=["xen02"])
    assert "host xen02 would install XCP-ng 8.3" in said and "all hosts of a pool run the same" in said
    assert "pxeserve host set xen02 --profile member" in said
    site.ask("host.set", name="xen02", profile="member")
    pool(site)
    assert "host xen02 would install XCP-ng 8.3" in site.refused("host.set", name="xen02", profile="newer")


def test_a_licence_that_a_generation_cannot_take_is_said_to_be_left_out(site: Site, tmp_path: Path) -> None:
    site.ask("media.import", source=make("5.0", tmp_path / "old"), name="old")
    site.ask("profile.set", name="member", medium="old")
    made = site.ask("pool.add", name="rack-a", master="xen01", set=["licence.edition=enterprise", "licence.server=10.77.0.9"])
    said = "generation 5.0 knows no editions, so the licence enterprise is left out"
    assert any(one.startswith(said) and "xe host-license-add" in one for one in made["notes"])
    armed = site.ask("host.install", name="xen01")
    assert any(one.startswith(f"pool rack-a: {said}") for one in armed["warnings"])
    assert not any("editions" in one for one in site.ask("pool.set", name="rack-a", set=["licence="])["notes"])


def test_a_host_that_is_being_joined_stays_in_its_pool(site: Site) -> None:
    pool(site)
    site.ask("host.install", name="xen02")
    with site.context.store.site.write() as connection:
        found, row = inventory.host(connection, "xen02"), pools.pool(connection, "rack-a")
        assert found is not None and row is not None
        install = installs.newest_of(connection, found.id)
        assert install is not None
    ask(site.context.store, install.id, found.id, row.id, 1.0)
    said = "pool rack-a: host xen02 is being joined to it"
    for name, words in (("pool.set", {"drop": ["xen02"]}), ("pool.remove", {})):
        assert said in (refused := site.refused(name, **{"name": "rack-a", **words}))
        assert "pxeserve join list" in refused
    away = declared(site)
    away["pools"][0]["members"] = ["xen01"]
    with pytest.raises(PxeserveError, match=said):
        applied(site, away)
    assert applied(site, away | {"pools": []}, prune=True) == ["= pool rack-a: kept, host xen02 is being joined to it"]
    site.ask("host.cancel", name="xen02")
    assert "host xen02 is in pool rack-a" in site.refused("host.remove", name="xen02")
    assert site.ask("pool.set", name="rack-a", add=["xen03"])["hosts"] == ["xen01", "xen02", "xen03"], "others come and go"
    with site.context.store.site.write() as connection:
        join = joins.of_install(connection, install.id)
        assert join is not None
        joins.advance(connection, join, {"state": joins.FAILED})
    assert site.ask("pool.set", name="rack-a", drop=["xen02"])["hosts"] == ["xen01", "xen03"]


def test_a_pack_is_on_all_hosts_of_a_pool_or_on_none(site: Site) -> None:
    pool(site)
    said = site.refused("host.set", name="xen02", set=["sources=[http://10.77.0.7/linux-pack/]"])
    assert "host xen02 gets the pack http://10.77.0.7/linux-pack/, and host xen01 does not" in said and "Linux Pack" in said
    site.ask("profile.set", name="member", set=["sources=[http://10.77.0.7/linux-pack/]"])
    said = site.refused("host.set", name="xen02", set=["sources=[]"])
    assert "host xen01 gets the pack http://10.77.0.7/linux-pack/, and host xen02 does not" in said


def test_a_host_in_a_pool_is_not_removed(site: Site) -> None:
    pool(site)
    assert "pxeserve pool set rack-a --drop xen02" in site.refused("host.remove", name="xen02")
    said = site.refused("host.remove", name="xen01")
    assert "host xen01 is the master of pool rack-a" in said and "--master HOST" in said
    site.ask("pool.set", name="rack-a", master="xen02", drop=["xen01"])
    assert site.ask("host.remove", name="xen01") == {"removed": "xen01"}
    assert "pxeserve pool remove rack-a" in site.refused("host.remove", name="xen02")


def test_two_people_who_change_one_pool_hear_of_each_other(site: Site) -> None:
    read = pool(site, *NFS)["revision"]
    site.ask("pool.set", name="rack-a", set=["storage.guests.path=/srv/other"], revision=read)
    with pytest.raises(StaleError) as error:
        site.ask("pool.set", name="rack-a", set=["storage.guests.path=/srv/third"], revision=read)
    assert error.value.changed == ("storage.guests",) and "last by tester" in str(error.value)
    with pytest.raises(StaleError):
        site.ask("pool.remove", name="rack-a", revision=read)


def secrets(site: Site) -> Any:
    with site.context.store.site.read() as connection:
        row = pools.pool(connection, "rack-a")
    assert row is not None
    return open_secrets(row, load_keys(site.data))


def test_passwords_are_kept_and_never_told(site: Site) -> None:
    notes = pool(site, *ISCSI)["notes"]
    assert any("pxeserve pool secret rack-a)" in one for one in notes) and any("CHAP user pool" in one for one in notes)
    site.ask("pool.secret", name="rack-a", password="open sesame")
    told = site.ask("pool.secret", name="rack-a", storage="luns", password="twelve chars")
    assert (told["password"], told["chap"]) == (True, ["luns"])
    assert (secrets(site).password, secrets(site).chap) == ("open sesame", {"luns": "twelve chars"})
    everything = [told, site.ask("pool.show", name="rack-a"), site.ask("pool.list"), site.ask("export"), site.ask("audit.list")]
    assert "sesame" not in repr(everything) and "twelve" not in repr(everything)
    assert "sesame" not in site.refused("pool.secret", name="rack-a", password="open\nsesame")
    site.ask("pool.set", name="rack-a", set=NFS)
    assert "asks for no CHAP user" in site.refused("pool.secret", name="rack-a", storage="guests", password="x")


def test_a_password_goes_to_nobody_but_whom_it_was_given_for(site: Site) -> None:
    pool(site, *ISCSI)
    site.ask("pool.secret", name="rack-a", password="open sesame")
    site.ask("pool.secret", name="rack-a", storage="luns", password="twelve chars")
    site.ask("pool.set", name="rack-a", set=["version=8.3.0", "storage.luns.scsi_id=other"])
    assert secrets(site).chap == {"luns": "twelve chars"}
    told = site.ask("pool.set", name="rack-a", set=["storage.luns.target=10.77.0.66"])
    assert (told["password"], told["chap"]) == (True, [])
    assert site.ask("pool.set", name="rack-a", set=["user=other"])["password"] is False


def test_a_certificate_that_an_administrator_knows_is_kept(site: Site) -> None:
    pool(site)
    assert "is not a certificate's SHA-256" in site.refused("pool.trust", name="rack-a", host="xen01", fingerprint="abc")
    assert "host xen03 is not in it" in site.refused("pool.trust", name="rack-a", host="xen03", fingerprint="ab" * 32)
    told = site.ask("pool.trust", name="rack-a", host="xen01", fingerprint=":".join(["AB"] * 32))
    assert told["members"][0]["fingerprint"] == "ab" * 32
    after = site.ask("pool.set", name="rack-a", set=["version=8.3.0"], add=["xen03"])
    assert [one["fingerprint"] for one in after["members"]] == ["ab" * 32, None, None]


def test_arming_asks_once_more_what_a_pool_must_have(site: Site) -> None:
    """The medium of a profile may be another one by now, and nobody has changed the host."""
    pool(site)
    with site.context.store.site.write() as connection:
        row = pools.pool(connection, "rack-a")
        assert row is not None
        broken = Storage("late", StorageKind.LVM, device="/dev/sda")
        pools.save(connection, replace(row.pool, storage=(broken,)), row.id)
    assert "xen01: pool rack-a: storage late: /dev/sda" in site.refused("host.install", name="xen01")
    site.ask("pool.set", name="rack-a", set=["storage.late="])
    assert site.ask("host.install", name="xen01")["host"] == "xen01"


# --- a whole declaration ---


def declared(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(site.ask("export")["site"])
    return found


def applied(site: Site, text: Any, **more: Any) -> Any:
    return site.ask("apply", text=text if isinstance(text, str) else yaml.safe_dump(text), **more)["changes"]


def test_what_is_exported_is_applied_without_a_change(site: Site) -> None:
    pool(site, *NFS, *ISCSI, "networks.backup.device=eth1", "networks.backup.vlan=12", "licence.edition=platinum", "licence.server=lic",
         "licence.port=27001", f"iqn.xen02={IQN}:xen02", "address=10.77.0.99", "user=admin", "product=XCP-ng", "version=8.3",
         "storage.local={kind: lvm, device: /dev/sdb, hosts: [xen02]}")  # fmt: skip
    site.ask("pool.trust", name="rack-a", host="xen01", fingerprint="ab" * 32)
    site.ask("pool.secret", name="rack-a", password="open sesame")
    text = site.ask("export")["site"]
    assert applied(site, text, prune=True) == []
    before = site.ask("pool.show", name="rack-a")
    site.ask("pool.remove", name="rack-a")
    assert applied(site, text, dry_run=True) == applied(site, text) != []
    after = site.ask("pool.show", name="rack-a")
    unlike = {key for key in before if before[key] != after[key]}
    assert unlike == {"password", "notes", "members"} and after["members"][0]["fingerprint"] is None


def test_a_declared_pool_changes_in_lines_and_keeps_its_secrets(site: Site) -> None:
    pool(site, *NFS)
    site.ask("pool.secret", name="rack-a", password="open sesame")
    site.ask("pool.trust", name="rack-a", host="xen01", fingerprint="ab" * 32)
    found = declared(site)
    found["pools"][0] |= {"members": ["xen01", {"host": "xen03", "iqn": f"{IQN}:xen03"}], "version": "8.3.0"}
    found["pools"][0]["storage"][0]["path"] = "/srv/other"
    (line,) = applied(site, found)
    assert line.startswith("~ pool rack-a: ") and "storage.guests.path: /srv/guests -> /srv/other" in line
    assert "members.xen02: in it -> nothing" in line and f"members.xen03.iqn: nothing -> {IQN}:xen03" in line
    shown = site.ask("pool.show", name="rack-a")
    assert (shown["password"], shown["members"][0]["fingerprint"]) == (True, "ab" * 32)


def test_a_mistake_in_a_declared_pool_is_pointed_at(site: Site) -> None:
    text = "pools:\n- name: rack-a\n  master: xen01\n  members: [{host: xen01, iqm: x}]\n"
    assert "line 2: pool rack-a: unknown key 'iqm' of a member" in site.refused("apply", text=text)
    assert "line 2: unknown key mastre; did you mean master?" in site.refused("apply", text="pools: [\n{name: a, mastre: b}]")
    text = "pools:\n- {name: a, master: xen01, members: [xen01]}\n- {name: b, master: xen01, members: [xen01]}\n"
    assert "line 3: pool b: host xen01 is in pool a" in site.refused("apply", text=text)
    assert "line 2: pool a: there is no host xen09" in site.refused("apply", text="pools:\n- {name: a, master: xen09, members: [xen09]}\n")
    many = [f"x{number}" for number in range(65)]
    assert "65, and 64 at most" in site.refused("apply", text=yaml.safe_dump({"pools": [{"name": "a", "master": "x0", "members": many}]}))
    assert site.ask("pool.list") == []


def test_hosts_go_from_pool_to_pool_and_out_of_the_site_in_one_step(site: Site) -> None:
    pool(site)
    site.ask("pool.add", name="rack-b", master="xen03")
    found = declared(site)
    found["pools"] = [{"name": name, "master": host, "members": [host]} for name, host in (("rack-b", "xen02"), ("rack-a", "xen01"))]
    found["hosts"] = [one for one in found["hosts"] if one["name"] != "xen03"]
    lines = applied(site, found, prune=True)
    assert "- host xen03" in lines
    assert [(one["name"], one["hosts"]) for one in site.ask("pool.list")] == [("rack-a", ["xen01"]), ("rack-b", ["xen02"])]


def test_pruning_forgets_a_pool_and_keeps_a_host_that_a_pool_names(site: Site) -> None:
    pool(site)
    found = declared(site)
    gone = found | {"hosts": [one for one in found["hosts"] if one["name"] != "xen02"]}
    assert applied(site, gone, prune=True) == ["= host xen02: kept, it is in pool rack-a"]
    assert "- pool rack-a" in applied(site, gone | {"pools": []}, prune=True)
    assert [one["name"] for one in site.ask("host.list")] == ["xen01", "xen03"]


def test_an_operator_gives_no_password_and_trusts_nobody() -> None:
    table = registry.verbs()
    assert all(table[name].role.word == "admin" and table[name].fresh for name in ("pool.secret", "pool.trust"))
