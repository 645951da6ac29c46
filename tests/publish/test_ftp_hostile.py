"""Clients that mean harm, and media that hold what they should not."""

from __future__ import annotations

import contextlib
import hashlib
import os
import select
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.repo.sample import make_sample
from tests.ports import free_port, free_ports
from tests.publish.conftest import Ftp, has
from tests.publish.ftp_client import Client, fetch
from tests.publish.served import Served, house, opened, until

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def client(ftp: Ftp) -> Iterator[Client]:
    with Client(ftp.address) as client:
        assert client.login().code == 230
        yield client


def _digest(folder: Path) -> str:
    lines = [f"{one} {one.stat().st_size if one.is_file() else ''}" for one in sorted(folder.rglob("*"))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    "path",
    ["../../../../../../etc/passwd", "/etc/passwd", "/media/../../etc/passwd", "/media/xs41/../../state/site.db", "/state/site.db",
     "/media/xs41/..%2f..%2f..%2fetc/passwd", "..\\..\\etc\\passwd", "/media/xs41/\0", "/media//xs41/../../keys", "/proc/self/environ",
     "~root/.profile", "/media/xs41/./../.././../etc/passwd", "/media/xs41@/install.img", "/media/.", "/media", "/"],
)  # fmt: skip
def test_nothing_lies_outside_the_media(client: Client, path: str) -> None:
    assert client.fetch(f"RETR {path}") == (b"", client.ask(f"RETR {path}"))
    assert client.ask(f"RETR {path}").code == 550
    assert client.ask(f"SIZE {path}").code == 550


def test_going_up_ends_at_the_top(client: Client) -> None:
    for _ in range(5):
        client.ask("CDUP")
        assert client.ask("CWD ..").code == 250
    assert client.ask("PWD").text.startswith('257 "/"')
    names, _ = client.fetch("NLST")
    assert names == b"media\r\n"


@pytest.mark.parametrize(
    "command",
    ["STOR new", "APPE install.img", "STOU", "DELE install.img", "MKD new", "RMD boot", "RNFR install.img", "RNTO other",
     "SITE CHMOD 777 boot", "MFMT 20200101000000 install.img", "ALLO 5", "SITE EXEC id", "XMKD new", "XRMD boot"],
)  # fmt: skip
def test_nothing_can_be_written(ftp: Ftp, client: Client, command: str) -> None:
    before = _digest(ftp.served.data / "media")
    client.ask("CWD /media/xs41")
    with client.passive():
        assert client.ask(command).code == 550
    assert _digest(ftp.served.data / "media") == before


@pytest.mark.parametrize(
    ("command", "code"),
    [("PORT 10,9,8,7,200,10", 501), ("EPRT |1|10.9.8.7|51210|", 501), ("PORT 127,0,0,1,0,25", 501), ("PORT 127,0,0,1,999,1", 501),
     ("EPRT |2|::1|51210|", 522), ("PORT 1,2", 501), ("EPRT", 501), ("PORT 300,0,0,1,200,10", 501)],
)  # fmt: skip
def test_no_connection_is_made_to_anybody_else(client: Client, command: str, code: int) -> None:
    assert client.ask(command).code == code


def test_nobody_else_takes_a_data_connection(client: Client) -> None:
    """A neighbour that guesses the passive port gets nothing, and who asked still gets the file."""
    answer = client.ask("PASV")
    high, low = (int(one) for one in answer.text.rpartition("(")[2].rstrip(").").split(",")[-2:])
    port = high * 256 + low
    thief = socket.create_connection(("127.0.0.1", port), 20, source_address=("127.0.0.2", 0))
    with thief, contextlib.suppress(ConnectionResetError):
        assert thief.recv(1) == b""
    assert client.answer().code == 425
    with socket.create_connection(("127.0.0.1", port), 20) as data:
        assert client.ask("NLST /").code in (125, 150)
        assert data.recv(100) == b"media\r\n"


