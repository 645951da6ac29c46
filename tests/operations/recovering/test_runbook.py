"""Runbooks against a simulated pool: a member and a master come back, whoever is killed goes on, and nothing is armed on a doubt.

The toolstacks are a program of their own at port 443 of addresses on loopback; the installer is played by moving the install's row as its
reports do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.operations.recovering import running
from pxeserve.recovery.xapi import XapiError, connect, connect_to_itself, shown
from pxeserve.store import pools, recoveries
from tests.operations.recovering.conftest import ADDRESSES, Scene

T = TypeVar("T")


def again(ask: Callable[[], T]) -> T:
    """What it gives once the toolstack that begins anew is there again."""
    ends = time.monotonic() + 60
    while True:
        try:
            return ask()
        except XapiError:
            if time.monotonic() > ends:
                raise


def led_by_hand(scene: Scene) -> tuple[str, str]:
    """The master dies, and a person makes another member lead than the plan does: the plan's, and theirs."""
    scene.dies("xen01")
    leader = str(scene.begins()["plan"]["leader"])
    other = "xen03" if leader == "xen02" else "xen02"
    fingerprint = scene.machines.host(other)["fingerprint"]
    with connect_to_itself(ADDRESSES[other], 443, "root", "secret", fingerprint, seconds=9) as session:
        session.emergency_transition_to_master()
    return leader, other


