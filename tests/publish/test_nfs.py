"""NFS by Ganesha, kept by the running service and read by libnfs: v4 on a high port of loopback, v3 and v4 in a namespace with rpcbind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from pxeserve.publish.nfs import process
from pxeserve.publish.nfs.ganesha import Settings
from pxeserve.publish.nfs.keeper import Keeper
from pxeserve.publish.nfs.process import plugins, program
from pxeserve.repo.exported import State
from pxeserve.repo.sample import make_modern_sample, make_sample
from tests.faults.service import alive
from tests.faults.space import space
from tests.ports import free_port
from tests.publish.served import Served, house, opened, until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="Ganesha needs a capability that root alone can give"),
    pytest.mark.skipif(not (program() and plugins() and shutil.which("nfs-cat")), reason="nfs-ganesha-vfs or libnfs-utils is missing"),
]
PATH = "packages.main/base.tar.bz2"
OWN_RUN = ("sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh")
"""Before a command: a /run where nobody finds this machine's portmapper."""

WITH_RPCBIND = (
    "sh", "-c",
    "mount -t tmpfs none /run && mkdir /run/rpcbind || exit 1; rpcbind -f -w >/dev/null 2>&1 & portmapper=$!; "
    'trap "kill \\$served" TERM; "$@" & served=$!; wait $served; wait $served; kill $portmapper', "sh",
)  # fmt: skip
"""And a portmapper of the namespace's own, which ends with the command: it becomes another user, so no parent's death would end it."""


class Nfs:
    """A service with NFS, at `port` for v4."""

    def __init__(self, served: Served, address: str, port: int) -> None:
        self.served, self.address, self.port = served, address, port

    def cat(self, path: str, version: int = 4) -> bytes | None:
        """A file's bytes; None when it cannot be read."""
        url = f"nfs://{self.address}{path}?version={version}" + (f"&nfsport={self.port}" if version == 4 else "")
        done = subprocess.run([*self.served.prefix, "nfs-cat", url], capture_output=True, timeout=60, check=False)
        return done.stdout if done.returncode == 0 else None

    def state(self) -> State | None:
        return State.read(self.served.data)

    def serving(self, versions: tuple[int, ...]) -> None:
        until(lambda: (state := self.state()) and state.state == "serving" and state.versions == versions, f"{versions}: {self.served.log}")

    @property
    def ganesha(self) -> int:
        """Its pid, as the log told it last."""
        said = [line for line in self.served.log.splitlines() if "NFS is served" in line]
        return int(said[-1].partition("pid=")[2].split()[0])

    def imported(self, name: str, *, modern: bool = False, changed: bool = False) -> Path:
        tree = self.served.folder / name
        if not tree.exists():
            if modern:
                make_modern_sample(tree, "xcp-8.3")
            else:
                make_sample(tree)
        if changed:
            (tree / "EULA").write_text("another revision\n")
        self.served.cli("media", "import", opened(tree), "--name", name)
        return tree


@contextmanager
def on_loopback(more: str) -> Iterator[Nfs]:
    with house() as folder:
        port, mount = free_port(), free_port()
        served = Served(folder, f"[nfs]\nenabled = true\nport = {port}\nmount_port = {mount}\n{more}")
        served.start()
        try:
            yield Nfs(served, "127.0.0.1", port)
        finally:
            served.stop()


@pytest.fixture(scope="module")
def nfs() -> Iterator[Nfs]:
    """v4 alone, on loopback."""
    with on_loopback("versions = [4]\n") as made:
        made.serving((4,))
        yield made


def test_a_medium_is_read_by_v4_at_a_high_port_without_a_portmapper(nfs: Nfs) -> None:
    tree = nfs.imported("whole")
    for file in (one for one in tree.rglob("*") if one.is_file()):
        path = f"/media/whole/{file.relative_to(tree)}"
        assert until(lambda path=path: nfs.cat(path), path) == file.read_bytes()


def test_dot_files_are_there(nfs: Nfs) -> None:
    tree = nfs.imported("dots", modern=True)
    assert until(lambda: nfs.cat("/media/dots/.treeinfo"), "the new medium") == (tree / ".treeinfo").read_bytes()
    listed = nfs.served.run("nfs-ls", f"nfs://127.0.0.1/media/dots?version=4&nfsport={nfs.port}")
    assert ".treeinfo" in listed.stdout


