"""Whatever a toolstack does instead of answering, at each call of each step, and however long a step takes: the step stays where it is,
says why and what to do, and nothing is armed.
"""

from __future__ import annotations

import io
import time
from typing import Any

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.installs.lapse import lapse
from pxeserve.operations.recovering import knocking, running, toolstacks
from pxeserve.recovery.planning.steps import STEPS
from pxeserve.store import inventory, pools, recoveries
from tests.loopback import mute
from tests.operations.recovering.conftest import ADDRESSES, VERSION, Scene

CALLS = {
    "lead": ("session.slave_local_login_with_password", "pool.emergency_transition_to_master", "session.login_with_password"),
    "follow": ("session.login_with_password", "host.get_all_records", "host_metrics.get_all_records", "pool.recover_slaves"),
    "forget": ("session.get_this_host", "host.get_all_records", "pool.get_all_records", "host.destroy", "host.declare_dead"),
    "enabled": ("session.login_with_password", "host.get_all_records"),
    "storage": ("SR.get_all_records",),
}  # fmt: skip
UNREAD = {"pool.emergency_transition_to_master", "host.declare_dead", "host.destroy"}
"""Acts whose answer says nothing: whether they were done is looked at afterwards."""

EMERGENCY = ("lead", "session.login_with_password")
"""What a member in emergency mode refuses, with whatever words: it is asked by itself then."""

DAY = 24 * 3600.0


def put_at(scene: Scene, step: str, ago: float = 0.0) -> None:
    """The recovery is at that step, and has been since so many seconds."""
    with scene.site.context.store.site.write() as connection:
        row = recoveries.by_id(connection, scene.id)
        assert row is not None
        steps = [dict(one) for one in row.steps]
        number = next(number for number, one in enumerate(steps) if one["name"] == step)
        steps[number] |= {"state": "doing", "seen": "", "began": time.time() - ago if ago else None}
        assert recoveries.advance(connection, row, {"steps": steps, "step": number, "state": "running", "because": "", "fix": ""})


def turned(scene: Scene, step: str) -> dict[str, Any]:
    """What one turn makes of it: it is at that step still."""
    running.turn(scene.site.context)
    found = scene.shown()
    assert (found["step"], scene.armings()) == (step, []), found
    return {**next(one for one in found["steps"] if one["name"] == step), **found}


def turned_until(scene: Scene, step: str, call: str) -> dict[str, Any]:
    """The same of the turn in which that call came: a toolstack that was told to lead is not there for a moment."""
    before, end = len(scene.machines.calls()), time.monotonic() + 60
    while True:
        found = turned(scene, step)
        if call in (asked := [one["name"] for one in scene.machines.calls()[before:]]):
            return found
        assert time.monotonic() < end, (step, call, asked, found["because"])


@pytest.mark.long
@pytest.mark.parametrize(("kind", "more", "state"), [
    ("hang", {}, "running"), ("drop", {}, "running"), ("cut", {}, "stopped"), ("refuse", {"words": ["SESSION_INVALID", "x"]}, "running"),
    ("refuse", {"words": ["INTERNAL_ERROR", "x"]}, "stopped"), ("lie", {"value": 7}, "stopped"), ("status", {}, "stopped"),
])  # fmt: skip
def test_at_each_call_of_each_step(scene: Scene, kind: str, more: dict[str, Any], state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolstacks, "SECONDS", 1.0)
    scene.dies("xen01")
    scene.begins()
    scene.turns("lead")
    for step, calls in CALLS.items():
        if step == "follow":
            scene.turns("follow")
        for call in calls:
            put_at(scene, step)
            scene.machines.fault(call=call, kind=kind, host="xen02", **more)
            found = turned_until(scene, step, call)
            scene.machines.clear()
            if (kind == "lie" and call in UNREAD) or (kind == "refuse" and (step, call) == EMERGENCY):
                assert found["state"] == "running", (call, found["because"])
                continue
            assert found["state"] == state, (step, call, found["because"])
            assert f": {call}: " in found["seen"], (step, call, found["seen"])
            if state == "stopped":
                assert f"recovery resume {scene.id}" in found["fix"], (step, call, found["fix"])
        put_at(scene, step)


@pytest.mark.long
def test_a_second_dead_member_is_waited_for_and_then_taken_for_dead(scene: Scene) -> None:
    scene.dies("xen01")
    scene.begins()
    scene.machines.kill("xen03")
    scene.turns("lead")
    found = turned(scene, "lead")
    assert "xen03 does not answer: it may be starting as the new master" in found["seen"], found
    assert "pool.emergency_transition_to_master" not in scene.machines.names()
    put_at(scene, "lead", 301.0)
    turned(scene, "lead")
    assert scene.machines.names().count("pool.emergency_transition_to_master") == 1