def test_a_line_that_is_too_long_is_refused_and_the_session_goes_on(client: Client) -> None:
    """The library says 500 for each two kilobytes of it."""
    client.sock.sendall(b"RETR " + b"A" * 10_000 + b"\r\n")
    assert client.answer().code == 500
    client.sock.sendall(b"NOOP\r\n")
    until(lambda: client.answer().code == 200, "an answer to NOOP")


def _waits(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


def test_megabytes_without_a_line_end_cost_nothing(ftp: Ftp, client: Client) -> None:
    def resident() -> int:
        status = Path(f"/proc/{ftp.served.child('ftp')}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    before = resident()
    with contextlib.suppress(OSError):
        client.sock.settimeout(5)
        for _ in range(200):
            client.sock.sendall(b"A" * 100_000)
            while _waits(client.sock) and client.sock.recv(65536):
                pass
    assert resident() - before < 10_000, "kilobytes"
    assert fetch(ftp.address, "/media/xs41/install.img")


@pytest.mark.parametrize("name", ["root", "a" * 2000])
def test_only_anonymous_is_let_in(ftp: Ftp, name: str) -> None:
    with Client(ftp.address) as client:
        assert client.login(name, "secret").code == 530
        assert client.ask("CWD media").code == 530
        assert client.ask("RETR /media/xs41/install.img").code == 530


@pytest.mark.quirk("ftp-login-each")
def test_two_hundred_connections_of_one_address_leave_room_for_others(ftp: Ftp) -> None:
    crowd = [Client(ftp.address) for _ in range(200)]
    try:
        welcome = [one for one in crowd if one.hello.code == 220]
        assert len(welcome) == 64
        assert all(one.hello.code in (421, 0) for one in crowd if one not in welcome)
        with socket.create_connection(ftp.address, 20, source_address=("127.0.0.9", 0)) as other:
            assert other.recv(100).startswith(b"220 ")
    finally:
        for one in crowd:
            one.sock.close()

    def served() -> bool:  # the first to come may be told 421 still: the crowd has just hung up
        client = Client(ftp.address)
        return client.hello.code == 220 and client.login().code == 230

    until(served, "room again")


def test_passive_ports_that_are_all_taken_are_said_and_come_back() -> None:
    with house() as folder:
        port, passive = free_port(), free_ports(2)
        served = Served(folder, f'[ftp]\nenabled = true\nport = {port}\npassive_ports = "{passive[0]}-{passive[-1]}"\n')
        served.start()
        try:
            clients = [Client(("127.0.0.1", port)) for _ in range(3)]
            assert [one.login().code for one in clients] == [230, 230, 230]
            assert [one.ask("PASV").code for one in clients] == [227, 227, 425]
            assert clients[2].ask("EPSV").code == 425
            clients[0].sock.close()
            until(lambda: clients[2].ask("PASV").code == 227, "the port again")
            for one in clients[1:]:
                one.sock.close()
        finally:
            served.stop()


def test_data_connections_that_are_never_used_hold_nobody_up(ftp: Ftp) -> None:
    idle = []
    for _ in range(20):
        client = Client(ftp.address)
        client.login()
        idle.append((client, client.passive()))
    waiting = [Client(ftp.address) for _ in range(20)]
    for client in waiting:
        client.login()
        client.ask("PASV")
        client.sock.sendall(b"RETR /media/xs41/install.img\r\n")  # and never comes for it
    assert fetch(ftp.address, "/media/xs41/install.img") == (ftp.trees["xs41"] / "install.img").read_bytes()
    for client, data in idle:
        data.close()
        client.sock.close()
    for client in waiting:
        client.sock.close()


@contextlib.contextmanager
def _with_a_medium(ftp: Ftp, name: str) -> Iterator[Path]:
    """A medium of the test's own; the folder that it lies in."""
    tree = ftp.served.folder / name
    make_sample(tree)
    ftp.served.cli("media", "import", opened(tree), "--name", name)
    shutil.rmtree(tree)
    try:
        yield next((ftp.served.data / "media").glob(f"{name}@*"))
    finally:
        ftp.served.cli("media", "remove", name)


@pytest.mark.parametrize("kind", ["link", "link outside", "linked folder", "fifo", "socket", "device", "folder", "gone"])
def test_what_is_no_plain_file_is_not_given_and_nobody_waits(ftp: Ftp, kind: str) -> None:
    name = "bad" + kind.replace(" ", "")
    with _with_a_medium(ftp, name) as folder:
        image = folder / "install.img"
        where = "install.img"
        if kind == "linked folder":
            where = "boot/xen.gz"
            shutil.move(folder / "boot", folder / "elsewhere")
            (folder / "boot").symlink_to("elsewhere")
        else:
            image.unlink()
        match kind:
            case "link":
                image.symlink_to("boot/xen.gz")
            case "link outside":
                image.symlink_to("/etc/passwd")
            case "fifo":
                os.mkfifo(image)
            case "socket":
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.bind(str(image))
            case "device":
                try:
                    os.mknod(image, 0o20666, os.makedev(1, 5))
                except PermissionError:
                    pytest.skip("device nodes need root")
            case "folder":
                image.mkdir()
        with Client(ftp.address) as client:
            client.login()
            assert client.ask(f"SIZE /media/{name}/{where}").code == 550
            assert client.fetch(f"RETR /media/{name}/{where}") == (b"", client.ask(f"RETR /media/{name}/{where}"))
            content, last = client.fetch(f"RETR /media/{name}/packages.main/XS-PACKAGES")
            assert content and last.code == 226


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"another beginning")


@pytest.mark.parametrize("change", [lambda path: os.truncate(path, 1000), _overwrite], ids=["cut", "written to"])
def test_a_file_that_is_changed_while_it_is_sent_does_not_look_whole(ftp: Ftp, change: Callable[[Path], None]) -> None:
    with _with_a_medium(ftp, "cut") as folder:
        image = folder / "install.img"
        with image.open("ab") as file:
            file.truncate(64 << 20)
        with Client(ftp.address) as client:
            client.login()
            client.ask("TYPE I")
            with client.passive() as data:
                data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                assert client.ask("RETR /media/cut/install.img").code in (125, 150)
                assert data.recv(1000)
                change(image)
                with pytest.raises(ConnectionResetError):
                    while data.recv(1 << 20):
                        pass
            assert client.answer().code == 426


def test_a_client_that_hangs_up_is_told_as_cut(ftp: Ftp) -> None:
    with _with_a_medium(ftp, "hung") as folder:
        with (folder / "install.img").open("ab") as file:
            file.truncate(64 << 20)
        with Client(ftp.address) as client:
            client.login()
            client.ask("TYPE I")
            data = client.passive()
            client.ask("RETR /media/hung/install.img")
            data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            data.recv(1000)
            data.close()
            assert client.answer().code == 426
            assert client.ask("NOOP").code == 200
        until(lambda: "hung/install.img: cut after" in ftp.served.cli("events"), "the cut in the record")


@pytest.mark.parametrize("kind", ["link", "fifo", "another size"])
def test_a_folder_that_is_served_where_it_lies_gives_only_what_was_imported(ftp: Ftp, kind: str) -> None:
    tree = ftp.served.folder / f"place{kind[0]}"
    make_sample(tree)
    ftp.served.cli("media", "import", opened(tree), "--name", tree.name, "--in-place")
    try:
        path = f"/media/{tree.name}/install.img"
        assert fetch(ftp.address, path) == (tree / "install.img").read_bytes()
        (tree / "secret").write_text("not in the manifest")
        (tree / "install.img").unlink()
        match kind:
            case "link":
                (tree / "install.img").symlink_to("secret")
            case "fifo":
                os.mkfifo(tree / "install.img")
            case _:
                (tree / "install.img").write_bytes(b"short")
        for name in ("install.img", "secret"):
            assert fetch(ftp.address, f"/media/{tree.name}/{name}") is None
            with Client(ftp.address) as client:
                client.login()
                assert client.ask(f"SIZE /media/{tree.name}/{name}").code == 550
        assert fetch(ftp.address, f"/media/{tree.name}/packages.main/XS-PACKAGES")
    finally:
        ftp.served.cli("media", "remove", tree.name)


def test_an_image_is_served_from_inside_and_not_once_it_has_changed(ftp: Ftp) -> None:
    if shutil.which("xorriso") is None:
        pytest.skip("xorriso is not installed")
    tree, image = ftp.trees["xcp83"], ftp.served.folder / "image.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", image, tree], check=True, capture_output=True)
    image.chmod(0o644)
    ftp.served.cli("media", "import", image, "--name", "image", "--from-iso")
    try:
        for file in (one for one in tree.rglob("*") if one.is_file()):
            path = f"/media/image/{file.relative_to(tree)}"
            assert fetch(ftp.address, path) == file.read_bytes(), path
        with Client(ftp.address) as client:
            client.login()
            client.ask("TYPE I")
            client.ask("REST 1000")
            content, last = client.fetch("RETR /media/image/install.img")
            assert (content, last.code) == ((tree / "install.img").read_bytes()[1000:], 226)
            client.ask("TYPE A")
            content, last = client.fetch("RETR /media/image/repodata/repomd.xml")
            assert content.replace(b"\r\n", b"\n") == (tree / "repodata/repomd.xml").read_bytes()
        with image.open("r+b") as file:
            file.write(b"another beginning")
        assert fetch(ftp.address, "/media/image/install.img") is None
        until(lambda: has(ftp, medium="image", path="install.img", outcome="changed"), "the refusal in the record")
    finally:
        ftp.served.cli("media", "remove", "image")


