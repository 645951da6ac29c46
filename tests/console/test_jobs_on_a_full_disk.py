"""A job on a disk that somebody else fills goes on, and can still be stopped."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pxeserve.console import jobs
from pxeserve.console.jobs import JobStoppedError, Teller
from pxeserve.operations.context import Progress
from pxeserve.store import jobs as stored
from pxeserve.store import open_store
from pxeserve.store.jobs import JobRow
from tests.repo.disks import Other, mount

ROUNDS = 200
"""More than what lies on the disk for the state has room for."""


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_how_far_a_job_is_ends_none_when_it_cannot_be_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_STEP", 0.0)
    data = tmp_path / "data"
    data.mkdir()
    mount("ext4", tmp_path / "disk.img", data)
    try:
        store, other = open_store(data, migrate=True), Other(data)
        with store.site.write() as connection:
            stored.add(connection, JobRow("one", "media.import", "sample", {}, "tester", 3, "running", 0.0))
        other.come()
        teller = Teller(store, "one")
        for number in range(ROUNDS):
            teller.report(Progress(number, ROUNDS, f"{number} " * 100))
        other.go()
        with store.site.write() as connection:
            stored.change(connection, "one", cancelled_by="somebody")
        other.come()
        with pytest.raises(JobStoppedError):
            teller.report(Progress(1, 1, "the end"))
        store.close()
    finally:
        subprocess.run(["umount", "-l", data], check=True)
