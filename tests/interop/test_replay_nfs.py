"""Replays over NFS: libnfs's client against NFS-Ganesha with rpcbind, version 3, in a namespace of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.media_samples import make

pytestmark = [
    pytest.mark.netns,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("ganesha.nfsd") is None, reason="nfs-ganesha is not installed"),
    pytest.mark.skipif(shutil.which("rpcbind") is None, reason="rpcbind is not installed"),
    pytest.mark.skipif(shutil.which("nfs-cat") is None, reason="libnfs-utils is not installed"),
]

CONF = """
NFS_CORE_PARAM {{ Protocols = 3; NFS_Port = 2049; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; }}
EXPORT {{ Export_Id = 1; Path = {path}; Pseudo = {path}; Access_Type = RO; Squash = {squash}; Protocols = 3; SecType = sys;
    FSAL {{ Name = VFS; }} }}
"""
SERVE = """
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir -p /run/rpcbind /run/ganesha
rpcbind -f &
until rpcinfo -p 127.0.0.1 >/dev/null 2>&1; do :; done
exec ganesha.nfsd -F -f {folder}/ganesha.conf -L {folder}/ganesha.log -p /run/ganesha.pid
"""
ASK = """
import json, sys
from pxeserve.domain.medium import Role
from pxeserve.repo.replay.generation import GENERATIONS
from pxeserve.repo.replay.nfs import Mount, Nfs
from pxeserve.repo.replay.report import Log
from pxeserve.repo.replay.walk import Asked, replay
path, dialect = sys.argv[1:]
log = Log()
asked = Asked("disc", "any text xml yum", (), Role.MAIN, "nfs", f"127.0.0.1:{path}")
print(json.dumps(replay(asked, GENERATIONS[dialect], Nfs("127.0.0.1", f"{path}/", Mount(3), log, lambda _: None), log).plain()))
"""
Asking = Callable[[str], dict[str, Any]]
Spoil = Callable[[Path], object]
KERNEL = "Packages/kernel-1.0-1.x86_64.rpm"


@pytest.fixture
def exported(tmp_path: Path) -> Callable[..., AbstractContextManager[tuple[Path, Asking]]]:
    """Exports a medium of a kind (and what a test does to it), and asks for it as a dialect."""

    @contextmanager
    def exporting(kind: str, spoil: Spoil = lambda _: None, squash: str = "No_Root_Squash") -> Iterator[tuple[Path, Asking]]:
        folder = make(kind, tmp_path / "media" / "disc")
        spoil(folder)  # before it is exported: Ganesha remembers what it saw for a minute
        (tmp_path / "ganesha.conf").write_text(CONF.format(path=folder, squash=squash))
        command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", SERVE.format(folder=tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            inside = ["nsenter", "--net", f"--target={server.pid}"]
            try:
                _answers(inside, folder, tmp_path / "ganesha.log")
                yield folder, lambda dialect: _ask(inside, folder, dialect)
            finally:
                server.kill()

    return exporting


def _answers(inside: list[str], folder: Path, log: Path) -> None:
    deadline = time.monotonic() + 60
    while subprocess.run([*inside, "nfs-ls", f"nfs://127.0.0.1{folder}?version=3"], capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, log.read_text()[-2000:] if log.exists() else "ganesha did not start"


def _ask(inside: list[str], folder: Path, dialect: str) -> dict[str, Any]:
    done = subprocess.run([*inside, sys.executable, "-c", ASK, folder, dialect], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_media_are_found_and_installed_over_nfs(exported: Callable[..., Any]) -> None:
    with exported("8.2") as (_, asked_as):
        report = asked_as("8.2")
    assert report["ok"], report["verdict"]
    assert {one["status"] for one in report["requests"]} == {None}
    assert [one["path"] for one in report["requests"]][:4] == ["/.treeinfo", "/repodata/repomd.xml"] * 2


def test_a_spoilt_package_is_named(exported: Callable[..., Any]) -> None:
    with exported("8.2", lambda folder: (folder / KERNEL).write_bytes(b"spoilt" * 1000)) as (_, asked_as):
        report = asked_as("8.2")
    assert not report["ok"]
    assert KERNEL in report["said"][0]["text"]


def test_nothing_is_found_without_a_treeinfo(exported: Callable[..., Any]) -> None:
    with exported("8.2", lambda folder: (folder / ".treeinfo").unlink()) as (folder, asked_as):
        report = asked_as("8.2")
    assert "would find nothing" in report["verdict"]
    assert report["said"][-1]["text"] == f"Unable to access repository (nfs, 127.0.0.1:{folder})"


def test_the_five_folders_of_4_1(exported: Callable[..., Any]) -> None:
    with exported("4.1") as (_, asked_as):
        report = asked_as("4.1")
    assert report["installs"], report["verdict"]
    assert [one["identity"] for one in report["repositories"]] == ["xs:main", "xs:linux"]
    assert [one["outcome"] for one in report["requests"][:4]] == ["not there"] * 4


def test_a_squashed_root_cannot_read_what_only_root_may(exported: Callable[..., Any]) -> None:
    with exported("xs8", lambda folder: (folder / KERNEL).chmod(0o600), "Root_Squash") as (_, asked_as):
        report = asked_as("xs8")
    assert not report["ok"]
    assert next(one for one in report["requests"] if KERNEL in one["path"])["outcome"] == "refused"


def test_and_a_true_root_can(exported: Callable[..., Any]) -> None:
    with exported("xs8", lambda folder: (folder / KERNEL).chmod(0o600)) as (_, asked_as):
        assert asked_as("xs8")["ok"]
