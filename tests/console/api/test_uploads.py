"""Images that people send: whole or in parts, in bounded memory, and gone when an import has taken them in."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pxeserve.operations.media import uploads
from pxeserve.repo import staging
from pxeserve.repo.sample import make_sample
from tests.console.api.conftest import Api

KIND = "application/octet-stream"


def put(api: Api, name: str, content: Any, **headers: str) -> Any:
    said = {"Content-Type": KIND, **{key.replace("_", "-"): one for key, one in headers.items()}}
    return api.ask("PUT", f"/uploads/{name}", data=content, headers=said)


def pour(api: Api, name: str, stream: Any, length: int) -> Any:
    """The same from a stream, as the listener hands it on."""
    said = {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}
    return api.client.put(f"/api/v1/uploads/{name}", content_type=KIND, environ_overrides=said)


def test_what_is_sent_is_imported_and_then_gone(site: Api, tmp_path: Path, console: Any) -> None:
    make_sample(tmp_path / "other")
    archive = tmp_path / "other.tar"
    subprocess.run(["tar", "-C", tmp_path / "other", "-cf", archive, "."], check=True)
    answer = put(site, "other.tar", archive.read_bytes())
    assert answer.status_code == 201
    assert answer.json | {"changed_at": 0} == {
        "name": "other.tar", "bytes": archive.stat().st_size, "total": archive.stat().st_size, "state": "whole", "changed_at": 0,
    }  # fmt: skip
    assert site.done("/media", {"name": "other", "upload": "other.tar"})["product"]
    assert site.get("/uploads").json["items"] == []
    assert list((console.config.server.data / "uploads").iterdir()) == []


def test_what_broke_off_goes_on_where_it_was(site: Api, console: Any) -> None:
    content = os.urandom(300_000)
    assert put(site, "a.iso", content[:100_000], Content_Range="bytes 0-99999/300000").status_code == 200
    assert site.get("/uploads/a.iso").json["state"] == "broken off"
    refused = put(site, "a.iso", content[200_000:], Content_Range="bytes 200000-299999/300000")
    assert refused.status_code == 409 and "go on at byte 100000" in refused.json["fix"]
    assert put(site, "a.iso", content[100_000:], Content_Range="bytes 100000-299999/300000").status_code == 201
    lies = (console.config.server.data / "uploads" / "a.iso").read_bytes()
    assert hashlib.sha256(lies).digest() == hashlib.sha256(content).digest()
    assert put(site, "a.iso", b"other").status_code == 409  # nothing is written over


def test_a_body_that_ends_early_is_kept_and_said(site: Api) -> None:
    class Cut:
        def __init__(self) -> None:
            self.left = 50_000

        def read(self, size: int = -1) -> bytes:
            size = min(size if size >= 0 else self.left, self.left)
            self.left -= size
            return b"x" * size

    answer = pour(site, "a.iso", Cut(), 80_000)
    assert answer.status_code == 400, answer.text
    assert site.get("/uploads/a.iso").json | {"changed_at": 0} == {
        "name": "a.iso", "bytes": 50_000, "total": 80_000, "state": "broken off", "changed_at": 0,
    }  # fmt: skip
    assert site.post("/media?wait=30", {"name": "x", "upload": "a.iso"}).json["problem"]["code"] == "conflict"


def test_it_never_lies_in_memory_whole(site: Api) -> None:
    size = 64 << 20

    class Zeros:
        def __init__(self) -> None:
            self.left = size

        def read(self, wanted: int = -1) -> bytes:
            count = min(wanted if wanted >= 0 else self.left, self.left, 1 << 20)
            self.left -= count
            return bytes(count)

    tracemalloc.start()
    try:
        answer = pour(site, "big.iso", Zeros(), size)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code == 201, answer.text
    assert peak < 8 << 20


@pytest.mark.parametrize("name", ["..%2fx", ".x", "a%00b", "a.part", "x" * 129, "a%20b", "-x"])
def test_a_name_that_is_a_path_or_ours_is_refused(site: Api, name: str, console: Any) -> None:
    before = sorted(path for path in console.config.server.data.rglob("*") if path.suffix not in (".db", ".db-wal", ".db-shm"))
    assert put(site, name, b"x").status_code in (404, 422)
    after = sorted(path for path in console.config.server.data.rglob("*") if path.suffix not in (".db", ".db-wal", ".db-shm"))
    assert [path for path in after if path not in before and path.name != "uploads" and "-" not in path.name] == []


@pytest.mark.parametrize("said", ["bytes 0-9/5", "bytes 5-1/10", "bytes 0-99/100", "bytes */10", "lines 0-0/1", "bytes 0-0/" + "9" * 16])
def test_a_range_that_does_not_fit_is_refused(site: Api, said: str) -> None:
    answer = put(site, "a.iso", b"x", Content_Range=said)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["field"] == "Content-Range"


def test_the_disk_is_not_filled(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda _: type("Usage", (), {"total": 1 << 40, "free": (1 << 30) + 10})())
    answer = put(site, "a.iso", b"x" * 100)
    assert answer.status_code == 409 and "leases and logs keep" in answer.json["detail"]


def test_there_is_an_end_to_how_many_are_kept(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST", 2)
    assert [put(site, f"{name}.iso", b"x").status_code for name in "abc"] == [201, 201, 409]
    assert site.ask("DELETE", "/uploads/a.iso").status_code == 200
    assert put(site, "c.iso", b"x").status_code == 201


def test_a_viewer_sends_nothing_and_another_media_type_is_none(site: Api, viewer: Api) -> None:
    assert put(viewer, "a.iso", b"x").status_code == 403
    assert site.ask("PUT", "/uploads/a.iso", data=b"x", headers={"Content-Type": "text/plain"}).status_code == 415


def test_an_upload_is_not_served_out_of_where_it_will_be_gone(site: Api) -> None:
    put(site, "a.iso", b"x")
    problem = site.post("/media?wait=30", {"name": "x", "upload": "a.iso", "lies": "image"}).json["problem"]
    assert "its bytes are copied" in problem["message"]


class Halting:
    """A body that comes byte by byte, and asks `between` before each."""

    def __init__(self, between: Any) -> None:
        self.between, self.come = between, 0

    def read(self, _size: int = -1) -> bytes:
        self.between(self.come)
        self.come += 1
        return b"x"


def test_whoever_looks_keeps_no_sender_out(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at who holds the file takes its lock for a moment; a sender who comes in that moment is not told of another one."""
    assert put(site, "a.iso", b"x", Content_Range="bytes 0-0/3").status_code == 200
    looked, sent, real = threading.Event(), threading.Event(), fcntl.flock
    answers: list[int] = []

    def slow(descriptor: int, how: int) -> None:
        real(descriptor, how)
        if threading.current_thread().name == "looker" and how & fcntl.LOCK_NB:
            looked.set()
            sent.wait(1)  # for as long as the sender goes on without us, and no longer than it could

    monkeypatch.setattr(uploads.fcntl, "flock", slow)
    looker = threading.Thread(target=lambda: site.get("/uploads/a.iso"), name="looker")
    looker.start()
    assert looked.wait(30)
    sender = threading.Thread(target=lambda: answers.append(put(site, "a.iso", b"xx", Content_Range="bytes 1-2/3").status_code))
    sender.start()
    sender.join(0.5)
    sent.set()
    sender.join(30)
    looker.join(30)
    assert answers == [201]


