"""Plans are made of facts alone: which medium fits in every combination, what is lost by name, and what stops a plan before it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.medium import BootFiles, Medium
from pxeserve.domain.pool import Member, Pool, Storage, StorageKind
from pxeserve.recovery.planning.facts import Backup, Facts, Guest, Heard, Prepared, Repository, Role
from pxeserve.recovery.planning.plan import plan, prints
from pxeserve.recovery.planning.steps import ARM, ORDER, STEPS, diagram
from pxeserve.recovery.planning.versions import fit, numbers

BOOT = BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")


def medium(version: str = "8.3.0", product: str = "XCP-ng", build: str = "cloud", name: str = "") -> Medium:
    return Medium(name or f"m{version}", "f", "yum", product, version, build, "xcp-8.3", f"rev-{version}", BOOT)


def backup(version: str = "8.3.0", product: str = "XCP-ng", build: str = "cloud", **more: Any) -> Backup:
    return Backup("b1", 1000.0, product, version, build, **more)


def pool(*hosts: str, version: str = "8.3.0", product: str = "XCP-ng", **more: Any) -> Pool:
    return Pool("green", hosts[0], tuple(Member(one) for one in hosts), product, version, **more)


def facts(host: str = "b", **more: Any) -> Facts:
    said: dict[str, Any] = {
        "host": host, "profile": "rack", "pool": pool("a", "b", "c"), "medium": medium(), "media": (medium(),), "backup": backup(),
        "heard": (Heard("10.0.0.2", answers=False, whence="entered"),), "prepared": Prepared(("sda",), digest="d"),
        "address": "10.0.0.2", "now": 2000.0,
    }  # fmt: skip
    return Facts(**{**said, **more})


VERSIONS = ("8.2.1", "8.3.0", "8.4.0")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("runs", ["", *VERSIONS])
@pytest.mark.parametrize("held", [None, *VERSIONS])
@pytest.mark.parametrize("offered", VERSIONS)
def test_a_host_comes_back_from_exactly_what_its_pool_runs(role: Role, runs: str, held: str | None, offered: str) -> None:
    """Every combination of what is entered, what the backup holds and what the profile installs: newer and older are refused, and so is
    whatever contradicts itself."""
    entered = pool("a", version=runs, product="XCP-ng" if runs else "")
    found = fit(role, entered, backup(held) if held else None, "rack", medium(offered), [medium(one) for one in VERSIONS])
    if role is Role.SOLE:
        wanted = held if held and runs in ("", held) else None
    elif runs:
        wanted = None if held and held > runs else runs
    else:
        wanted = held
    assert (found.refused == "") is (wanted == offered)
    if found.refused:
        assert found.fix
    if wanted is not None and wanted != offered:
        assert ("newer" if offered > wanted else "older") in found.refused
        assert f"medium m{wanted} is that" in found.fix


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"medium": medium(product="XenServer")}, "is XenServer 8.3.0"), ({"medium": medium(build="other")}, "is build other"),
        ({"medium": None}, "names no medium"), ({"other_plan": "r9"}, "recovery r9"), ({"address": ""}, "no static address"),
        ({"prepared": Prepared(refused="it has a live install", fix="cancel it")}, "live install"),
    ],
)  # fmt: skip
def test_what_stops_a_plan_is_said_with_the_way_on(changed: dict[str, Any], word: str) -> None:
    found = plan(facts(**changed))
    assert any(word in one.why and one.fix for one in found.blockers)
    assert found.plain()["ready"] is False


def test_a_version_is_one_however_many_noughts_it_ends_in() -> None:
    assert numbers("8.3") == numbers("8.3.0") != numbers("8.3.1")
    assert numbers("") == numbers("x.1") == ()


@pytest.mark.parametrize(("host", "role", "leader"), [("a", Role.MASTER, "b"), ("b", Role.MEMBER, "a")])
def test_who_leads_meanwhile_follows_from_who_died(host: str, role: Role, leader: str) -> None:
    found = plan(facts(host))
    assert (found.role, found.leader) == (role, leader)
    assert [one.name for one in found.steps] == [name for name in ORDER[role] if name != "reset"]


def test_losses_are_named_and_suspended_guests_get_their_commands() -> None:
    local, mine, far = Repository("u1", "Local storage", "ext", False), Guest("g1", "mail", "u1"), Guest("g2", "web", "u2")
    held = backup(repositories=(local, Repository("u2", "nfs1", "nfs", True)), suspended=(mine, far))
    storage = (Storage("nfs1", StorageKind.NFS, server="n", path="/x"), Storage("big", StorageKind.LVM, device="/dev/sdb"))
    found = plan(facts("a", pool=pool("a", storage=storage), backup=held))
    assert found.role is Role.SOLE
    said = " ".join(found.losses.lost)
    assert "Local storage" in said and "mail" in said and "web" not in said
    assert found.losses.commands == (("xe vm-reset-powerstate uuid=g1 --force", "guest mail was suspended to Local storage"),)
    assert any("/dev/sdb" in one and "first boot attaches what is there" in one for one in found.losses.kept)
    assert any("nfs1" in one for one in found.losses.kept)
    wider = plan(facts("a", pool=pool("a", storage=storage), backup=held, prepared=Prepared(("sda", "sdb"))))
    assert any("storage big" in one for one in wider.losses.lost)
    assert found.steps[-1].commands == ("xe vm-reset-powerstate uuid=g1 --force  # guest mail was suspended to Local storage",)


def test_of_a_host_among_others_it_is_said_what_cannot_be_told() -> None:
    held = backup(repositories=(Repository("u1", "Local storage", "ext", False),), suspended=(Guest("g1", "mail", "u1"),))
    found = plan(facts(backup=held))
    assert "does not tell" in found.losses.unknown[0]
    assert found.losses.commands[0][1].startswith("only if")
    assert "no good backup" in plan(facts(backup=None)).losses.unknown[0]


def test_a_newer_backup_that_is_damaged_is_passed_over_and_that_is_said() -> None:
    said = "backup b2 is damaged, found then: its head is cut"
    [mind] = plan(facts(damaged=said)).minds
    assert mind == f"{said}; the older b1 is taken instead"
    assert f"{said}; there is no older one that is good" in plan(facts(damaged=said, backup=None)).minds


def test_an_old_machine_that_answers_is_minded_and_the_first_step_waits_for_a_person() -> None:
    found = plan(facts(heard=(Heard("10.0.0.2", answers=True, same=True),)))
    assert "the old machine answers" in found.minds[0]
    assert found.steps[0].name == "silent"


def test_a_plan_names_each_address_and_what_cannot_be_heard_there() -> None:
    quiet, deaf = Heard("10.0.0.2", answers=False, whence="entered"), Heard("10.9.0.2", False, None, "no route", "mend it", "backup b1")
    found = plan(facts(heard=(quiet, deaf)))
    assert found.steps[0].does.endswith("at 10.0.0.2 (entered), 10.9.0.2 (backup b1)")
    assert found.minds == ("whether the old machine answers at 10.9.0.2 (backup b1) cannot be heard: no route (mend it)",)


def test_a_plan_is_another_one_when_anything_under_it_changes_and_not_when_its_pool_gets_a_new_master() -> None:
    first = prints(facts())
    changes = ({"prepared": Prepared(digest="e")}, {"medium": medium("8.4.0")}, {"pool": pool("a", "b", "c", version="8.4.0")})
    assert all(prints(facts(**one)) != first for one in changes)
    assert prints(facts(pool=replace(facts().pool, master="c"))) == first
    alone = facts("a", pool=pool("a"))
    assert prints(alone) != prints(replace(alone, backup=replace(backup(), id="b2")))


def test_nothing_is_armed_before_the_old_machine_is_silent_and_its_entry_gone() -> None:
    for role, names in ORDER.items():
        assert set(names) <= set(STEPS)
        assert names[0] == "silent"
        assert role is Role.SOLE or names.index("forget") < names.index(ARM)


def test_the_docs_hold_the_picture_of_the_steps() -> None:
    text = (Path(__file__).parents[3] / "docs" / "recovery.md").read_text(encoding="utf-8")
    assert all(diagram(role) in text for role in Role)
