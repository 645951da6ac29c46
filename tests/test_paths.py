"""Names that get a file, and names that get none: with openat2 and without it."""

import os
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve import paths
from pxeserve.paths import PathRefused, Root, Roots


@pytest.fixture(params=["openat2", "folder by folder"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Root]:
    """A root with one of everything; `inside` is what may be had."""
    if request.param == "folder by folder":
        monkeypatch.setattr(paths, "_openat2", _missing_openat2)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    inside = tmp_path / "root"
    (inside / "sub" / "deep").mkdir(parents=True)
    (inside / "plain").write_bytes(b"plain")
    (inside / "sub" / "deep" / "file").write_bytes(b"deep")
    (inside / ".treeinfo").write_bytes(b"dot")
    (inside / os.fsdecode(b"caf\xe9")).write_bytes(b"latin")
    (inside / "link-inside").symlink_to("plain")
    (inside / "link-outside").symlink_to(outside / "secret")
    (inside / "folder-link").symlink_to(outside)
    os.mkfifo(inside / "fifo")
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(inside / "sock"))
    sock.close()
    opened = Root(inside)
    yield opened
    opened.close()


def _missing_openat2(root: int, name: bytes) -> int:
    raise OSError(38, "Function not implemented")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain", b"plain"),
        ("/plain", b"plain"),
        ("//sub//deep/./file", b"deep"),
        (".treeinfo", b"dot"),
        (os.fsdecode(b"caf\xe9"), b"latin"),
    ],
)
def test_a_regular_file_is_opened(root: Root, name: str, content: bytes) -> None:
    file = root.open(name)
    try:
        assert os.pread(file.fd, 100, 0) == content
        assert file.size == len(content)
    finally:
        file.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing", "not-found"),
        ("plain/below", "not-found"),
        ("PLAIN", "not-found"),
        ("sub\\deep\\file", "not-found"),
        ("", "not-regular"),
        ("/", "not-regular"),
        ("sub", "not-regular"),
        ("fifo", "not-regular"),
        ("sock", "not-regular"),
        ("link-inside", "symlink"),
        ("link-outside", "symlink"),
        ("folder-link/secret", "symlink"),
        ("..", "outside"),
        ("sub/../plain", "outside"),
        ("../outside/secret", "outside"),
        ("plain\0", "bad-name"),
        ("x" * 300, "bad-name"),
        ("x/" * 3000, "bad-name"),
        ("\ud800", "bad-name"),
    ],
)
def test_everything_else_is_refused_at_once(root: Root, name: str, reason: str) -> None:
    with pytest.raises(PathRefused) as refused:
        root.open(name)
    assert refused.value.reason == reason


@pytest.mark.skipif(os.geteuid() != 0, reason="mknod needs root")
def test_a_device_is_refused(tmp_path: Path) -> None:
    os.mknod(tmp_path / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    with pytest.raises(PathRefused) as refused:
        Root(tmp_path).open("zero")
    assert refused.value.reason == "not-regular"


def test_refusals_leave_no_descriptor_open(root: Root) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for name in ("fifo", "sub", "link-outside", "missing", "folder-link/secret", "sub/deep/missing"):
        with pytest.raises(PathRefused):
            root.open(name)
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_key_changes_with_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"one")
    first = Root(tmp_path).open("file").key
    assert Root(tmp_path).open("file").key == first
    (tmp_path / "new").write_bytes(b"two")
    (tmp_path / "new").rename(tmp_path / "file")
    assert Root(tmp_path).open("file").key != first


def _times_open(folder: Path) -> int:
    return sum(os.path.realpath(f"/proc/self/fd/{number}") == str(folder) for number in os.listdir("/proc/self/fd"))


def test_a_folder_is_opened_once_however_many_ask_at_once(tmp_path: Path) -> None:
    """All threads that answer over HTTP want the same folders with their first requests; what one opened in vain would stay open."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(50):
            folder = tmp_path / str(number)
            folder.mkdir()
            roots, ready = Roots(), threading.Barrier(8)

            def ask(roots: Roots = roots, ready: threading.Barrier = ready, folder: Path = folder) -> None:
                ready.wait()
                roots.of(folder)

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert _times_open(folder) == 1
            roots.of(folder).close()
    finally:
        sys.setswitchinterval(interval)


def test_a_folder_that_was_not_there_is_looked_for_again(tmp_path: Path) -> None:
    roots = Roots()
    with pytest.raises(FileNotFoundError):
        roots.of(tmp_path / "later")
    (tmp_path / "later").mkdir()
    root = roots.of(tmp_path / "later")
    assert root is roots.of(tmp_path / "later")
    root.close()