def test_a_second_sender_who_comes_as_the_first_ends_writes_over_nothing(site: Api, console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that the second has opened becomes the whole upload before it has the lock."""
    real, second = os.open, threading.Event()

    def late(path: Any, flags: int, *more: int, **how: Any) -> int:
        descriptor = real(path, flags, *more, **how)
        if threading.current_thread().name == "second" and str(path).endswith(".part") and flags & os.O_CREAT:
            second.set()
            first.join(1)
        return descriptor

    monkeypatch.setattr(uploads.os, "open", late)
    answers: dict[str, int] = {}
    other: list[threading.Thread] = []

    def come(count: int) -> None:
        if count == 1:
            other.append(threading.Thread(target=lambda: answers.update(second=put(site, "a.iso", b"yy").status_code), name="second"))
            other[0].start()
            second.wait(0.5)

    first = threading.Thread(target=lambda: answers.update(first=pour(site, "a.iso", Halting(come), 2).status_code))
    first.start()
    first.join(30)
    other[0].join(30)
    assert answers == {"first": 201, "second": 409}
    assert (console.config.server.data / "uploads" / "a.iso").read_bytes() == b"xx"


def test_one_that_is_removed_while_it_is_sent_ends_and_says_so(site: Api, console: Any) -> None:
    def remove(count: int) -> None:
        if count == 2:
            assert site.get("/uploads/a.iso").json["state"] == "coming"
            assert site.ask("DELETE", "/uploads/a.iso").status_code == 200

    answer = pour(site, "a.iso", Halting(remove), 100)
    assert answer.status_code == 409 and "removed while it was sent" in answer.json["detail"]
    assert list((console.config.server.data / "uploads").iterdir()) == []


def test_room_is_kept_for_those_that_are_being_sent(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them would have room by itself, and both have not."""
    room = type("Usage", (), {"total": 1 << 40, "free": (1 << 30) + 150})()
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda _: room)
    others: list[Any] = []
    first = pour(site, "a.iso", Halting(lambda count: others.append(put(site, "b.iso", b"x" * 100)) if count == 1 else None), 100)
    assert (first.status_code, others[0].status_code) == (201, 409)
    assert put(site, "b.iso", b"x" * 100).status_code == 201
