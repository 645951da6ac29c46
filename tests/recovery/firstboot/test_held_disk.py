"""A disk that is named for local storage and holds anything but one storage repository is not touched: it may be the wrong disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.pool import Storage, StorageKind
from pxeserve.store import pools
from pxeserve.store import tables as t
from tests.recovery.firstboot.conftest import Site, System, pool

LOCAL = Storage("Guests", StorageKind.LVM, device="/dev/sdb")
ONE, OTHER = "aaaaaaaa-0000-0000-0000-000000000001", "aaaaaaaa-0000-0000-0000-000000000002"


def program(root: Path, name: str, body: str) -> None:
    (root / "usr/bin" / name).write_text(f"#!/bin/sh\n{body}\n")
    (root / "usr/bin" / name).chmod(0o755)


def _several(root: Path) -> None:
    found = "".join(f"<SR>\n<UUID>{one}</UUID>\n</SR>\n" for one in (ONE, OTHER))
    (root / "xe/probe.lvm").write_text(f"<SRlist>{found}</SRlist>\n")


def _partitions(root: Path) -> None:
    (root / "sys/block/sdb/sdb1").mkdir(parents=True)
    (root / "sys/block/sdb/sdb1/dev").write_text("8:17\n")


HOLDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file system": (lambda root: program(root, "blkid", "echo '/dev/sdb: TYPE=\"ext3\"'"), "/dev/sdb holds something"),
    "a volume group": (lambda root: program(root, "pvs", "exit 0"), "is part of a volume group"),
    "partitions": (_partitions, "/dev/sdb has partitions"),
    "two storage repositories": (_several, "holds several storage repositories"),
    "nothing, as it is not there": (lambda root: (root / "dev/sdb").unlink(), "there is no disk /dev/sdb"),
}


@pytest.mark.parametrize("name", ["xen01", "xen02"])
@pytest.mark.parametrize("holds", [
    one if one == "a file system" else pytest.param(one, marks=pytest.mark.long) for one in HOLDS
])  # fmt: skip
def test_it_is_not_touched_and_the_step_says_why(site: Site, system: Any, holds: str, name: str) -> None:
    """Of a master and of a member alike; what comes after is done."""
    host: System = system("systemd")
    (host.root / "xe/probe.lvm").write_text("")
    lies, said = HOLDS[holds]
    lies(host.root)
    install, body = site.arm(pool(LOCAL), name, "8.2", {"root": "$6$abc$new"})
    if name == "xen02":
        with site.store.site.write() as connection:
            found = pools.pool(connection, "lab")
            assert found is not None
            values = {"id": "j", "host_id": site.hosts[name].id, "install_id": install, "pool_id": found.id, "state": "joined"}
            connection.execute(t.pool_join.insert().values(**values, asked_at=1.0, changed_at=1.0, version=0))
    assert host.place(body) == 0
    host.run()
    assert not [one for one in host.acts if one.startswith(("sr-", "pbd-"))]
    failed = [data["because"] for _, data in site.told("firstboot.step") if (data["step"], data["state"]) == ("storage.1", "failed")]
    assert len(failed) == 1 and said in failed[0], failed
    assert "no disk" in said or "not touched" in failed[0]
    kind, data = site.told()[-1]
    assert kind == "firstboot.failed" and "makes storage Guests" in data["because"]
