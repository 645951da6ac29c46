"""Podman and buildah as these tests use them: storage of their own, nothing pulled, no systemd."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("podman", "buildah", "runc", "mmdebstrap")
_LIMITS = ("--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096")
"""Podman asks for more than a machine may give."""

_LONGEST = 1500


@dataclass(frozen=True)
class Engine:
    """`store` holds images and containers."""

    store: Path

    def run(self, program: str, *words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """`buildah` or `podman` with its words; fails with all that it said."""
        where = ["--storage-driver", "vfs", "--root", self.store / "root", "--runroot", self.store / "run"]
        more = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"] if program == "podman" else []
        done = subprocess.run([program, *where, *more, *words], capture_output=True, text=True, check=False, timeout=_LONGEST)
        assert done.returncode == 0 or not check, f"{program} {words}: {done.stdout}{done.stderr}"
        return done

    def base(self, folder: Path, name: str) -> None:
        """An image of what lies in `folder`."""
        tar = self.store / "base.tar"
        subprocess.run(["tar", "--create", "--file", tar, "--directory", folder, "--one-file-system", "--xattrs", "."], check=True)
        self.run("podman", "import", "--quiet", tar, name)
        tar.unlink()

    def build(self, context: Path, file: str, base: str, name: str) -> None:
        """The image that `file` in `context` says, on `base`; packages come from where this machine has them."""
        reaching = [word for path in ("/etc/hosts", "/etc/resolv.conf") for word in ("--volume", f"{path}:{path}:ro")]
        how = ["--isolation", "chroot", "--pull-never", "--format", "docker", "--build-arg", f"BASE={base}"]
        self.run("buildah", "bud", *how, *reaching, "--file", context / file, "--tag", name, context)

    def start(self, name: str, image: str, network: str, *words: str | Path, rights: tuple[str, ...]) -> None:
        """A container in the network namespace `network`, with a read-only root and `rights` alone. Its health is asked by the tests."""
        given = [word for right in rights for word in ("--cap-add", right)]
        how = ["--detach", "--no-healthcheck", "--read-only", "--cap-drop", "all", *given, *_LIMITS]
        self.run("podman", "run", *how, "--name", name, "--network", f"ns:/run/netns/{network}", *words, image)

    def logs(self, name: str) -> str:
        """All that it has said."""
        done = self.run("podman", "logs", name, check=False)
        return done.stdout + done.stderr


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine, and nothing of it afterwards."""
    store = Path(tempfile.mkdtemp(prefix="pxeserve-engine-", dir="/var/tmp"))
    made = Engine(store)
    try:
        yield made
    finally:
        made.run("podman", "rm", "--all", "--force", "--time", "0", check=False)
        made.run("podman", "rmi", "--all", "--force", check=False)
        subprocess.run(["rm", "-rf", "--one-file-system", store], check=True)


def missing() -> list[str]:
    """The programs that this machine lacks."""
    return [name for name in NEEDED if shutil.which(name) is None]
