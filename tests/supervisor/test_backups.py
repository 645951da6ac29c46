"""Backups through a real service over TLS: sent by curl with a token that can do nothing else, however large they are, and fetched
back byte for byte; what lies on the disk tells nothing, and without its key it is nothing."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pxeserve.certificates import OWN
from tests.recovery.backups.dumps import SECRET, pieces

PASSWORD = "correct horse battery staple"
MEGABYTE, GIGABYTE = 1 << 20, 1 << 30
GROWTH = 64 * MEGABYTE
"""Bytes by which the console may grow while a backup passes through it, however large that is."""
KIND = "application/octet-stream"


class Sender:
    """A service with the pool rack-a, and curl that asks it over TLS."""

    def __init__(self, service: Any, folder: Path) -> None:
        self.service, self.folder = service, folder
        service.start(PXESERVE_CONSOLE__ENABLED="true", PXESERVE_BACKUPS__MOST_DATABASE="1200", PXESERVE_BACKUPS__MOST_HOST="1")
        pem = (service.data / "keys" / OWN).read_text()
        (folder / "ca.pem").write_text(pem.partition("-----END PRIVATE KEY-----\n")[2])
        self.verb("user.init", name="ada", password=PASSWORD)
        self.verb("profile.add", name="rack", set=["timezone=UTC"])
        said = [f"admin-interface.{one}" for one in ("name=eth0", "proto=static", "ipaddr=10.77.0.11", "subnet=255.255.255.0")]
        self.verb("host.add", name="xen01", mac=["52:54:00:77:00:01"], profile="rack", set=said)
        self.verb("pool.add", name="rack-a", master="xen01")
        self.writer = self._token("nightly", scope="backup:write", pools=["rack-a"])
        self.admin = self._token("restorer", role="admin", unattended=True)

    def verb(self, verb: str, /, **arguments: Any) -> Any:
        """What root is answered."""
        answer = self.service.asked(verb, **arguments)
        assert "result" in answer, (verb, answer)
        return answer["result"]

    def _token(self, name: str, **limits: Any) -> Path:
        made = self.verb("token.create", name=name, user="ada", **limits)
        file = self.folder / f"{name}.header"
        file.write_text(f"Authorization: Bearer {made['token']}\n")
        return file

    def curl(self, token: Path, path: str, *words: str | Path) -> list[str]:
        """The command."""
        address = f"https://127.0.0.1:{self.service.ports['console']}/api/v1{path}"
        command = ["curl", "--silent", "--show-error", "--cacert", self.folder / "ca.pem", "--header", f"@{token}", *words, address]
        return [str(word) for word in command]

    def send(self, content: Iterator[bytes], query: str = "kind=database") -> tuple[str, Any]:
        """SHA-256 of what went, and what was answered. Nobody says before how much it is."""
        summed = hashlib.sha256()
        command = self.curl(self.writer, f"/pools/rack-a/backups?{query}", "--upload-file", "-", "--header", f"Content-Type: {KIND}")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
            assert running.stdin is not None and running.stdout is not None
            with suppress(BrokenPipeError):  # it was refused on the way
                for piece in content:
                    summed.update(piece)
                    running.stdin.write(piece)
            with suppress(BrokenPipeError):
                running.stdin.close()
            said = running.stdout.read()
        return summed.hexdigest(), json.loads(said)

    def fetch(self, id: str) -> str:
        """SHA-256 of what comes back."""
        summed = hashlib.sha256()
        command = self.curl(self.admin, f"/backups/{id}/content", "--fail")
        with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            while piece := running.stdout.read(MEGABYTE):
                summed.update(piece)
        assert running.returncode == 0
        return summed.hexdigest()

    def memory(self, which: str) -> int:
        """Bytes of the console: `VmRSS` now, `VmHWM` the most since `forget`."""
        status = Path(f"/proc/{self.service.children()['console']}/status").read_text()
        return int(re.search(rf"{which}:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]

    def forget(self) -> int:
        """Begin anew to watch how large the console gets; what it is now."""
        Path(f"/proc/{self.service.children()['console']}/clear_refs").write_text("5")
        return self.memory("VmRSS")

    def begun(self, length: int, content: bytes) -> ssl.SSLSocket:
        """A connection on which a backup of `length` bytes was begun, and that went as far as `content`."""
        port, context = self.service.ports["console"], ssl.create_default_context(cafile=self.folder / "ca.pem")
        sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 60), server_hostname="127.0.0.1")
        lines = ("PUT /api/v1/pools/rack-a/backups HTTP/1.1", f"Host: 127.0.0.1:{port}", self.writer.read_text().strip(),
                 f"Content-Type: {KIND}", f"Content-Length: {length}", "", "")  # fmt: skip
        sock.sendall("\r\n".join(lines).encode() + content)
        return sock

    def stored(self, id: str) -> Path:
        """The file."""
        return Path(self.service.data / "backups" / f"{id}.enc")


@pytest.fixture(scope="module")
def sender(make_service: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Sender:
    return Sender(make_service(), tmp_path_factory.mktemp("sender"))


def holds(path: Path, secret: bytes) -> bool:
    """Whether a file holds it, read a piece at a time."""
    with path.open("rb") as file:
        end = b""
        while piece := file.read(MEGABYTE):
            if secret in end + piece:
                return True
            end = piece[-len(secret) :]
    return False


def there_and_back(sender: Sender, size: int) -> str:
    """A backup of that size goes in and comes out, and the console stays as large as it was; its id."""
    before = sender.forget()
    sent, answer = sender.send(pieces(size))
    assert answer["state"] == "good" and answer["size"] >= size * 0.99 and answer["sha256"] == sent, answer
    taken = sender.memory("VmHWM") - before
    assert sender.fetch(answer["id"]) == sent
    given = sender.memory("VmHWM") - before
    print(f"{size >> 20} MB: {before >> 20} MB before, at most {taken >> 20} MB more to take it, {given >> 20} MB with giving it back")
    assert max(taken, given) < GROWTH
    return str(answer["id"])


def test_what_is_sent_comes_back_and_tells_nothing_on_the_disk(sender: Sender) -> None:
    id = there_and_back(sender, 8 * MEGABYTE)
    assert sender.stored(id).stat().st_size > 8 * MEGABYTE * 0.99
    told = [path for path in sender.service.data.rglob("*") if path.is_file() and holds(path, SECRET.encode())]
    assert told == [] and SECRET not in "".join(sender.service.log)


def test_one_that_is_too_large_is_refused_by_its_length_and_on_the_way(sender: Sender) -> None:
    with sender.begun(1201 * MEGABYTE, b"") as sock:
        said = ""
        while "most_database" not in said and (piece := sock.recv(65536)):
            said += piece.decode()
    assert " 413 " in said.splitlines()[0] and "[backups] most_database" in said
    archive = bytearray(4 * MEGABYTE)
    archive[257:262] = b"ustar"
    _, answer = sender.send(iter([bytes(archive)]), "kind=host&host=xen01")
    assert (answer["status"], answer["code"]) == (413, "too-large") and "1048 kB at most" in answer["detail"], answer


def test_one_whose_sender_goes_away_is_refused_and_nothing_of_it_is_seen(sender: Sender) -> None:
    content = b"".join(pieces(MEGABYTE))
    before = set((sender.service.data / "backups").glob("*"))  # none, where nobody has sent one yet
    sender.begun(len(content), content[:-100]).close()

    def refused() -> list[str]:
        return [one["because"] for one in sender.verb("backup.list", pool="rack-a") if one["state"] == "refused"]

    sender.service.until(refused, "that it was cut is told")
    assert "it ended after" in refused()[0]
    assert set((sender.service.data / "backups").glob("*")) == before


@pytest.mark.long
def test_a_gigabyte_passes_through_in_as_little_memory(sender: Sender) -> None:
    there_and_back(sender, MEGABYTE)  # whatever is loaded once is loaded
    id = there_and_back(sender, GIGABYTE)
    assert not holds(sender.stored(id), SECRET.encode())
    assert sender.verb("backup.check", id=id)["state"] == "good"
