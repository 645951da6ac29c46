"""A disk that holds a storage repository and is not among those that the plan says are wiped keeps it, to the end: the answerfile does not
name it, and the job of the first boot, really run in a chroot with a recording toolstack, attaches what lies there and makes nothing.
"""

from __future__ import annotations

import re
import time
from typing import Any

from pxeserve.domain.install import InstallState
from pxeserve.installs import seal
from pxeserve.keys import load_keys
from pxeserve.store import installs
from tests.operations.recovering.conftest import Scene
from tests.operations.recovering.machine import frozen, listening
from tests.recovery.firstboot.conftest import System, system

__all__ = ["system"]
NAME = "filesystem-populated.pxeserve.first-boot.sh"
OLD = "99999999-8888-7777-6666-555555555555"


def served(scene: Scene) -> tuple[str, bytes]:
    """The answerfile and the script that places the first boot, as they were frozen."""
    with scene.site.context.store.site.read() as connection:
        install = installs.by_id(connection, scene.shown()["install"])
    assert install is not None and install.sealed is not None
    held = seal.unseal(install.sealed, install.id, load_keys(scene.site.data).seal)
    return (held.answerfile or b"").decode(), held.scripts[NAME]


def test_from_the_plan_to_the_first_boot(alone: Scene, system: Any) -> None:
    alone.site.ask("pool.set", name="green", set=["storage.Guests={kind: lvm, device: /dev/sdb}"])
    alone.dies("xen01")
    found = alone.begins()["plan"]
    assert [one for one in found["losses"]["kept"] if "/dev/sdb" in one and "Guests" in one], found["losses"]
    assert not [one for one in found["losses"]["lost"] if "sdb" in one or "Guests" in one]
    assert found["erases"] == ["sda"]
    alone.turns("boot")
    answerfile, script = served(alone)
    assert "<primary-disk" in answerfile and "sda" in answerfile and "sdb" not in answerfile
    alone.install(InstallState.DONE, ended_at=time.time(), bound_address="127.0.0.1")
    host: System = system("firstboot.d")
    (host.root / "xe/probe.lvm").write_text(f"<SRlist><SR>\n<UUID>{OLD}</UUID>\n</SR></SRlist>\n")
    token, _ = frozen(alone)
    with listening(alone, token) as (_, port):
        base = f"http://127.0.0.1:{port}/fb/{token}".encode()
        script, count = re.subn(rb"http://[0-9.:]+/fb/" + token.encode(), base, script)
        assert count
        assert host.place(script) == 0
        done = host.run()
    assert done.returncode == 0, done
    assert [one.split()[0] for one in host.acts if one.startswith("sr-")] == ["sr-introduce"], host.acts
    assert f"sr-introduce uuid={OLD}" in "\n".join(host.acts)
    assert alone.turns("restore")["step"] == "restore"
