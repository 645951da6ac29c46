"""What becomes of a host is said before it is armed, and a mode that its generation has not is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.test_site import Site, furnished


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = furnished(tmp_path)
    yield made
    made.context.store.close()


def test_a_plan_says_what_goes_and_what_stays_before_anything_is_armed(site: Site) -> None:
    site.ask("profile.set", name="rack", set=["existing-installation=sda"])
    fresh, kept = (site.ask("host.plan", name=["xen01"], mode=mode)["hosts"][0] for mode in ("fresh", "reinstall"))
    assert "its settings, UUIDs, SSH keys and certificates: its pool sees a new host" in fresh["loses"]
    assert any("local storage" in one for one in fresh["loses"])
    assert any("local storage" in one for one in kept["keeps"])
    assert site.live() is None
    assert site.ask("host.install", name="xen01")["loses"] == fresh["loses"]


def test_a_person_who_answers_at_the_machine_decides_there(site: Site) -> None:
    planned = site.ask("host.plan", name=["xen01"], interactive=True)["hosts"][0]
    assert (planned["keeps"], planned["loses"]) == ([], [])


def test_a_mode_that_its_generation_has_not_is_refused_with_another_way(site: Site) -> None:
    said = site.refused("host.install", name="xen01", mode="restore")
    assert "medium sample has no mode restore" in said
    assert "--interactive" in said
    assert site.live() is None
    rows = {one["mode"]: one for one in site.ask("host.modes", name="xen01")["modes"]}
    assert (rows["restore"]["offered"], rows["upgrade"]["offered"]) == (False, True)
    assert rows["restore"]["because"] in said


def test_a_host_without_a_medium_has_no_modes(site: Site) -> None:
    site.ask("profile.add", name="bare")
    site.ask("host.set", name="xen01", profile="bare")
    assert "names no medium" in site.refused("host.modes", name="xen01")