def test_a_member_dies_and_is_recovered(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    found = scene.turns("boot")
    assert found["step"] == "boot", found
    assert scene.machines.names().count("host.destroy") == 1
    [install] = scene.armings()
    assert install.armed_by == f"recovery {scene.id} of tester"
    scene.install(InstallState.BOOTING)
    scene.turns("installed")
    scene.comes_back()
    done = scene.turns("nowhere")
    assert (done["state"], len(scene.armings())) == ("done", 1), done
    assert {one["state"] for one in done["steps"]} == {"done"}


def test_a_master_dies_and_a_member_leads_before_anything_is_armed(scene: Scene) -> None:
    scene.dies("xen01")
    scene.begins()
    found = scene.turns("boot")
    assert found["step"] == "boot", found
    assert scene.machines.names().count("pool.emergency_transition_to_master") == 1
    assert "pool.recover_slaves" in scene.machines.names(), "whatever the new master believes of the others"
    with scene.site.context.store.site.read() as connection:
        led = pools.pool(connection, "green")
    assert led is not None and led.pool.master == "xen02"
    scene.comes_back()
    done = scene.turns("nowhere")
    assert (done["state"], len(scene.armings())) == ("done", 1), done


def test_a_member_that_follows_another_master_by_now_is_not_made_a_second_one(scene: Scene) -> None:
    """A person has had xen03 lead meanwhile; the plan is for xen02."""
    leader, other = led_by_hand(scene)
    fingerprint = scene.machines.host(other)["fingerprint"]
    with again(lambda: connect(ADDRESSES[other], 443, "root", "secret", fingerprint, seconds=9)) as session:
        session.recover_slaves()
    again(lambda: shown(ADDRESSES[leader], 443, seconds=9))
    found = scene.turns("follow")
    assert (found["state"], found["step"]) == ("stopped", "lead")
    assert f"{leader} follows {ADDRESSES[other]}, not the dead xen01" in found["because"] and "--master" in found["fix"]
    assert scene.machines.host(leader)["master"] and not scene.armings()


def test_where_another_member_leads_already_none_is_made_a_second_master(scene: Scene) -> None:
    """As before, and nobody has told the others yet: xen02 still waits for the dead one."""
    _, other = led_by_hand(scene)
    again(lambda: shown(ADDRESSES[other], 443, seconds=9))
    found = scene.turns("follow")
    assert (found["state"], found["step"]) == ("stopped", "lead"), found
    assert f"{other} leads the pool already" in found["because"] and f"--master {other}" in found["fix"]
    assert scene.machines.names().count("pool.emergency_transition_to_master") == 1


def test_a_member_that_answers_is_to_lead_where_another_is_dead_too(scene: Scene) -> None:
    scene.dies("xen01")
    scene.machines.kill("xen02")
    assert scene.site.ask("recover.plan", name="xen01")["leader"] == "xen03"


def test_no_member_leads_while_it_still_hears_the_master(scene: Scene) -> None:
    """We are cut off from the master, or a person was wrong: it lives, and two masters would lose the guests' disks."""
    scene.dead, scene.off = "xen01", True
    leader = scene.begins()["plan"]["leader"]
    for _ in range(4):
        running.turn(scene.site.context)
        if scene.step() == "silent":
            scene.site.ask("recover.confirm", id=scene.id, step="silent")
    found = scene.shown()
    assert (found["state"], found["step"]) == ("running", "lead")
    seen = next(one["seen"] for one in found["steps"] if one["name"] == "lead")
    assert f"{leader} is not in emergency mode" in seen and not scene.armings()
    assert "pool.emergency_transition_to_master" not in scene.machines.names()
    scene.machines.kill("xen01")
    assert scene.turns("boot")["step"] == "boot"


@pytest.mark.parametrize("dead", ["xen02", "xen01"])
def test_a_service_killed_between_an_act_and_its_note_does_nothing_twice(scene: Scene, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst moment of every step: it is done, and nothing was written of it. What comes back looks, and finds it done."""
    scene.dies(dead)
    scene.begins()
    real = running.settle

    def killed(*_said: Any) -> bool:
        raise KeyboardInterrupt

    for _ in range(12):
        if scene.step() == "boot":
            break
        monkeypatch.setattr(running, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            running.turn(scene.site.context)
        monkeypatch.setattr(running, "settle", real)
        at = scene.step()
        scene.turns(next(one["name"] for before, one in zip(scene.shown()["steps"], scene.shown()["steps"][1:], strict=False)
                         if before["name"] == at))  # fmt: skip
    assert scene.step() == "boot", scene.shown()
    assert len(scene.armings()) == 1
    assert scene.machines.names().count("host.destroy") == 1


def test_nothing_is_armed_when_the_host_changed_since_the_plan(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    scene.site.ask("host.set", name="xen02", set=["primary-disk=sdb"])
    found = scene.turns("boot")
    assert (found["state"], found["step"]) == ("stopped", "arm"), found
    assert "what the host would be served has changed" in found["because"]
    assert "recovery stop" in found["fix"]
    assert scene.armings() == []


@pytest.mark.long
def test_two_plans_for_one_pool_and_the_second_names_the_first(scene: Scene) -> None:
    scene.dies("xen02")
    first = scene.begins()["id"]
    assert f"recovery {first} of pool green is under way" in scene.site.refused("recover.begin", name="xen03", print="p", confirm="xen03")
    scene.site.ask("recover.stop", id=first)
    assert scene.site.ask("recover.plan", name="xen03")["ready"] is True


@pytest.mark.long
def test_an_old_machine_that_answers_holds_everything_until_a_person_says_that_it_is_off(scene: Scene) -> None:
    scene.dead = "xen02"
    scene.begins()
    found = scene.turns("forget")
    assert (found["state"], found["step"]) == ("waiting", "silent"), found
    assert "the old xen02 answers" in found["because"]
    scene.dies("xen02")
    scene.site.ask("recover.confirm", id=scene.id, step="silent")
    assert scene.turns("boot")["step"] == "boot"


@pytest.mark.long
def test_a_confirmation_is_no_proof_and_a_host_that_its_pool_hears_is_not_declared_dead(scene: Scene) -> None:
    scene.dead = "xen02"
    scene.begins()
    scene.turns("forget")
    scene.site.ask("recover.confirm", id=scene.id, step="silent")
    for _ in range(4):
        running.turn(scene.site.context)
    found = scene.shown()
    assert (found["state"], found["step"]) == ("running", "forget"), found
    assert "the pool still hears xen02" in next(one["seen"] for one in found["steps"] if one["name"] == "forget")
    assert "host.declare_dead" not in scene.machines.names()
    assert scene.armings() == []


@pytest.mark.long
@pytest.mark.parametrize(("kind", "more"), [("lie", {"value": 7}), ("refuse", {"words": ["INTERNAL_ERROR", "x"]})])
def test_a_toolstack_that_lies_or_refuses_stops_the_step_and_resuming_goes_on(scene: Scene, kind: str, more: dict[str, Any]) -> None:
    scene.dies("xen02")
    scene.begins()
    scene.machines.fault(call="host.get_all_records", kind=kind, **more)
    found = scene.turns("boot")
    assert (found["state"], found["step"]) == ("stopped", "forget"), found
    assert "host.get_all_records" in found["because"]
    assert scene.armings() == []
    scene.machines.clear()
    scene.site.ask("recover.resume", id=scene.id)
    assert scene.turns("boot")["step"] == "boot"


@pytest.mark.long
def test_a_toolstack_that_drops_the_line_is_asked_again(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    scene.machines.fault(call="host.get_all_records", kind="drop", times=2)
    assert scene.turns("boot")["step"] == "boot"


def test_a_host_whose_storage_is_not_attached_is_not_back_yet(scene: Scene) -> None:
    scene.machines.storage("xen01", "guests", "nfs")
    scene.dies("xen02")
    scene.begins()
    scene.turns("boot")
    scene.comes_back()
    [host] = (ref for ref, one in scene.machines.records("xen01", "host").items() if one["name_label"] == "xen02")
    [storage] = (ref for ref, one in scene.machines.records("xen01", "SR").items() if one["name_label"] == "guests")
    plugs = scene.machines.records("xen01", "PBD")
    [plug] = (ref for ref, one in plugs.items() if (one["host"], one["SR"]) == (host, storage))
    scene.machines.set("xen01", "PBD", plug, currently_attached=False)
    assert scene.turns("storage")["step"] == "storage"
    running.turn(scene.site.context)
    found = scene.shown()
    seen = next(one["seen"] for one in found["steps"] if one["name"] == "storage")
    assert (found["state"], seen) == ("running", f"not attached to xen02: guests (xe pbd-plug uuid={plugs[plug]['uuid']})")
    scene.machines.set("xen01", "PBD", plug, host=scene.machines.records("xen01", "pool").popitem()[1]["master"])
    running.turn(scene.site.context)
    seen = next(one["seen"] for one in scene.shown()["steps"] if one["name"] == "storage")
    assert "not attached to xen02: guests (xe pbd-create sr-uuid=" in seen, seen
    scene.machines.set("xen01", "PBD", plug, host=host, currently_attached=True)
    assert scene.turns("nowhere")["state"] == "done"


@pytest.mark.long
def test_storage_that_no_host_is_attached_to_is_left_to_a_person(scene: Scene) -> None:
    scene.machines.storage("xen01", "guests", "nfs")
    scene.dies("xen02")
    scene.begins()
    scene.turns("boot")
    scene.comes_back()
    [storage] = (ref for ref, one in scene.machines.records("xen01", "SR").items() if one["name_label"] == "guests")
    for plug, one in scene.machines.records("xen01", "PBD").items():
        if one["SR"] == storage:
            scene.machines.set("xen01", "PBD", plug, currently_attached=False)
    assert scene.turns("nowhere")["state"] == "done"
    seen = next(one["seen"] for one in scene.shown()["steps"] if one["name"] == "storage")
    assert seen.endswith("no host is attached to guests"), seen


@pytest.mark.long
def test_a_member_that_comes_back_half_upgraded_stops(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    scene.turns("boot")
    scene.comes_back()
    scene.machines.change("xen02", version="8.3.0")
    found = scene.turns("nowhere")
    assert (found["state"], found["step"]) == ("stopped", "enabled"), found
    assert "half upgraded" in found["because"]


@pytest.mark.long
def test_an_installation_that_fails_is_armed_anew_by_a_person_alone(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    scene.turns("boot")
    scene.install(InstallState.FAILED, ended_at=time.time(), ended_because="no disk")
    found = scene.turns("nowhere")
    assert (found["state"], found["step"]) == ("stopped", "boot"), found
    assert "no disk" in found["because"]
    scene.site.ask("recover.resume", id=scene.id)
    assert scene.step() == "silent", "the machine may be on again"
    assert scene.turns("boot")["step"] == "boot"
    assert [one.state for one in scene.armings()].count("armed") == 1


@pytest.mark.long
def test_a_name_that_was_not_typed_begins_nothing(scene: Scene) -> None:
    scene.dies("xen02")
    assert "wipes sda" in scene.site.refused("recover.begin", name="xen02", print="p")
    assert scene.site.ask("recover.list") == []


@pytest.mark.long
def test_one_row_is_moved_by_one_alone(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    with scene.site.context.store.site.write() as connection:
        row = recoveries.by_id(connection, scene.id)
        assert row is not None
        assert recoveries.advance(connection, row, {"because": "first"})
        assert not recoveries.advance(connection, replace(row), {"because": "second"})