def test_a_medium_is_there_from_its_import_to_its_removal_and_in_open_sessions_too(ftp: Ftp, client: Client) -> None:
    assert client.ask("CWD /media/late").code == 550
    with _with_a_medium(ftp, "late"):
        assert client.ask("CWD /media/late").code == 250
        assert client.ask("SIZE install.img").code == 213
    assert client.ask("SIZE install.img").code == 550
    assert client.ask("CWD /media/late").code == 550
    names, _ = client.fetch("NLST /media")
    assert names == b"xcp83\r\nxs41\r\n"


def test_a_medium_that_was_removed_and_imported_again_is_there_over_every_protocol(ftp: Ftp) -> None:
    """It lies in a folder of the same name, and what a server keeps open is the one that is gone."""
    url = f"http://127.0.0.1:{ftp.served.http}/media/again/install.img"
    for _ in range(2):
        with _with_a_medium(ftp, "again") as folder:
            whole = (folder / "install.img").read_bytes()
            assert fetch(ftp.address, "/media/again/install.img") == whole
            assert subprocess.run(["curl", "-sSf", "--noproxy", "*", url], capture_output=True, check=True).stdout == whole


def test_the_process_that_dies_comes_back_and_nobody_elses_transfer_is_cut(ftp: Ftp) -> None:
    whole = (ftp.trees["xs41"] / "install.img").read_bytes()
    with socket.create_connection(("127.0.0.1", ftp.served.http), 20) as http, Client(ftp.address) as cut:
        http.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        http.sendall(f"GET /media/xs41/install.img HTTP/1.0\r\nHost: 127.0.0.1:{ftp.served.http}\r\n\r\n".encode())
        content = http.recv(1000)
        ftp.served.killed("ftp")
        assert cut.answer().code == 0
        while block := http.recv(65536):
            content += block
    assert content.partition(b"\r\n\r\n")[2] == whole
    assert fetch(ftp.address, "/media/xs41/install.img") == whole
