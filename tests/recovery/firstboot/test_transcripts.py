"""The job of the first boot, really run: in a chroot with a toolstack that writes down each act, heard by a real listener."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pxeserve.domain.pool import Storage, StorageKind
from pxeserve.store import pools
from pxeserve.store import tables as t
from tests.recovery.firstboot.conftest import PRINT, Site, System, pool

HOST = "11111111-2222-3333-4444-555555555555"
FIRST = "00000000-0000-0000-0000-000000000003"
LOCAL = Storage("Local", StorageKind.LVM, device="/dev/sdb", default=True)
NFS = Storage("Guests it's $(touch /tmp/x)", StorageKind.NFS, server="10.9.0.8", path="/export", default=True)
ISO = Storage("ISOs", StorageKind.ISO, server="10.9.0.8", path="/isos")
ISCSI = Storage(
    "LUN", StorageKind.ISCSI, target="10.9.0.7", target_iqn="iqn.2001-05.com.example:t", scsi_id="360a98", chap_user="me", default=True
)
KEPT = {"root": "$6$abc$new", "chap.1": "chap's secret"}

PORTAL = "device-config:target=10.9.0.7 device-config:targetIQN=iqn.2001-05.com.example:t device-config:SCSIid=360a98"
CHAP = "device-config:chapuser=me device-config:chappassword=chap's secret"
MAKES = {
    "local": ([LOCAL], f"sr-create host-uuid={HOST} name-label=Local content-type=user type=lvm device-config:device=/dev/sdb"),
    "nfs": (
        [NFS], "sr-create name-label=Guests it's $(touch /tmp/x) shared=true content-type=user type=nfs device-config:server=10.9.0.8 "
        "device-config:serverpath=/export",
    ),
    "iscsi": ([ISCSI], f"sr-create name-label=LUN shared=true content-type=user type=lvmoiscsi {PORTAL} {CHAP}"),
}  # fmt: skip


def golden(form: str, make: str, name: str) -> list[str]:
    """What the toolstack is asked to do for a master or a host by itself, in its order."""
    iqn = "iscsi_iqn" if form == "systemd" else "other-config:iscsi_iqn"
    return [
        f"host-param-set uuid={HOST} {iqn}=iqn.2008-03.org.example:{name}",
        f"host-apply-edition host-uuid={HOST} edition=enterprise license-server-address=10.9.0.9 license-server-port=27000",
        make,
        f"pool-param-set uuid=pool-1 default-SR={FIRST} suspend-image-SR={FIRST} crash-dump-SR={FIRST}",
    ]


FORMS = {"systemd": "8.2", "firstboot.d": "6.2"}


SOLE, MASTER = ("xen01",), ("xen01", "xen02")
SHORT = {("firstboot.d", "local", SOLE), ("firstboot.d", "iscsi", MASTER), ("systemd", "nfs", MASTER)}
EVERY = [(form, scenario, members) for form in FORMS for scenario in MAKES for members in (SOLE, MASTER)]
CASES = [pytest.param(*one, marks=() if one in SHORT else pytest.mark.long) for one in EVERY]


@pytest.mark.parametrize(("form", "scenario", "members"), CASES)
def test_a_master_makes_its_storage_and_a_second_start_does_nothing(
    site: Site, system: Any, form: str, scenario: str, members: tuple[str, ...]
) -> None:
    storage, make = MAKES[scenario]
    host: System = system(form)
    install, body = site.arm(pool(*storage, members=members), "xen01", FORMS[form], KEPT)
    assert host.place(body) == 0
    job = (host.root / "etc/pxeserve/first-boot").read_bytes()
    assert b"secret" not in job.replace(b"ask_secret", b"").replace(b"/secrets", b"").replace(b"$secret", b"").replace(b" secret=", b"")
    done = host.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert host.acts == golden(form, make, "xen01")
    assert "root:$6$abc$new:" in (host.root / "etc/shadow").read_text()
    assert (site.row(install).state, site.row(install).sealed) == ("done", None)
    assert site.row(install).inventory["versions"]["PRODUCT_VERSION"] == "8.2.1"
    assert site.told()[-1][0] == "firstboot.done"
    assert host.left == ["etc/pxeserve/first-boot.over"]
    with site.store.site.read() as connection:
        row = pools.pool(connection, "lab")
    assert row is not None
    member = row.pool.member("xen01")
    assert member is not None
    assert member.fingerprint == PRINT.replace(":", "").lower()
    (host.root / "tmp/again").write_bytes(job)   # somebody kept a copy of it
    host.run(job=Path("/tmp/again"))
    assert host.acts == golden(form, make, "xen01")


KILLS = [(number, when) for number in (1, 2, 3, 4) for when in ("before", "after")]


@pytest.mark.parametrize(("number", "when"), [pytest.param(*one, marks=() if one == (3, "after") else pytest.mark.long) for one in KILLS])
def test_a_job_that_is_ended_at_any_act_is_taken_up_and_doubles_none(site: Site, system: Any, number: int, when: str) -> None:
    host: System = system("systemd")
    install, body = site.arm(pool(ISCSI, members=("xen01",)), "xen01", "8.2", KEPT)
    host.place(body)
    host.kill(number, when)
    assert host.run().returncode != 0
    assert host.run().returncode == 0
    acts = [one for at, one in enumerate(host.acts) if one not in host.acts[:at] or not one.startswith("pool-param-set")]
    assert acts == golden("systemd", MAKES["iscsi"][1], "xen01")   # what is the pool's default may be said twice
    assert site.row(install).state == "done"


def test_a_member_waits_for_its_join_and_makes_only_what_is_its_own(site: Site, system: Any) -> None:
    host: System = system("systemd")
    install, body = site.arm(pool(NFS, LOCAL), "xen02", "8.2", {})
    host.place(body)
    host.run()
    assert site.row(install).state == "failed"   # nobody has joined it in the few looks that it has here
    assert any(data["step"] == "join" and data["state"] == "failed" for _, data in site.told("firstboot.step"))
    assert not any(one.startswith("sr-create") for one in host.acts)


def test_a_member_that_is_joined_goes_on(site: Site, system: Any) -> None:
    host: System = system("systemd")
    install, body = site.arm(pool(NFS, LOCAL), "xen02", "8.2", {})
    with site.store.site.write() as connection:
        found = pools.pool(connection, "lab")
        assert found is not None
        values = {"id": "j", "host_id": site.hosts["xen02"].id, "install_id": install, "pool_id": found.id, "state": "joined"}
        connection.execute(t.pool_join.insert().values(**values, asked_at=1.0, changed_at=1.0, version=0))
    host.place(body)
    host.run()
    assert site.row(install).state == "done"
    assert [one.split()[0] for one in host.acts] == ["host-param-set", "host-apply-edition", "sr-create"]
    assert "type=lvm " in host.acts[-1]


def test_a_refused_join_stops_with_its_cause(site: Site, system: Any) -> None:
    host: System = system("systemd")
    install, body = site.arm(pool(LOCAL), "xen02", "8.2", {})
    with site.store.site.write() as connection:
        found = pools.pool(connection, "lab")
        assert found is not None
        values = {"id": "j", "host_id": site.hosts["xen02"].id, "install_id": install, "pool_id": found.id, "state": "failed"}
        values |= {"because": "other version", "fix": "install 8.2.1"}
        connection.execute(t.pool_join.insert().values(**values, asked_at=1.0, changed_at=1.0, version=0))
    host.place(body)
    host.run()
    kind, data = site.told("firstboot.")[-2]
    assert (kind, data["step"]) == ("firstboot.step", "join")
    assert "other version (install 8.2.1)" in data["because"]
    assert site.told()[-1][0] == "firstboot.failed"
    assert not any(one.startswith("sr-create") for one in host.acts)


def test_a_lun_that_holds_guests_is_never_formatted(site: Site, system: Any) -> None:
    host: System = system("systemd")
    (host.root / "xe/probe.lvmoiscsi").write_text(
        "<SRlist>\n <SR>\n  <UUID>\n   aaaaaaaa-0000-0000-0000-000000000001\n  </UUID>\n </SR>\n</SRlist>\n"
    )
    install, body = site.arm(pool(ISCSI, ISO, members=("xen01",)), "xen01", "8.2", KEPT)
    host.place(body)
    host.run()
    made = [one for one in host.acts if one.startswith("sr-create")]
    assert len(made) == 1
    assert "type=iso" in made[0]
    said = [data["because"] for _, data in site.told("firstboot.step") if data["step"] == "storage.1" and data["state"] == "failed"]
    assert "was not touched" in said[0]
    assert "chap's secret" not in str(site.told())
    assert site.row(install).state == "failed"


def test_local_storage_that_was_there_before_is_attached_and_not_made_anew(site: Site, system: Any) -> None:
    host: System = system("firstboot.d")
    old = "aaaaaaaa-0000-0000-0000-000000000001"
    (host.root / "xe/probe.lvm").write_text(f"<SRlist><SR>\n<UUID>{old}</UUID>\n</SR></SRlist>\n")
    install, body = site.arm(pool(LOCAL, members=("xen01",)), "xen01", "6.2", KEPT)
    host.place(body)
    host.run()
    assert site.row(install).state == "done"
    assert [one.split()[0] for one in host.acts[2:]] == ["sr-introduce", "pbd-create", "pbd-plug", "pool-param-set"]
    assert f"default-SR={old}" in host.acts[-1]


def test_secrets_go_to_the_host_s_own_address_alone(site: Site, system: Any) -> None:
    host: System = system("systemd")
    install, body = site.arm(pool(ISCSI, members=("xen01",)), "xen01", "8.2", KEPT)
    with site.store.site.write() as connection:
        connection.execute(update(t.install).where(t.install.c.id == install).values(bound_address="10.9.0.1"))
    host.place(body)
    host.run()
    assert not any(one.startswith("sr-create") for one in host.acts)
    assert "root:$1$old$old:" in (host.root / "etc/shadow").read_text()
    assert site.told("install.alarm")
    assert not site.told("firstboot.secrets")


def test_the_record_says_who_was_given_secrets_and_none_of_them(site: Site, system: Any) -> None:
    host: System = system("systemd")
    _, body = site.arm(pool(ISCSI, members=("xen01",)), "xen01", "8.2", KEPT)
    host.place(body)
    host.run()
    given = [data["because"] for _, data in site.told("firstboot.secrets")]
    assert given == ["127.0.0.1 was given what its steps ask for: chap.1, root"]
    assert not any(word in str(site.told()) for word in KEPT.values())
