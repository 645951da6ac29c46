"""Saving and restoring killed at each call that changes a disk: at the first, the second, and so on until there are no more. strace holds
the process and delivers the blow as the call begins."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.operations import registry
from pxeserve.store import migrate
from pxeserve.supervisor import prepare
from tests.supervisor.conftest import until
from tests.supervisor.saved_site import Site

CALLS = "rename,renameat,renameat2,link,linkat,unlink,unlinkat,rmdir,mkdir,fsync,fdatasync,ftruncate,openat"
MOST = 2000
pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def killed(step: int, act: Callable[[], object]) -> bool:
    """Whether `act`, in a process of its own, met its `step`th such call, and its end."""
    begin, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.read(begin, 1)
        status = 1
        try:
            act()
            status = 0
        finally:
            os._exit(status)
    os.close(begin)
    blow = f"inject={CALLS}:signal=SIGKILL:when={step}"
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", blow, "-p", str(pid)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as strace:
        until(lambda: "TracerPid:\t0" not in Path(f"/proc/{pid}/status").read_text(), "strace holds the process")
        os.close(go)
        _, status = os.waitpid(pid, 0)
        strace.wait()
    return status != 0


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site `old`, and an archive of another, `new`."""
    folder = tmp_path_factory.mktemp("laid")
    Site(folder / "old", "old")
    Site(folder / "new", "new").save(folder / "new.tgz")
    registry.verbs()
    migrate.preload()
    return folder


def again(laid: Path, tmp_path: Path, step: int) -> Site:
    site = Site.__new__(Site)
    site.data, site.host = tmp_path / str(step), "old"
    shutil.copytree(laid / "old", site.data)
    return site


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_a_restoration_leaves_the_old_or_the_new_wherever_it_is_killed(laid: Path, tmp_path: Path, every: int) -> None:
    old, new = (_printed(laid / name, name) for name in ("old", "new"))
    seen = []
    for step in range(1, MOST, every):
        site = again(laid, tmp_path, step)
        fell = killed(step, lambda site=site: site.restore(laid / "new.tgz"))  # type: ignore[misc]
        prepare.fill(site.data)  # as the next start does
        found = site.print()
        assert found in (old, new), step
        seen.append(found == new)
        assert {"restoring", "restored", "replaced"} & site.names() == set(), step
        shutil.rmtree(site.data)
        if not fell:
            break
    assert seen == sorted(seen), "once it is decided it stays so"
    assert seen[-1] and not seen[0]
    assert len(seen) > 40 / every


def _printed(data: Path, host: str) -> tuple[str, bytes, str]:
    site = Site.__new__(Site)
    site.data, site.host = data, host
    return site.print()


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.long)])
def test_an_archive_is_whole_or_is_not_there_wherever_saving_is_killed(laid: Path, tmp_path: Path, every: int) -> None:
    old = _printed(laid / "old", "old")
    (tmp_path / "to").mkdir()
    for step in range(1, MOST, every):
        site, file = again(laid, tmp_path, step), tmp_path / "to" / "a.tgz"
        fell = killed(step, lambda site=site, file=file: site.save(file))  # type: ignore[misc]
        assert site.print() == old, step
        if not file.exists():
            site.save(file)  # nothing that was left is in its way
        other = Site.__new__(Site)
        other.data = tmp_path / "other"
        other.restore(file)
        assert other.print() == old, step
        assert [path.name for path in (tmp_path / "to").iterdir() if path.name != "a.tgz"] == [], step
        shutil.rmtree(site.data)
        shutil.rmtree(other.data)
        file.unlink()
        if not fell:
            return
    pytest.fail("there is no end to the steps")
