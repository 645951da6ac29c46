"""Faults of the server itself, each in a site of its own: a full disk, no address left, NFS that has stopped answering."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_full_disk import Ballast, small  # noqa: F401
from tests.record.scene import Scene, stops
from tests.record.telling import comes_to

pytestmark = pytest.mark.netns
Opened = Callable[..., AbstractContextManager[Any]]


def test_a_full_disk(opened: Opened, small: Path, tmp_path: Path) -> None:  # noqa: F811
    with opened(house=small) as site:
        scene = Scene(site, "on-a-full-disk", tmp_path)
        scene.entered()
        scene.arms()
        ballast = Ballast(site.service.data)
        ballast.take()
        status, rehearsal = scene.rehearsed()
        with scene.machine() as one:
            stops(one.boots)
        ballast.give_back()
        comes_to(site, scene.name, "offered", r"(?i)stored|disk", 3600)
        assert status == 1
        assert "disk" in rehearsal


def test_no_address_left(opened: Opened, tmp_path: Path) -> None:
    with opened(first="10.78.0.9", last="10.78.0.9") as site:
        scene = Scene(site, "the-second-one", tmp_path)
        scene.entered(reserved=False)
        scene.arms()
        with scene.other("10.78.250.7") as first:
            first.installer_asks()
        status, rehearsal = scene.rehearsed()
        with scene.machine() as one:
            stops(one.boots)
        comes_to(site, scene.name, "asks", r"(?i)no address|exhausted|all addresses", 3600)
        assert status == 1
        assert "address" in rehearsal


def test_nfs_that_answers_no_more(opened: Opened, tmp_path: Path) -> None:
    with opened(more="[nfs]\nenabled = true\n") as site:
        scene = Scene(site, "from-nfs", tmp_path)
        scene.entered("source=nfs")
        scene.arms()
        pid = site.ganesha()
        os.kill(pid, signal.SIGSTOP)
        try:
            status, rehearsal = scene.rehearsed()
            with scene.machine() as one:
                one.starts(one.boots())
                one.installer_asks()
                one.answers()
                one.stage("installation-start")
            comes_to(site, scene.name, "hook", r"NFS", 6 * 3600)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert status == 1
        assert "NFS" in rehearsal
