"""A drill says what a recovery would cost and what would stop it, and touches nothing."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from pxeserve.operations.recovering import plans
from pxeserve.store import times
from pxeserve.store.times import TimeRow
from tests.operations.recovering.conftest import Scene, staged
from tests.recovery.backups.dumps import dump

STAGES = {
    "armed": 9000.0, "loader": 20.0, "kernel": 30.0, "installer boots": 40.0, "packages": 500.0, "configuration": 30.0, "restart": 99.0,
}  # fmt: skip


def boots(scene: Scene) -> list[dict[str, Any]]:
    return [one for one in scene.site.ask("recover.drill", name="xen02")["checks"] if one["check"] == "boot"]


def test_it_expects_what_installations_of_the_profile_took_and_guesses_the_rest(scene: Scene) -> None:
    guessed = scene.site.ask("recover.drill", name="xen02")
    with scene.site.context.store.events.write() as connection:
        for number, more in enumerate((0.0, 60.0, 5000.0)):
            stages = {**STAGES, "packages": STAGES["packages"] + more}
            times.put(connection, TimeRow(f"i{number}", "xen03", "rack", 100.0 + number, True, stages))
        times.put(connection, TimeRow("failed", "xen03", "rack", 200.0, False, {"kernel": 1.0}))
        times.put(connection, TimeRow("other", "xen09", "other", 200.0, True, {"kernel": 7.0}))
    found = scene.site.ask("recover.drill", name="xen02")
    installed = next(one for one in found["plan"]["steps"] if one["name"] == "installed")
    assert (installed["seconds"], installed["of_record"]) == (660.0, True), "the median, from the kernel to the end"
    assert found["seconds"] == guessed["seconds"] - 1200 + 660
    assert not any(one["of_record"] for one in found["plan"]["steps"] if one["name"] != "installed")
    assert scene.armings() == [] and not {"host.destroy", "host.declare_dead"} & set(scene.machines.names())


def test_it_names_what_would_stop_the_boot_and_else_how_the_boot_is_walked(scene: Scene, tmp_path: Path) -> None:
    [stops] = boots(scene)
    assert not stops["ok"] and "no machine is offered one" in stops["said"] and "[[dhcp.subnet]]" in stops["fix"], stops
    for name in ("xen01", "xen02"):
        scene.machines.kill(name)
    lends = {"mode": "server", "subnet": [{"network": "10.77.0.0/24", "range": ["10.77.0.100", "10.77.0.199"]}]}
    (tmp_path / "lends").mkdir()
    with staged(tmp_path / "lends", "xen01", "xen02", dhcp=lends) as other:
        fine = boots(other)
    assert all(one["ok"] for one in fine), fine
    assert "nothing that is known would stop its network boot; to walk it: pxeserve rehearse 52:54:00:77:01:02" in fine[-1]["said"]


@pytest.mark.parametrize("wrong", ["password", "starts"])
def test_a_drill_of_a_master_sees_whether_its_successor_would_let_us_in(scene: Scene, wrong: str) -> None:
    def check() -> dict[str, Any]:
        return next(one for one in scene.site.ask("recover.drill", name="xen01")["checks"] if one["check"] == "toolstack")

    found = check()
    assert found["ok"] and found["said"] == "xen02 answers as a member of the pool", found
    if wrong == "password":
        scene.machines.change("xen02", password="another")
    else:
        scene.machines.fault(call="session.login_with_password", host="xen02", kind="refuse", words=["HOST_STILL_BOOTING"], times=9)
    found = check()
    assert not found["ok"] and found["fix"], found


def test_a_drill_that_fails_holds_no_pool(scene: Scene) -> None:
    assert not scene.site.ask("recover.drill", name="xen02")["ok"]
    scene.site.ask("pool.remove", name="green")


def test_of_the_drills_of_a_host_the_newest_are_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "DRILLS", 1)
    ids = [scene.site.ask("recover.drill", name=name)["id"] for name in ("xen03", "xen02", "xen02")]
    assert [one["id"] for one in scene.site.ask("recover.list")] == [ids[2], ids[0]]


@pytest.mark.long
def test_a_drill_arms_nothing_and_says_what_would_be_lost(scene: Scene) -> None:
    found = scene.site.ask("recover.drill", name="xen02")
    checks = {one["check"]: one for one in found["checks"]}
    assert checks["toolstack"]["ok"], checks
    assert "sda" in " ".join(found["plan"]["losses"]["lost"])
    assert found["seconds"] > 0
    assert scene.armings() == []
    assert not {"host.destroy", "host.declare_dead"} & set(scene.machines.names())
    assert scene.site.ask("recover.list")[0]["drill"] is True


@pytest.mark.long
def test_a_drill_reads_the_newest_backup_to_its_end_and_finds_the_one_byte_that_is_another(scene: Scene) -> None:
    def check() -> dict[str, Any]:
        return next(one for one in scene.site.ask("recover.drill", name="xen02")["checks"] if one["check"] == "backup")

    assert "no good backup of pool green" in check()["said"]
    older = scene.site.ask("backup.add", pool="green", stream=io.BytesIO(dump("4.1")))["id"]
    kept = scene.site.ask("backup.add", pool="green", stream=io.BytesIO(dump("4.1")))["id"]
    found = check()
    assert found["ok"] and f"backup {kept} was decrypted and read" in found["said"] and "2 hosts" in found["said"], found
    [file] = [one for one in (scene.site.data / "backups").iterdir() if kept in one.name]
    held = bytearray(file.read_bytes())
    held[-20] ^= 1
    file.chmod(0o600)
    file.write_bytes(held)
    found = check()
    assert not found["ok"] and "damaged" in found["said"] and found["fix"], found
    plan = scene.site.ask("recover.plan", name="xen02")
    assert plan["backup"] == older and any(f"the older {older} is taken instead" in one for one in plan["minds"]), plan["minds"]
    assert check()["ok"]
