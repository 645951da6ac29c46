"""Small file systems of a test's own, and somebody else who fills them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MB = 1 << 20
SIZE = 64 * MB


def mount(kind: str, image: Path, point: Path, *options: str) -> None:
    """A file system of 64 MiB. Skips where there is none of this kind."""
    if kind == "tmpfs":
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", point], check=True)
        return
    maker = shutil.which(f"mkfs.{kind}")
    if maker is None:
        pytest.skip(f"mkfs.{kind} is not installed")
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run([maker, "-q", "-m", "0", *options, image], check=True)
    if subprocess.run(["mount", "-o", "loop", image, point], check=False, capture_output=True).returncode:
        pytest.skip("no loop devices here")
    (point / "lost+found").rmdir()


class Other:
    """Another writer, who takes all that is free, to the last byte, whenever it comes."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / ".other"
        self.came = 0

    def leave(self, length: int) -> None:
        """Take all but so many bytes."""
        with self._file.open("wb", buffering=0) as out:
            out.write(bytes(free(self._file.parent) - length))
            os.fsync(out.fileno())

    def come(self) -> None:
        self.came += 1
        with self._file.open("ab", buffering=0) as out:
            for step in (MB, 256):
                try:
                    while out.write(bytes(step)):
                        pass
                except OSError:
                    continue
            os.fsync(out.fileno())

    def go(self) -> None:
        self._file.unlink()


def free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def on_disk(length: int) -> int:
    """Bytes that a file of so many takes."""
    return -(-length // 4096) * 4096
