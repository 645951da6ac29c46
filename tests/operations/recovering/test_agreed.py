"""What is begun is the plan that was shown: when it would be another one by now, nothing is begun, and what differs is said."""

from __future__ import annotations

from collections.abc import Callable

from tests.operations.recovering.conftest import Scene

SERVED, POOL, ROLE = "what the host would be served", "the pool's record", "its role or who leads meanwhile"
GUESTS = "storage.Guests={kind: lvm, device: /dev/sdb}"
CHANGES: dict[str, tuple[Callable[[Scene], object], set[str]]] = {
    "a disk more": (
        lambda scene: scene.site.ask("host.set", name="xen02", set=["guest-disks=[sdc]"]),
        {SERVED, "the disks that are wiped", "what is lost"},
    ),
    "another time zone": (lambda scene: scene.site.ask("host.set", name="xen02", set=["timezone=Europe/Rome"]), {SERVED}),
    "another address": (
        lambda scene: scene.site.ask("host.set", name="xen02", set=["admin-interface.ipaddr=127.9.9.9"]), {SERVED, "its address"},
    ),
    "a storage of its own": (lambda scene: scene.site.ask("pool.set", name="green", set=[GUESTS]), {POOL, "what is kept"}),
    "another master": (lambda scene: scene.site.ask("pool.set", name="green", master="xen03"), {ROLE}),
}  # fmt: skip
"""What is changed between the look and the word, and what then differs in the plan."""


def test_only_the_plan_that_was_shown_is_begun(scene: Scene) -> None:
    scene.dies("xen02")
    assert "print" in scene.site.refused("recover.begin", name="xen02", confirm="xen02")
    for wrong in ("nothing", scene.site.ask("recover.plan", name="xen03")["print"]):
        assert "is not the one that was shown" in scene.site.refused("recover.begin", name="xen02", print=wrong, confirm="xen02")
    seen = scene.site.ask("recover.plan", name="xen02")["print"]
    assert scene.site.ask("recover.plan", name="xen02")["print"] == seen, "looking changes nothing"
    for name, (change, differs) in CHANGES.items():
        change(scene)
        said = scene.site.refused("recover.begin", name="xen02", print=seen, confirm="xen02")
        told = said.partition("it differs in ")[2].partition("\n")[0]
        assert set(told.split(", ")) == differs, (name, said)
        assert "look at it once more: pxeserve host recover xen02" in said
        seen = scene.site.ask("recover.plan", name="xen02")["print"]
    assert scene.site.ask("recover.list") == [] and scene.armings() == []
    assert scene.site.ask("recover.begin", name="xen02", print=seen, confirm="xen02")["plan"]["print"] == seen