def test_a_second_member_that_is_off_is_left_to_a_person_by_name(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolstacks, "SECONDS", 1.0)
    monkeypatch.setattr(knocking, "SECONDS", 0.5)
    scene.dies("xen01")
    scene.begins()
    scene.machines.kill("xen03")
    scene.turns("lead")
    put_at(scene, "lead", 301.0)
    scene.turns("follow")
    seen = turned_until(scene, "follow", "pool.recover_slaves")["seen"]
    assert "xen03 told to follow xen02" in seen, "it refuses, as a toolstack does that begins anew"
    with mute(ADDRESSES["xen03"]):
        assert scene.turns("boot")["step"] == "boot", scene.shown()
    scene.install(InstallState.BOOTING)
    scene.turns("installed")
    scene.comes_back()
    done = scene.turns("nowhere")
    assert done["state"] == "done", done
    assert done["because"] == "xen03 was off and must be told to follow xen02 when back"
    assert done["fix"] == "on xen02: xe pool-recover-slaves"


@pytest.mark.long
def test_a_second_member_whose_toolstack_stays_away_is_left_too_once_it_could_have_begun_anew(scene: Scene) -> None:
    scene.dies("xen01")
    scene.begins()
    scene.machines.kill("xen03")
    scene.turns("lead")
    put_at(scene, "lead", 301.0)
    scene.turns("follow")
    assert turned(scene, "follow")["state"] == "running"
    put_at(scene, "follow", 301.0)
    assert scene.turns("forget")["step"] == "forget"


def test_another_pool_at_the_place_of_this_one_is_left_alone(backed: Scene) -> None:
    """xen02 was installed anew, is trusted, and leads a pool of its own by now."""
    scene = backed
    scene.site.ask("backup.add", pool="green", stream=io.BytesIO(scene.dumped()))
    scene.dies("xen01")
    scene.begins()
    fingerprint = scene.machines.install("xen02", ADDRESSES["xen02"], version=VERSION)["fingerprint"]
    with scene.site.context.store.site.write() as connection:
        member = inventory.host(connection, "xen02")
        assert member is not None
        pools.keep_fingerprint(connection, member.id, fingerprint, 1.0)
    for step in ("lead", "follow", "forget"):
        put_at(scene, step)
        found = turned(scene, step)
        assert found["state"] == "stopped" and "xen02 is in another pool" in found["because"], found
        assert "pool set green --drop xen02" in found["fix"] and f"recovery resume {scene.id}" in found["fix"]
    assert not {"pool.recover_slaves", "host.declare_dead", "pool.emergency_transition_to_master"} & set(scene.machines.names())


def test_another_certificate_at_each_step_is_told_nothing(scene: Scene) -> None:
    scene.dies("xen01")
    scene.begins()
    scene.turns("lead")
    with scene.site.context.store.site.write() as connection:
        leader = inventory.host(connection, "xen02")
        assert leader is not None
        pools.keep_fingerprint(connection, leader.id, "0" * 64, 1.0)
    for step in CALLS:
        put_at(scene, step)
        found = turned(scene, step)
        assert found["state"] == "stopped" and "another certificate" in found["because"] and "pool trust" in found["fix"], found
    assert scene.machines.names() == []


def test_no_step_waits_longer_than_its_patience(scene: Scene) -> None:
    """Nobody answers at any of them. What has stopped is resumed, and waits as long again."""
    scene.dies("xen01")
    scene.begins()
    scene.turns("lead")
    scene.machines.kill("xen02")
    patient = [one["name"] for one in scene.shown()["steps"] if STEPS[one["name"]].patience]
    assert set(patient) == {*CALLS, "first-boot", "joined"}
    for step in patient:
        put_at(scene, step, ago=STEPS[step].patience - 100)
        assert turned(scene, step)["state"] == "running"
        put_at(scene, step, ago=STEPS[step].patience + 1)
        found = turned(scene, step)
        assert (found["state"], f"more than {STEPS[step].patience / 60:.0f} minutes" in found["because"]) == ("stopped", True), found
        assert f"recovery resume {scene.id}" in found["fix"]
        scene.site.ask("recover.resume", id=scene.id)
        assert turned(scene, step)["state"] == "running"


def test_who_powers_it_on_a_day_late_has_it_armed_anew(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    first = scene.turns("boot")["install"]
    lapse(scene.site.context.store, time.time() + DAY)
    found = scene.turns("nowhere")
    assert (found["state"], found["step"]) == ("stopped", "boot") and "is lapsed: it was not consumed in time" in found["because"], found
    scene.site.ask("recover.resume", id=scene.id)
    again = scene.turns("boot")
    assert again["install"] != first
    assert sorted(one.state for one in scene.armings()) == ["armed", "lapsed"]


def test_a_first_boot_that_is_not_heard_for_a_day_is_installed_again(scene: Scene) -> None:
    """Its token and its one-time password are gone by then: waiting on would be waiting for nobody."""
    scene.dies("xen02")
    scene.begins()
    first = scene.turns("boot")["install"]
    scene.install(InstallState.DONE, ended_at=time.time())
    assert scene.turns("first-boot")["state"] == "running"
    lapse(scene.site.context.store, time.time() + DAY)
    found = scene.turns("nowhere")
    assert (found["state"], found["step"]) == ("stopped", "first-boot"), found
    assert "not heard within a day" in found["because"] and f"recovery resume {scene.id}" in found["fix"]
    scene.site.ask("recover.resume", id=scene.id)
    again = scene.turns("boot")
    assert (again["step"], again["state"]) == ("boot", "running") and again["install"] != first, again
