"""What was asked before is answered without reading it: never otherwise than the long way answers, whatever was asked and changed."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pxeserve.provision import before
from pxeserve.provision.head import Request, parse
from pxeserve.provision.media import MediaFiles
from pxeserve.provision.responses import FileReply
from pxeserve.repo.visible import Visible
from pxeserve.shelf import Shelf
from pxeserve.store import open_store

from .conftest import add_medium
from .test_listener import get, parts, read_one

CONTENT = {"small": b"small\n" * 7, "empty": b"", "large": os.urandom(100_000), "sub/other": b"o" * 32_768}


@dataclass
class Two:
    """The same medium behind two: one that remembers, and one that never does."""

    folder: Path
    quick: MediaFiles
    long: MediaFiles
    at: float = 1_800_000_000.0
    quickly: int = 0

    def put(self, path: str, content: bytes) -> None:
        """Another file in the place of `path`."""
        new = self.folder / "new"
        new.write_bytes(content)
        new.replace(self.folder / path)

    def ask(self, raw: bytes, asked: int = 1) -> tuple[object, ...]:
        """What `raw` gets by the quick way, after it was seen to be the same by the long way."""
        for one in (self.quick, self.long):
            one.look(self.at, asked)
        answer = self.quick.again(raw)
        if answer is not None:
            self.quickly += 1
            found = all_of(answer)
        else:
            found = self._read(self.quick, raw, remember=True)
        assert found == self._read(self.long, raw, remember=False), raw
        return found

    def _read(self, media: MediaFiles, raw: bytes, *, remember: bool) -> tuple[object, ...]:
        request = parse(raw)
        if not isinstance(request, Request):
            return (request,)
        answer = media.answer(request, self.at, keep=request.keep_alive)
        if remember and isinstance(answer, FileReply) and len(raw) == request.size:
            media.remember(raw, request, answer)
        return (*all_of(answer), raw[request.size :])[: None if raw[request.size :] else -1]


def all_of(answer: object) -> tuple[object, ...]:
    """All that an answer says, with the bytes of the file that it would send."""
    if not isinstance(answer, FileReply):
        return (answer,)
    body = b""
    if answer.lent is not None:
        body = answer.lent.file.read(answer.end - answer.start, answer.start)
        answer.lent.give_back()
    return (*answer._replace(lent=None), body)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    data = tmp_path_factory.mktemp("two")
    folder = data / "media" / "disc-1"
    (folder / "sub").mkdir(parents=True)
    store = open_store(data, migrate=True)
    add_medium(store, "disc", "disc-1")
    quick, long = (MediaFiles(Visible(store).current, data, Shelf(store, data)) for _ in range(2))
    yield Two(folder, quick, long)
    quick.close()
    long.close()
    store.close()


ranges = st.one_of(
    st.builds("bytes={}-{}".format, st.integers(0, 40), st.integers(0, 40)),
    st.builds("bytes={}-{}".format, st.integers(0, 120_000), st.integers(0, 120_000)),
    st.sampled_from(
        [
            "bytes=0-", "bytes=-5", "bytes=-0", "bytes=5-3", "bytes=0-0,2-3", "bytes=", "bytes=-", "bytes=a-b", "bytes= 0-4", "bytes=0-4 ",
            "bytes=+1-4", "bytes=1_0-20", "lines=0-4", "bytes=99999999999999999999-", "bytes=0-99999999999999999999", "bytes=٠-4",
        ]
    ),
)  # fmt: skip
headers = st.one_of(
    st.builds("Range: {}".format, ranges),
    st.builds("range: {}".format, ranges),
    st.sampled_from(
        [
            "Accept: */*", "Connection: close", "Connection: keep-alive", 'If-None-Match: "x"', "If-None-Match: *", 'If-Range: "x"',
            "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "Content-Length: 0",
            "If-Range: Thu, 01 Jan 1970 00:00:00 GMT", "Expect: 100-continue", "Range : bytes=0-1", "Host: y", "X: y", " folded",
        ]
    ),
)  # fmt: skip
requests = st.builds(
    lambda path, lines, method, version, tail: get(f"/media/disc/{path}", *lines, method=method, version=version) + tail,
    st.sampled_from([*CONTENT, "nothing", "sub", "./small", "small%20", "../small"]),
    st.lists(headers, max_size=3),
    st.sampled_from(["GET", "GET", "GET", "HEAD"]),
    st.sampled_from(["1.1", "1.1", "1.0"]),
    st.sampled_from([b"", b"", b"", b"x", b"Range: bytes=0-1\r\n\r\n"]),
)
changes = st.tuples(st.sampled_from(list(CONTENT)), st.sampled_from([b"", b"short", b"x" * 33_000, *CONTENT.values()]))


@settings(deadline=None, max_examples=150)
@given(asked=st.lists(requests.map(lambda raw: raw.encode() if isinstance(raw, str) else raw), min_size=1, max_size=5),
       order=st.lists(st.one_of(st.integers(0, 4), st.integers(0, 4), changes), max_size=25))
def test_the_quick_way_answers_as_the_long_way_does(two: Two, asked: list[bytes], order: list[Any]) -> None:
    for path, content in CONTENT.items():
        two.put(path, content)
    for step in order:
        if isinstance(step, tuple):
            two.put(*step)
        else:
            two.ask(asked[step % len(asked)])
            two.at += 0.3


def test_the_quick_way_is_taken(two: Two) -> None:
    """What the test above compares is not one way with itself."""
    for path, content in CONTENT.items():
        two.put(path, content)
    for path in CONTENT:
        for lines in ([], ["Accept: */*"]):
            two.ask(get(f"/media/disc/{path}", *lines))
            before = two.quickly
            for _ in range(3):
                two.ask(get(f"/media/disc/{path}", *lines))
                two.at += 1.1
            assert two.quickly == before + 3, path
    before = two.quickly
    for first in range(20):
        assert two.ask(get("/media/disc/large", f"Range: bytes={first}-{first + 9}"))[0] == 206
    assert two.quickly == before + 20


def test_a_range_is_remembered_by_what_it_is_a_part_of(two: Two) -> None:
    two.put("large", CONTENT["large"])
    two.ask(get("/media/disc/large", "Range: bytes=1-2", "X: only here"))
    before = two.quickly
    two.ask(get("/media/disc/large", "Range: bytes=3-70000", "X: only here"))
    two.ask(get("/media/disc/large", "X: only here"))
    assert two.quickly == before + 2


def test_a_line_behind_the_end_of_a_head_is_no_part_of_it(two: Two) -> None:
    """A range put behind the empty line is the beginning of the next request, not a range."""
    raw = get("/media/disc/small")
    two.put("small", CONTENT["small"])
    two.ask(raw)
    assert two.quick.again(raw[:-2] + b"\r\nRange: bytes=0-1\r\n") is None
    assert two.quick.again(raw + b"Range: bytes=0-1\r\n\r\n") is None


def test_a_crowd_may_get_what_lay_there_a_moment_ago_and_gets_it_whole(two: Two) -> None:
    raw = get("/media/disc/small")
    two.put("small", b"old")
    two.at = int(two.at) + 1.5
    for _ in range(2):
        two.ask(raw, asked=20)
    two.put("small", b"new one")
    two.quick.look(two.at + 0.04, 20)
    answer = two.quick.again(raw)
    assert answer is not None
    assert (answer.head[-3:], b"Content-Length: 3\r\n" in answer.head) == (b"old", True)
    two.quick.look(two.at + 0.04, 1)
    answer = two.quick.again(raw)
    assert answer is not None
    assert answer.head.endswith(b"\r\n\r\nnew one"), "one who comes alone is never told of the past"
    two.put("small", b"newer")
    two.quick.look(two.at + 0.2, 20)
    answer = two.quick.again(raw)
    assert answer is not None
    assert answer.head.endswith(b"\r\n\r\nnewer"), "after 50 ms it is looked at"


def test_a_second_has_its_own_date(two: Two) -> None:
    raw = get("/media/disc/small")
    dates = set()
    for _ in range(5):
        dates.add(parts(bytes(two.ask(raw)[1]))[1]["date"])  # type: ignore[call-overload]
        two.at += 1
    assert len(dates) == 5


def test_a_slow_reader_gets_all_of_a_file_that_was_asked_for_before(site: Any) -> None:
    whole = (site.folder / "boot/xen.gz").read_bytes()
    for lines, expected in ([], whole), (["Range: bytes=7-4000006"], whole[7:4000007]):
        with site.connect(receive=4096) as sock:
            for _ in range(3):
                sock.sendall(get("/media/disc/boot/xen.gz", *lines))
                status, body = read_one(sock)
                assert (status, body == expected) == (206 if lines else 200, True)


@pytest.mark.parametrize("change", ["truncate", "rewrite"])
def test_a_file_changed_under_a_second_transfer_cuts_the_connection(site: Any, change: str) -> None:
    path = site.folder / "boot/xen.gz"
    with site.connect(receive=4096) as sock:
        sock.sendall(get("/media/disc/boot/xen.gz", "Range: bytes=0-99999"))
        assert len(read_one(sock)[1]) == 100_000
        sock.sendall(get("/media/disc/boot/xen.gz"))
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 ")
        with path.open("r+b") as file:
            if change == "truncate":
                file.truncate(1000)
            else:
                file.write(b"other content")
        with pytest.raises(ConnectionResetError):
            while sock.recv(1 << 20):
                pass


def test_what_is_pipelined_behind_a_known_request_is_answered_too(site: Any) -> None:
    with site.connect() as sock:
        for _ in range(3):
            sock.sendall(get("/media/disc/.treeinfo"))
            assert read_one(sock) == (200, b"[general]\n")
        sock.sendall(get("/media/disc/.treeinfo") + get("/media/disc/nothing") + get("/media/disc/.treeinfo", "Connection: close"))
        data = b""
        while part := sock.recv(65536):
            data += part
    assert [data.count(word) for word in (b"HTTP/1.1 200 ", b"HTTP/1.1 404 ", b"[general]\n")] == [2, 1, 2]


def test_a_known_request_that_comes_in_pieces_is_answered(site: Any) -> None:
    raw = get("/media/disc/.treeinfo")
    with site.connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(raw)
        assert read_one(sock) == (200, b"[general]\n")
        for byte in raw:
            sock.sendall(bytes([byte]))
        assert read_one(sock) == (200, b"[general]\n")


def test_a_known_request_is_forgotten_with_its_medium(site: Any) -> None:
    with site.connect() as sock:
        for expected in (200, 200):
            sock.sendall(get("/media/disc/.treeinfo"))
            assert read_one(sock)[0] == expected
        site.remove_medium("disc")
        sock.sendall(get("/media/disc/.treeinfo"))
        assert read_one(sock)[0] == 404


def test_what_rests_on_a_condition_is_never_remembered(two: Two) -> None:
    """Today's file is newer than what the machine has; tomorrow's, put there with its own old time, is not."""
    raw = get("/media/disc/small", "If-Modified-Since: Thu, 01 Jan 2015 00:00:00 GMT")
    two.put("small", b"of today")
    assert [two.ask(raw)[0] for _ in range(2)] == [200, 200]
    two.put("small", b"of old")
    os.utime(two.folder / "small", (1e9, 1e9))
    assert two.ask(raw)[0] == 304


def test_of_two_ranges_neither_is_taken_for_the_other(two: Two) -> None:
    two.put("large", CONTENT["large"])
    two.ask(get("/media/disc/large", "Range: bytes=0-1", "Range: bytes=5-7"))
    status, response, *_ = two.ask(get("/media/disc/large", "Range: bytes=5-7"))
    assert (status, bytes(response)[-3:]) == (206, CONTENT["large"][5:8])  # type: ignore[call-overload]


def test_ranges_at_and_behind_the_end(two: Two) -> None:
    two.put("large", CONTENT["large"])
    two.ask(get("/media/disc/large"))
    ranges = ("99990-99999", "99990-100000", "99999-200000", "100000-100001", "200000-300000", "5-4", "0-99999")
    found = [two.ask(get("/media/disc/large", f"Range: bytes={one}"))[0] for one in ranges]
    statuses = [one if isinstance(one, int) else one.status for one in found]  # type: ignore[attr-defined]
    assert statuses == [206, 206, 206, 416, 416, 200, 206]


def test_a_file_that_changes_between_the_look_and_the_first_byte_is_not_sent(site: Any) -> None:
    path, again = site.folder / "boot/xen.gz", site.machines.files.again
    with site.connect() as sock:
        sock.sendall(get("/media/disc/boot/xen.gz", "Range: bytes=0-99999"))
        assert len(read_one(sock)[1]) == 100_000

        def changed(raw: bytes) -> Any:
            answer = again(raw)
            with path.open("r+b") as file:
                file.write(b"other content")
            return answer

        site.machines.files.again = changed
        sock.sendall(get("/media/disc/boot/xen.gz", "Range: bytes=0-99999"))
        data = b""
        with pytest.raises(ConnectionResetError):
            while part := sock.recv(1 << 20):
                data += part
        assert b"other content" not in data


def test_what_is_remembered_is_bounded_and_forgetting_changes_no_answer(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of small files, and a memory for few of them."""
    monkeypatch.setattr(before, "_MOST", 50)
    monkeypatch.setattr(before, "_BYTES", 100_000)
    contents = {f"many/{number}": bytes([number % 256]) * (number * 37 % 9000) for number in range(300)}
    (two.folder / "many").mkdir(exist_ok=True)
    for path, content in contents.items():
        (two.folder / path).write_bytes(content)
    largest = 0
    for path in [*contents, *contents, *(path for path in contents for _ in range(3))]:
        answer = two.ask(get(f"/media/disc/{path}"))
        assert bytes(answer[1]).endswith(b"\r\n\r\n" + contents[path])  # type: ignore[call-overload]
        held = {id(one): len(one.reply.head) for one in two.quick._before.asked.values() if one.reply is not None}
        largest = max(largest, sum(held.values()))
        assert len(two.quick._before.asked) <= 50
    assert 50_000 < largest <= 100_000 + 10_000
