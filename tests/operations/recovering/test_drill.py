"""A drill says what a recovery would cost and what would stop it, and touches nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pxeserve.store import times
from pxeserve.store.times import TimeRow
from tests.operations.recovering.conftest import Scene, staged

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
