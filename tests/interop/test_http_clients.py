"""Real HTTP clients against the listener: curl, wget, busybox and Python's own, doing what installers and people do."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert

from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.provision.app import Acts
from pxeserve.provision.loop import Loop
from pxeserve.provision.machines import build
from pxeserve.store import inventory, open_store
from pxeserve.store import tables as t

SIZE = 5_000_000
ANSWER = b"<installation>\n</installation>\n"


@dataclass(frozen=True)
class Delivery:
    body: bytes = ANSWER
    install_id: str = "i-1"

    def commit(self) -> bool:
        return True


@dataclass(frozen=True)
class Medium:
    """Where a medium called `disc` is served, and the folder it lies in."""

    url: str
    folder: Path

    def content(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()


@pytest.fixture
def medium(tmp_path: Path) -> Iterator[Medium]:
    """The medium, on a listener that runs in a thread of this process."""
    folder = tmp_path / "media" / "disc-1"
    (folder / "packages.main").mkdir(parents=True)
    (folder / ".treeinfo").write_bytes(b"[general]\n")
    (folder / "packages.main" / "XS-PACKAGES").write_bytes(b"docs 5 00 tbz2 required docs.tar.bz2 /\n")
    (folder / "install.img").write_bytes(os.urandom(SIZE))
    (folder / "a b+c%.bin").write_bytes(b"odd name\n")
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        connection.execute(
            insert(t.medium).values(
                name="disc", folder="disc-1", format="xs-text", product="XenServer", version="4.1.0", build="7843p", dialect="4.1",
                revision="r1", boot=None, repositories=[], state="good", origin="test", imported_at=1.0,
            )
        )
        inventory.raise_revision(connection)
    door = socket.create_server(("127.0.0.1", 0), backlog=256)
    door.setblocking(False)
    recorder = Recorder(tmp_path / "run" / SOCKET_NAME, "provision")
    acts = Acts(lambda token, *_: Delivery() if token == "good" else None, lambda *_: None, lambda *_: True)
    machines = build(tmp_path, store, recorder, acts, frozenset())
    loop = Loop([door], machines, time.monotonic, machines.files.close)
    machines.give_back = loop.give_back
    theirs, ours = socket.socketpair()
    loop.watch(theirs.fileno(), loop.stop)

    def turn() -> None:
        while not loop.finished:
            loop.step()

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    yield Medium(f"http://127.0.0.1:{door.getsockname()[1]}", folder)
    ours.close()
    thread.join(60)
    loop.close()
    machines.close()
    recorder.close()
    store.close()
    for one in (door, theirs):
        one.close()


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=60, cwd=cwd, check=False)


FETCHERS = {
    "curl": ("curl", "-sSf", "--noproxy", "*", "-o", "OUT", "URL"),
    "curl-1.0": ("curl", "-sSf", "--noproxy", "*", "-0", "-o", "OUT", "URL"),
    "wget": ("wget", "-q", "--no-proxy", "-O", "OUT", "URL"),
    "busybox": ("busybox", "wget", "-q", "-Y", "off", "-O", "OUT", "URL"),
}


@pytest.mark.parametrize("client", FETCHERS)
@pytest.mark.parametrize("path", [".treeinfo", "packages.main/XS-PACKAGES", "install.img"])
def test_files_arrive_whole(medium: Medium, tmp_path: Path, client: str, path: str) -> None:
    out = tmp_path / "out"
    words = {"OUT": out, "URL": f"{medium.url}/media/disc/{path}"}
    done = run(*(words.get(word, word) for word in FETCHERS[client]))
    assert done.returncode == 0, done.stderr
    assert hashlib.md5(out.read_bytes()).digest() == hashlib.md5(medium.content(path)).digest()


@pytest.mark.parametrize("client", FETCHERS)
def test_a_missing_file_is_an_error(medium: Medium, tmp_path: Path, client: str) -> None:
    words = {"OUT": tmp_path / "out", "URL": f"{medium.url}/media/disc/XS-REPOSITORY"}
    assert run(*(words.get(word, word) for word in FETCHERS[client])).returncode != 0


@pytest.mark.parametrize(
    "client",
    [("curl", "-sSf", "--noproxy", "*", "-C", "-", "-o", "OUT", "URL"), ("wget", "-q", "--no-proxy", "-c", "-O", "OUT", "URL"),
     ("busybox", "wget", "-q", "-Y", "off", "-c", "-O", "OUT", "URL")],
    ids=["curl", "wget", "busybox"],
)
def test_a_broken_transfer_is_resumed(medium: Medium, tmp_path: Path, client: tuple[str, ...]) -> None:
    whole = medium.content("install.img")
    out = tmp_path / "out"
    out.write_bytes(whole[:1_234_567])
    words = {"OUT": out, "URL": f"{medium.url}/media/disc/install.img"}
    done = run(*(words.get(word, word) for word in client))
    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == whole


def test_curl_reads_a_range_a_head_and_an_unchanged_file(medium: Medium, tmp_path: Path) -> None:
    url = f"{medium.url}/media/disc/install.img"
    assert run("curl", "-sSf", "--noproxy", "*", "-r", "100-199", url).stdout == medium.content("install.img")[100:200]
    assert run("curl", "-sSf", "--noproxy", "*", "-r", "-10", url).stdout == medium.content("install.img")[-10:]
    assert run("curl", "-sSf", "--noproxy", "*", "-r", f"{SIZE}-", url).returncode == 22
    head = run("curl", "-sSfI", "--noproxy", "*", url).stdout.decode()
    assert f"Content-Length: {SIZE}\r\n" in head
    kept = tmp_path / "kept"
    tag = tmp_path / "tag"
    first = ("curl", "-sSf", "--noproxy", "*", "-o", kept, "--etag-save", tag, "--etag-compare", tag, "-w", "%{http_code}", url)
    tag.touch()
    assert run(*first).stdout == b"200"
    assert run(*first).stdout == b"304"
    newer = run("curl", "-sSf", "--noproxy", "*", "-z", kept, "-o", tmp_path / "again", "-w", "%{http_code}", url)
    assert newer.stdout == b"304"


def test_curl_keeps_its_connection_for_a_hundred_files(medium: Medium) -> None:
    url = f"{medium.url}/media/disc/packages.main/XS-PACKAGES?[1-100]"
    done = run("curl", "-sSf", "--noproxy", "*", "-w", "\n%{num_connects}\n", url)
    assert done.stdout.count(b"docs.tar.bz2") == 100
    assert sum(int(line) for line in done.stdout.split(b"\n") if line in (b"0", b"1")) == 1


def test_curl_says_so_when_a_file_is_cut_under_its_hands(medium: Medium, tmp_path: Path) -> None:
    """A rate so low that most of the file is still here when it is truncated."""
    url = f"{medium.url}/media/disc/big"
    big = medium.folder / "big"
    with big.open("wb") as file:
        file.truncate(64_000_000)
    out = tmp_path / "out"
    with subprocess.Popen(["curl", "-sS", "--noproxy", "*", "--limit-rate", "1M", "-o", str(out), url], stderr=subprocess.PIPE) as curl:
        while not out.exists() or not out.stat().st_size:
            assert curl.poll() is None
        os.truncate(big, 1000)
        curl.wait(60)
    assert curl.returncode in (18, 56), "18: partial file; 56: reset by the peer"


@pytest.mark.parametrize(
    "path",
    ["../../state/site.db", "%2e%2e/%2e%2e/state/site.db", "..%2f..%2fstate/site.db", "..\\..\\state\\site.db", "/etc/passwd", "x%00"],
)
def test_curl_gets_nothing_from_outside(medium: Medium, path: str) -> None:
    done = run("curl", "-sS", "--noproxy", "*", "--path-as-is", "-w", "%{http_code}", f"{medium.url}/media/disc/{path}")
    assert done.stdout == b"not found\n404"


def test_pythons_own_client_as_installers_use_it(medium: Medium) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{medium.url}/media/disc/.treeinfo", timeout=60) as answer:
        assert answer.read() == b"[general]\n"
    with opener.open(f"{medium.url}/media/disc/a%20b%2Bc%25.bin", timeout=60) as answer:
        assert answer.read() == b"odd name\n"
    with opener.open(f"{medium.url}/media/disc/install.img", timeout=60):
        pass  # "is it there" is a GET that hangs up after the head
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(f"{medium.url}/media/disc/XS-REPOSITORY-LIST", timeout=60)
    assert refused.value.code == 404
    with opener.open(f"{medium.url}/media/disc/install.img", timeout=60) as answer:
        assert answer.read() == medium.content("install.img")


@pytest.mark.parametrize("client", FETCHERS)
def test_an_answerfile_reaches_every_client(medium: Medium, tmp_path: Path, client: str) -> None:
    words = {"OUT": tmp_path / "out", "URL": f"{medium.url}/a/good"}
    done = run(*(words.get(word, word) for word in FETCHERS[client]))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_bytes() == ANSWER


def test_curl_reports_progress_by_post(medium: Medium) -> None:
    def report(text: str) -> bytes:
        return run("curl", "-sS", "--noproxy", "*", "-w", "%{http_code}", "-d", text, f"{medium.url}/p/good/done").stdout

    assert report("rc=0") == b"204"
    assert report("x" * 5000).endswith(b"413")
