"""A disk that holds a storage repository and is not among those that the plan says are wiped keeps it, to the end: the answerfile does not
name it, and the job of the first boot, really run in a chroot with a recording toolstack, attaches what lies there and makes nothing. So it
is for whatever the dead host was, and in every mode in which a host of a pool is armed.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.installs import seal
from pxeserve.keys import load_keys
from pxeserve.recovery.firstboot.forms import FORMS
from pxeserve.store import first_boots, installs, inventory
from pxeserve.store import tables as t
from tests.media_samples import make
from tests.operations.recovering.conftest import Scene
from tests.operations.recovering.machine import frozen, listening
from tests.operations.test_site import furnished
from tests.recovery.firstboot.conftest import System, system

__all__ = ["system"]
NAME = "filesystem-populated.pxeserve.first-boot.sh"
OLD = "99999999-8888-7777-6666-555555555555"
GUESTS = "storage.Guests={kind: lvm, device: /dev/sdb}"
STATIC = ("proto=static", "ipaddr=10.77.0.11", "subnet=255.255.255.0", "gateway=10.77.0.1")


def served(scene: Scene) -> tuple[str, bytes]:
    """The answerfile and the script that places the first boot, b"" for none, as they were frozen."""
    with scene.site.context.store.site.read() as connection:
        install = installs.by_id(connection, scene.shown()["install"])
    assert install is not None and install.sealed is not None
    held = seal.unseal(install.sealed, install.id, load_keys(scene.site.data).seal)
    return (held.answerfile or b"").decode(), held.scripts.get(NAME, b"")


def starts_first(scene: Scene, system: Any, script: bytes, form: str = "firstboot.d") -> System:
    """The installed system, in which /dev/sdb holds what it held before, has started first and ended its job."""
    scene.install(InstallState.DONE, ended_at=time.time(), bound_address="127.0.0.1")
    host: System = system(form)
    (host.root / "xe/probe.lvm").write_text(f"<SRlist><SR>\n<UUID>{OLD}</UUID>\n</SR></SRlist>\n")
    token, _ = frozen(scene)
    with listening(scene, token) as (_, port):
        base = f"http://127.0.0.1:{port}/fb/{token}".encode()
        script, count = re.subn(rb"http://[0-9.:]+/fb/" + token.encode(), base, script)
        assert count
        assert host.place(script) == 0
        done = host.run()
    assert done.returncode == 0, done
    return host


def attached(host: System) -> bool:
    """Whether what lay on the disk was attached, and nothing was made anywhere."""
    told = [one for one in host.acts if one.startswith("sr-")]
    return [one.split()[0] for one in told] == ["sr-introduce"] and f"uuid={OLD}" in told[0]


def joined(scene: Scene) -> None:
    """The worker has joined it, as far as the record says."""
    with scene.site.context.store.site.write() as connection:
        host = inventory.host(connection, scene.dead)
        assert host is not None
        values = {"id": "j1", "host_id": host.id, "install_id": scene.shown()["install"], "pool_id": 1, "state": "joined"}
        connection.execute(t.pool_join.insert().values(**values, asked_at=1.0, changed_at=1.0, version=1))


def begun(scene: Scene, dead: str) -> tuple[str, bytes]:
    """The recovery of `dead` is begun and has armed it; the plan has said that the disk is kept. What is served."""
    scene.site.ask("pool.set", name="green", set=[GUESTS])
    scene.dies(dead)
    found = scene.begins()["plan"]
    assert [one for one in found["losses"]["kept"] if "/dev/sdb" in one and "Guests" in one], found["losses"]
    assert not [one for one in found["losses"]["lost"] if "sdb" in one or "Guests" in one]
    assert found["erases"] == ["sda"]
    assert scene.turns("boot")["step"] == "boot"
    answerfile, script = served(scene)
    assert "<primary-disk" in answerfile and "sda" in answerfile and "sdb" not in answerfile
    return answerfile, script


def test_from_the_plan_to_the_first_boot(alone: Scene, system: Any) -> None:
    _, script = begun(alone, "xen01")
    assert attached(starts_first(alone, system, script))
    assert alone.turns("restore")["step"] == "restore"


@pytest.mark.parametrize("dead", ["xen02", pytest.param("xen01", marks=pytest.mark.long)])
def test_a_member_and_a_master_attach_it_once_they_are_joined(scene: Scene, system: Any, dead: str) -> None:
    _, script = begun(scene, dead)
    joined(scene)
    host = starts_first(scene, system, script)
    assert attached(host)
    assert "name-label=Guests" in "\n".join(host.acts)


class Armed(Scene):
    """A host that is alone in its pool and was armed in some mode, by no recovery; `id` is its install."""

    def shown(self) -> dict[str, Any]:
        return {"install": self.id}


@pytest.fixture
def armed(tmp_path: Path) -> Any:
    """Arms xen01 with a medium of that generation, in that mode: what it would erase was said before."""
    made = []

    def arm(generation: str, mode: str) -> Armed:
        site = furnished(tmp_path)
        made.append(site)
        if generation != "4.1":
            site.ask("media.import", source=make(generation, tmp_path / generation), name=generation)
            site.ask("profile.set", name="rack", medium=generation)
        site.ask("profile.set", name="rack", set=["existing-installation=sda"])
        site.ask("host.set", name="xen01", set=[f"admin-interface.{word}" for word in STATIC])
        site.ask("pool.add", name="green", master="xen01", set=[GUESTS])
        planned = site.ask("host.plan", name=["xen01"], mode=mode)["hosts"][0]
        found = Armed(site, None)  # type: ignore[arg-type]
        found.dead = "xen01"
        done = site.ask("host.install", name="xen01", mode=mode)
        found.id = done["install"]
        assert done["erases"] == planned["erases"] and "sdb" not in str(planned["erases"])
        return found

    yield arm
    for site in made:
        site.context.store.close()


MODES = [
    ("4.1", "reinstall", "attached"), ("4.1", "upgrade", "left"), ("xcp-8.3", "fresh", "attached"), ("xcp-8.3", "reinstall", "attached"),
    ("xcp-8.3", "upgrade", "left"), ("xcp-8.3", "restore", "no first boot"),
]  # fmt: skip
SHORT = {("4.1", "reinstall")}


@pytest.mark.parametrize(
    ("generation", "mode", "becomes"), [pytest.param(*one, marks=() if one[:2] in SHORT else pytest.mark.long) for one in MODES]
)
def test_no_mode_names_it_and_no_first_boot_makes_anything_of_it(
    armed: Any, system: Any, generation: str, mode: str, becomes: str
) -> None:
    """After an upgrade its storage is there already, and after a restoration the old system is: nothing is attached by anybody."""
    scene = armed(generation, mode)
    answerfile, script = served(scene)
    assert answerfile and "sdb" not in answerfile
    if becomes == "no first boot":
        with scene.site.context.store.site.read() as connection:
            assert (script, first_boots.of_install(connection, scene.id)) == (b"", None)
        return
    host = starts_first(scene, system, script, FORMS[generation].name)
    assert attached(host) if becomes == "attached" else host.acts == []