def test_media_come_go_and_change_while_ganesha_runs_on(nfs: Nfs) -> None:
    pid = nfs.ganesha
    nfs.imported("fresh")
    until(lambda: nfs.cat(f"/media/fresh/{PATH}"), "the new medium")
    nfs.served.cli("media", "remove", "fresh")
    nfs.imported("fresh")
    until(lambda: nfs.cat(f"/media/fresh/{PATH}"), "the same again, in another folder of the same name")
    nfs.served.cli("media", "remove", "fresh")
    until(lambda: nfs.cat(f"/media/fresh/{PATH}") is None, "its end")
    nfs.imported("fresh", changed=True)
    until(lambda: nfs.cat("/media/fresh/EULA") == b"another revision\n", "the new revision")
    assert nfs.ganesha == pid


@pytest.mark.quirk("ganesha-replaced-path")
def test_a_revision_that_takes_anothers_place_in_one_moment_is_exported(nfs: Nfs) -> None:
    """Ganesha would refuse it while the old one is there: what is replaced has to go first."""
    nfs.imported("swift")
    until(lambda: nfs.cat(f"/media/swift/{PATH}"), "the new medium")
    keeper = nfs.served.child("nfs")
    os.kill(keeper, signal.SIGSTOP)
    try:
        nfs.served.cli("media", "remove", "swift")
        nfs.imported("swift", changed=True)
    finally:
        os.kill(keeper, signal.SIGCONT)
    until(lambda: nfs.cat("/media/swift/EULA") == b"another revision\n", "the new revision")


def test_ganesha_ends_with_the_service_however_that_ends() -> None:
    with on_loopback("versions = [4]\n") as made:
        made.serving((4,))
        ganesha, process = made.ganesha, made.served.process
        assert process is not None
        process.kill()
        process.wait()
        until(lambda: not alive(ganesha), "its end")
        made.served.start()
        until(lambda: made.ganesha != ganesha, "another, at the same port")


def test_a_folder_is_exported_where_it_lies_and_an_image_is_said_not_to_be(nfs: Nfs) -> None:
    tree = nfs.served.folder / "inplace"
    make_modern_sample(tree, "xcp-8.3")
    nfs.served.cli("media", "import", opened(tree), "--name", "inplace", "--in-place")
    assert until(lambda: nfs.cat("/media/inplace/.treeinfo"), "the folder") == (tree / ".treeinfo").read_bytes()
    if shutil.which("xorriso") is None:
        pytest.skip("xorriso is not installed")
    image = nfs.served.folder / "image.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", image, tree], check=True, capture_output=True)
    image.chmod(0o644)
    nfs.served.cli("media", "import", image, "--name", "image", "--from-iso")
    until(lambda: (state := nfs.state()) is not None and "image" in state.refused, "the word for it")
    assert "medium image is left out: it is served out of an image" in nfs.served.cli("status")
    assert nfs.cat("/media/image/.treeinfo") is None
    nfs.served.cli("media", "remove", "image")


def test_nothing_lies_outside(nfs: Nfs) -> None:
    nfs.imported("safe")
    until(lambda: nfs.cat(f"/media/safe/{PATH}"), "the new medium")
    folder = next((nfs.served.data / "media").glob("safe@*"))
    (folder / "link").symlink_to("../../keys/token.key")
    (folder / "passwd").symlink_to("/etc/passwd")
    for path in ("/media/safe/link", "/media/safe/passwd", "/media/safe/../../state/site.db", "/state/site.db", "/etc/passwd", "/keys"):
        assert nfs.cat(path) is None, path


def test_ganesha_runs_as_the_services_user_with_one_capability(nfs: Nfs) -> None:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{nfs.ganesha}/status").read_text().splitlines())
    owner = nfs.served.data.stat().st_uid
    assert status["Uid"].split() == [str(owner)] * 4
    assert {status[name].strip() for name in ("CapPrm", "CapEff", "CapAmb")} == {f"{1 << 2:016x}"}
    keeper = dict(line.split(":", 1) for line in Path(f"/proc/{nfs.served.child('nfs')}/status").read_text().splitlines())
    assert keeper["CapEff"].strip() == "0" * 16


