"""Real TFTP clients against the real server on loopback: what they fetch is what lies there, and what is missing is said to be."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.server import TftpServer
from pxeserve.tftp.session import Gate

Fetch = Callable[[int, str, Path], bool]


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def ran(*command: str | Path) -> bool:
    """tftp-hpa ends with 0 whatever happened, but says so."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60)
    return done.returncode == 0 and "Error" not in done.stdout + done.stderr


def tftp_hpa(port: int, name: str, to: Path) -> bool:
    return ran(program("tftp"), "-m", "octet", "127.0.0.1", str(port), "-c", "get", name, to)


def tftp_hpa_netascii(port: int, name: str, to: Path) -> bool:
    return ran(program("tftp"), "-m", "netascii", "127.0.0.1", str(port), "-c", "get", name, to)


def atftp(port: int, name: str, to: Path) -> bool:
    return ran(program("atftp"), "--get", "-r", name, "-l", to, "127.0.0.1", str(port))


def atftp_windows(port: int, name: str, to: Path) -> bool:
    options = ("--option", "blksize 1428", "--option", "windowsize 16", "--option", "tsize 0", "--option", "timeout 2")
    return ran(program("atftp"), "--get", *options, "-r", name, "-l", to, "127.0.0.1", str(port))


def curl(port: int, name: str, to: Path) -> bool:
    return ran(program("curl"), "-sS", "--max-time", "50", "-o", to, f"tftp://127.0.0.1:{port}/{name}")


def curl_blocks(port: int, name: str, to: Path) -> bool:
    return ran(program("curl"), "-sS", "--max-time", "50", "--tftp-blksize", "1468", "-o", to, f"tftp://127.0.0.1:{port}/{name}")


def curl_plain(port: int, name: str, to: Path) -> bool:
    return ran(program("curl"), "-sS", "--max-time", "50", "--tftp-no-options", "-o", to, f"tftp://127.0.0.1:{port}/{name}")


def curl_netascii(port: int, name: str, to: Path) -> bool:
    """curl writes what travels, as its manual says for mode=a."""
    return ran(program("curl"), "-sS", "--max-time", "50", "-o", to, f"tftp://127.0.0.1:{port}/{name};mode=netascii")


def busybox(port: int, name: str, to: Path) -> bool:
    return ran(program("busybox"), "tftp", "-g", "-r", name, "-l", to, "127.0.0.1", str(port))


def busybox_blocks(port: int, name: str, to: Path) -> bool:
    return ran(program("busybox"), "tftp", "-g", "-b", "8192", "-r", name, "-l", to, "127.0.0.1", str(port))


def tftpy_client(port: int, name: str, to: Path) -> bool:
    tftpy = pytest.importorskip("tftpy")
    try:
        tftpy.TftpClient("127.0.0.1", port, {"blksize": 1024, "tsize": 0}).download(name, str(to), timeout=60)
    except tftpy.TftpException:
        return False
    return True


CLIENTS = (tftp_hpa, atftp, atftp_windows, curl, curl_blocks, curl_plain, busybox, busybox_blocks, tftpy_client)
REFUSE_EMPTY = (curl, curl_blocks)
"""curl 7.88 takes `tsize 0` in an OACK for a mistake of the server's, whoever sends it (lib/tftp.c, tftp_parse_option_ack)."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("served")
    chance = random.Random(7440)
    (made / "small").write_bytes(b"DEFAULT local\nPROMPT 0\n")
    (made / "empty").write_bytes(b"")
    (made / "blocks").write_bytes(chance.randbytes(512 * 8))
    (made / "large").write_bytes(chance.randbytes(1 << 20))
    (made / "text").write_bytes(b"one\ntwo\r three\n" * 4000)
    return made


@pytest.fixture(scope="module", params=[False, True], ids=["own ports", "single port"])
def port(request, folder, tmp_path_factory) -> Iterator[int]:
    """A server that gives what lies in `folder`, straight from descriptors."""

    class Folder:
        def resolve(self, path: str, _address: IPv4Address, _now: float) -> Content | Refusal:
            try:
                fd = os.open(folder / path, os.O_RDONLY)
            except OSError:
                return Refusal(1, "File not found", "folder")
            return Content(os.fstat(fd).st_size, "folder", fd=fd, key=path)

    ours, orders = socket.socketpair()
    recorder = Recorder(tmp_path_factory.mktemp("run") / SOCKET_NAME, "tftp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listening:
        listening.bind(("127.0.0.1", 0))
        server = TftpServer([Gate("lo", listening, Folder())], recorder, ports=range(41000, 42000), single_port=request.param)
        ready = threading.Event()
        thread = threading.Thread(target=server.run, args=(orders, ready.set, ready.is_set), daemon=True)
        thread.start()
        assert ready.wait(20)
        yield listening.getsockname()[1]
        ours.close()
        thread.join(20)
        server.close()
        orders.close()


@pytest.mark.parametrize(
    ("fetch", "name"),
    [
        pytest.param(fetch, name, id=f"{fetch.__name__}-{name}")
        for fetch in CLIENTS
        for name in ("small", "empty", "blocks", "large")
        if name != "empty" or fetch not in REFUSE_EMPTY
    ],
)
@pytest.mark.quirk("tsize-zero")
def test_what_a_client_fetches_is_what_lies_there(fetch: Fetch, name: str, port: int, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "fetched"
    assert fetch(port, name, target)
    fetched = target.read_bytes() if target.exists() else b""  # curl makes no file for an empty one
    assert fetched == (folder / name).read_bytes()


@pytest.mark.parametrize("fetch", CLIENTS, ids=lambda fetch: fetch.__name__)
def test_a_missing_file_is_an_error_and_leaves_no_bytes(fetch: Fetch, port: int, tmp_path: Path) -> None:
    target = tmp_path / "fetched"
    assert not fetch(port, "nothing-of-that-name", target)
    assert not target.exists() or target.read_bytes() == b""


def test_tftp_hpa_reads_a_text_back_as_it_was(port: int, folder: Path, tmp_path: Path) -> None:
    assert tftp_hpa_netascii(port, "text", tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == (folder / "text").read_bytes()


def test_curl_is_sent_a_text_with_the_line_ends_of_netascii(port: int, folder: Path, tmp_path: Path) -> None:
    assert curl_netascii(port, "text", tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == (folder / "text").read_bytes().replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


def test_a_client_that_wants_to_send_is_refused(port: int, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    assert not ran(program("tftp"), "-m", "octet", "127.0.0.1", str(port), "-c", "put", tmp_path / "mine", "theirs")


def test_blocks_of_eight_bytes_count_past_65535(port: int, folder: Path, tmp_path: Path) -> None:
    """600 kB in 75 thousand blocks: the number on the wire starts again, and nothing is lost or doubled there."""
    body = random.Random(65536).randbytes(600_000)
    (folder / "many-blocks").write_bytes(body)
    to = tmp_path / "fetched"
    assert ran(program("curl"), "-sS", "--max-time", "55", "--tftp-blksize", "8", "-o", to, f"tftp://127.0.0.1:{port}/many-blocks")
    assert to.read_bytes() == body
