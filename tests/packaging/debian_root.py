"""A fresh Debian as a folder, a network of its own for it, and commands that run there: nothing of the checkout is to be seen inside."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = sorted(path for path in Path("/etc/apt").glob("sources.list*") if path.is_file())
SOURCES += sorted(path for path in Path("/etc/apt/sources.list.d").glob("*") if path.suffix in (".list", ".sources"))
_INTO = 'mount -t proc proc "$0/proc"; mount -t sysfs sys "$0/sys"; mount --bind /dev "$0/dev"; exec chroot "$0" "$@"'
_CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True)
class Root:
    """A Debian beneath `folder`; `network` is the namespace that its commands run in, or "" for this machine's own."""

    folder: Path
    network: str = ""

    def words(self, *command: str) -> list[str]:
        """How a command is begun inside."""
        where = ["ip", "netns", "exec", self.network] if self.network else []
        return [*where, "unshare", "--mount", "sh", "-ec", _INTO, str(self.folder), *command]

    def tried(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """A command that may fail."""
        env = {**_CLEAN, **(environment or {})}
        return subprocess.run(self.words(*command), env=env, capture_output=True, text=True, check=False, timeout=900)

    def run(self, *command: str) -> str:
        """What a command prints; fails with all that it said."""
        done = self.tried(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def started(self, *command: str, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
        """A command that goes on."""
        with log.open("wb") as sink:
            return subprocess.Popen(self.words(*command), env={**_CLEAN, **environment}, stdout=sink, stderr=subprocess.STDOUT)

    def processes(self, beginning: str) -> dict[str, dict[str, str]]:
        """Of each process inside whose name begins so, what /proc/PID/status says."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(entry / "root") != str(self.folder):
                    continue
                status = dict(line.split(":\t", 1) for line in (entry / "status").read_text().splitlines() if ":\t" in line)
            except OSError:
                continue  # it has ended
            if status["Name"].startswith(beginning):
                found[status["Name"]] = status
        return found


@contextmanager
def fresh() -> Iterator[Root]:
    """A bookworm of nothing but what apt needs, from where this machine has its packages."""
    folder = Path(tempfile.mkdtemp(prefix="pxeserve-debian-", dir="/var/tmp"))
    try:
        command = ["mmdebstrap", "--quiet", "--variant=apt", "--include=ca-certificates", "bookworm", str(folder), *map(str, SOURCES)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, done.stderr
        for name in ("resolv.conf", "hosts"):
            shutil.copy(Path("/etc", name), folder / "etc" / name)
        for certificate in Path("/usr/local/share/ca-certificates").glob("*.crt"):
            shutil.copy(certificate, folder / "usr/local/share/ca-certificates")
        yield Root(folder)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


@contextmanager
def networked(root: Root) -> Iterator[Root]:
    """The same root on a network of its own: `eth0` with 10.77.0.1/24, and nobody at the other end of its cable."""
    name = f"pxeserve-deb-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        card = ("link add eth0 type veth peer name cable", "address add 10.77.0.1/24 dev eth0")
        for words in (*card, "link set lo up", "link set cable up", "link set eth0 up"):
            subprocess.run(["ip", "-netns", name, *words.split()], check=True)
        yield Root(root.folder, name)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)