@pytest.mark.parametrize("victim", ["ganesha", "nfs"])
def test_what_is_killed_comes_back_and_nobody_elses_transfer_is_cut(nfs: Nfs, victim: str) -> None:
    tree = nfs.imported(f"kill{victim}")
    whole = (tree / "install.img").read_bytes()
    path = f"/media/kill{victim}/install.img"
    until(lambda: nfs.cat(path) == whole, "the new medium")
    dead = nfs.ganesha
    with socket.create_connection(("127.0.0.1", nfs.served.http), 20) as http:
        http.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        http.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{nfs.served.http}\r\n\r\n".encode())
        content = http.recv(1000)
        os.kill(dead if victim == "ganesha" else nfs.served.child("nfs"), signal.SIGKILL)
        until(lambda: nfs.ganesha != dead, f"Ganesha again: {nfs.served.log}")
        while block := http.recv(65536):
            content += block
    assert content.partition(b"\r\n\r\n")[2] == whole
    assert until(lambda: nfs.cat(path), "NFS again") == whole
    assert not alive(dead)


def test_one_medium_that_cannot_be_exported_is_said_and_the_others_are_served(nfs: Nfs) -> None:
    nfs.imported("gone")
    nfs.imported("stays")
    until(lambda: nfs.cat(f"/media/gone/{PATH}"), "the new medium")
    folder = next((nfs.served.data / "media").glob("gone@*"))
    shutil.rmtree(folder)
    os.kill(nfs.ganesha, signal.SIGKILL)
    until(lambda: (state := nfs.state()) is not None and "gone" in state.refused, "the word for it")
    assert "medium gone is left out" in nfs.served.cli("status")
    assert until(lambda: nfs.cat(f"/media/stays/{PATH}"), "the other one")


@contextmanager
def _in_a_namespace(*before: str) -> Iterator[Nfs]:
    """With an address that is not loopback, as Ganesha needs for v3; `before` is what the service is started with."""
    with space("n") as where, house() as folder:
        for line in ("link add eth0 type veth peer name eth1", "addr add 10.77.0.1/24 dev eth0", "link set eth0 up", "link set eth1 up"):
            subprocess.run(["ip", "-n", where.name, *line.split()], check=True)
        served = Served(folder, "[nfs]\nenabled = true\n", "eth0", "10.77.0.1", where.prefix, before)
        served.start()
        try:
            yield Nfs(served, "10.77.0.1", 2049)
        finally:
            served.stop()


@pytest.mark.netns
@pytest.mark.quirk("ganesha-ends-without-rpcbind")
def test_without_rpcbind_v3_is_left_out_in_words_and_v4_is_served() -> None:
    with _in_a_namespace(*OWN_RUN) as made:
        made.serving((4,))
        assert "nothing answers on port 111" in made.served.cli("status")
        assert "NFSv3 is left out" in made.served.log
        made.imported("alone")
        assert until(lambda: made.cat(f"/media/alone/{PATH}"), "v4")


@pytest.mark.netns
@pytest.mark.skipif(not shutil.which("rpcbind", path=f"{os.environ['PATH']}:/usr/sbin:/sbin"), reason="rpcbind is missing")
def test_v3_and_v4_read_the_same_path() -> None:
    with _in_a_namespace(*WITH_RPCBIND) as made:
        made.serving((3, 4))
        tree = made.imported("both")
        for version in (3, 4):
            content = until(lambda version=version: made.cat(f"/media/both/{PATH}", version), f"version {version}")
            assert content == (tree / PATH).read_bytes()
        written = made.served.run("nfs-cp", "/etc/hostname", "nfs://10.77.0.1/media/both/new?version=3")
        assert written.returncode != 0
        assert "NFS3ERR_ROFS" in written.stderr
        registered = made.served.run("rpcinfo", "-p", "10.77.0.1").stdout.split("\n")
        told = {(fields[4], fields[1], fields[2], fields[3]) for line in registered if len(fields := line.split()) == 5}
        assert {("nfs", "3", "tcp", "2049"), ("mountd", "3", "tcp", "20048"), ("mountd", "3", "udp", "20048")} <= told
        assert not any(program == "nfs" and way == "udp" for program, _, way, _ in told)
        shown = made.served.run("showmount", "--no-headers", "-e", "10.77.0.1").stdout if shutil.which("showmount") else "/media/both"
        assert "/media/both" in shown


def test_without_ganesha_all_else_runs_and_the_word_is_clear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The keeper itself, with nothing where Ganesha should lie."""
    monkeypatch.setattr(process, "_PLACES", str(tmp_path))
    keeper = Keeper(Settings(IPv4Address("127.0.0.1"), 1, 1, (4,), 0, 0, tmp_path, tmp_path), tmp_path, dict)
    keeper.turn(0.0)
    state = State.read(tmp_path)
    assert state is not None
    assert state.state == "waiting"
    assert "apt-get install nfs-ganesha-vfs" in state.text
    keeper.stop()
