"""The listener on a real wire: files, hostile names, slow and many clients, files that change under a transfer."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

import pytest

NOT_FOUND = b"not found\n"
SECRET = b"nobody may read this"


def get(path: str, *lines: str, method: str = "GET", version: str = "1.1") -> bytes:
    more = "".join(f"{line}\r\n" for line in lines)
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode()


def once(path: str, *lines: str, method: str = "GET") -> bytes:
    return get(path, "Connection: close", *lines, method=method)


def parts(response: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines}, body


def read_one(sock: socket.socket) -> tuple[int, bytes]:
    """One response by its Content-Length; the connection stays."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(65536)
    status, headers, body = parts(data)
    while len(body) < int(headers["content-length"]):
        body += sock.recv(65536)
    assert len(body) == int(headers["content-length"])
    return status, body


def test_a_small_file_with_all_its_headers(site: Any) -> None:
    status, headers, body = parts(site.talk(once("/media/disc/packages.main/XS-REPOSITORY")))
    assert status == 200
    assert body == (site.folder / "packages.main/XS-REPOSITORY").read_bytes()
    assert headers["content-length"] == str(len(body))
    assert headers["accept-ranges"] == "bytes"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
    again = once("/media/disc/packages.main/XS-REPOSITORY", f"If-None-Match: {headers['etag']}")
    status, told, body = parts(site.talk(again))
    assert (status, body) == (304, b"")
    assert told["etag"] == headers["etag"]
    since = once("/media/disc/packages.main/XS-REPOSITORY", f"If-Modified-Since: {headers['last-modified']}")
    assert parts(site.talk(since))[0] == 304


def test_a_large_file_whole_and_in_parts(site: Any) -> None:
    whole = (site.folder / "boot/xen.gz").read_bytes()
    assert parts(site.talk(once("/media/disc/boot/xen.gz")))[2] == whole
    status, headers, body = parts(site.talk(once("/media/disc/boot/xen.gz", "Range: bytes=1000000-3999999")))
    assert (status, body) == (206, whole[1_000_000:4_000_000])
    assert headers["content-range"] == f"bytes 1000000-3999999/{len(whole)}"
    assert parts(site.talk(once("/media/disc/boot/xen.gz", "Range: bytes=-7")))[2] == whole[-7:]
    status, headers, _ = parts(site.talk(once("/media/disc/boot/xen.gz", f"Range: bytes={len(whole)}-")))
    assert (status, headers["content-range"]) == (416, f"bytes */{len(whole)}")


def test_head_tells_the_truth_and_sends_nothing(site: Any) -> None:
    for path, status in (("boot/xen.gz", 200), ("empty", 200), ("nothing", 404)):
        head = parts(site.talk(once(f"/media/disc/{path}", method="HEAD")))
        got = parts(site.talk(once(f"/media/disc/{path}")))
        assert head[0] == got[0] == status
        assert head[1]["content-length"] == got[1]["content-length"] == str(len(got[2]))
        assert head[2] == b""


@pytest.mark.parametrize(
    "path",
    [
        "/media/disc/../secret", "/media/disc/../../secret", "/media/../secret", "/media/disc/boot/../../../secret",
        "/media/disc/%2e%2e/secret", "/media/disc/%2e%2e%2fsecret", "/media/disc/..%2fsecret", "/media/disc/%252e%252e/secret",
        "/media/disc/..%5csecret", "/media/disc/..\\secret", "/media/disc//etc/hostname", "/media/disc/%2fetc/hostname",
        "/media//etc/hostname", "//etc/hostname", "/media/disc/secret%00", "/media/disc/%00", "/media/disc/%c0%ae%c0%ae/secret",
        "/media/disc/link", "/media/disc/linked/secret", "/media/disc/fifo", "/media/disc/boot", "/media/disc-1/boot/xen.gz",
        "/media/disc/proc/self/environ", "/media/.disc/boot/xen.gz", "/media/%2e/disc/x", "/media/disc/" + "a/" * 2000 + "x",
    ],
)
def test_no_name_leads_out_of_a_medium(site: Any, path: str) -> None:
    (site.data / "secret").write_bytes(SECRET)
    (site.data / "media" / "secret").write_bytes(SECRET)
    (site.folder / "link").symlink_to(site.data / "secret")
    (site.folder / "linked").symlink_to(site.data)
    os.mkfifo(site.folder / "fifo")
    status, _, body = parts(site.talk(once(path)))
    assert (status, body) == (404, NOT_FOUND)


def test_only_media_in_the_store_are_visible(site: Any) -> None:
    (site.data / "media" / ".staging").mkdir()
    (site.data / "media" / ".staging" / "x").write_bytes(SECRET)
    for name in (".staging", "disc-1", "%2estaging"):
        assert parts(site.talk(once(f"/media/{name}/x")))[0] == 404


def test_a_medium_is_visible_from_its_commit_to_its_removal(site: Any) -> None:
    (site.data / "media" / "other-1").mkdir()
    (site.data / "media" / "other-1" / "x").write_bytes(b"first")
    (site.data / "media" / "other-2").mkdir()
    (site.data / "media" / "other-2" / "x").write_bytes(b"second")
    assert parts(site.talk(once("/media/other/x")))[0] == 404
    site.add_medium("other", "other-1")
    assert parts(site.talk(once("/media/other/x")))[2] == b"first"
    site.remove_medium("other")
    assert parts(site.talk(once("/media/other/x")))[0] == 404
    site.add_medium("other", "other-2")
    assert parts(site.talk(once("/media/other/x")))[2] == b"second"


def test_a_file_replaced_between_requests_is_seen_at_once(site: Any) -> None:
    path = site.folder / "packages.main/XS-REPOSITORY"
    assert parts(site.talk(once("/media/disc/packages.main/XS-REPOSITORY")))[2] == path.read_bytes()
    new = site.folder / "new"
    new.write_bytes(b"another file\n")
    new.replace(path)
    assert parts(site.talk(once("/media/disc/packages.main/XS-REPOSITORY")))[2] == b"another file\n"
    path.unlink()
    path.symlink_to(new)
    assert parts(site.talk(once("/media/disc/packages.main/XS-REPOSITORY")))[0] == 404


def test_a_link_planted_over_an_open_file_gets_nothing(site: Any) -> None:
    (site.data / "secret").write_bytes(SECRET)
    path = site.folder / "packages.main/XS-REPOSITORY"
    site.talk(once("/media/disc/packages.main/XS-REPOSITORY"))
    path.unlink()
    path.symlink_to(site.data / "secret")
    assert parts(site.talk(once("/media/disc/packages.main/XS-REPOSITORY")))[2] == NOT_FOUND


@pytest.mark.parametrize("change", ["truncate", "rewrite"])
def test_a_file_changed_under_a_transfer_cuts_the_connection(site: Any, change: str) -> None:
    """Never a short body that looks whole, never half of one file and half of another."""
    path = site.folder / "boot/xen.gz"
    with site.connect(receive=4096) as sock:
        sock.sendall(once("/media/disc/boot/xen.gz"))
        assert sock.recv(4096).startswith(b"HTTP/1.1 200 ")
        with path.open("r+b") as file:
            if change == "truncate":
                file.truncate(1000)
            else:
                file.write(b"other content")
        with pytest.raises(ConnectionResetError):
            while sock.recv(1 << 20):
                pass
    [event] = site.ear.wait("http.file")
    assert event["data"]["outcome"] == "cut"
    assert event["data"]["bytes"] < event["data"]["total"]


def test_a_replaced_file_goes_on_as_it_began(site: Any) -> None:
    path = site.folder / "boot/xen.gz"
    old = path.read_bytes()
    with site.connect(receive=4096) as sock:
        sock.sendall(once("/media/disc/boot/xen.gz"))
        data = sock.recv(4096)
        (site.folder / "new").write_bytes(b"n" * len(old))
        (site.folder / "new").replace(path)
        while part := sock.recv(1 << 20):
            data += part
    assert parts(data)[2] == old


def test_a_hundred_requests_on_one_connection(site: Any) -> None:
    with site.connect() as sock:
        for number in range(100):
            sock.sendall(get("/media/disc/nothing" if number % 3 else "/media/disc/packages.main/two.tar.bz2"))
            assert read_one(sock) == ((404, NOT_FOUND) if number % 3 else (200, b"2" * 100_000))


def test_pipelined_requests_are_answered_in_order(site: Any) -> None:
    asked = [".treeinfo", "packages.main/two.tar.bz2", "nothing", "packages.main/one.tar.bz2"]
    data = site.talk(b"".join(get(f"/media/disc/{path}") for path in asked) + once("/healthz"))
    bodies = [b"[general]\n", b"2" * 100_000, NOT_FOUND, b"1" * 100, b"ok\n"]
    for body in bodies:
        head, _, rest = data.partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head
        assert rest.startswith(body)
        data = rest[len(body) :]
    assert data == b""


def test_a_bad_head_is_answered_and_ends_the_connection(site: Any) -> None:
    smuggled = b"POST /p/x/done HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + once("/healthz")
    answer = site.talk(smuggled)
    assert parts(answer)[0] == 400
    assert answer.count(b"HTTP/1.1") == 1
    assert parts(site.talk(b"GET /" + b"x" * 9000))[0] == 414
    assert parts(site.talk(b"hello\n"))[0] == 400


def test_two_hundred_slow_ones_do_not_keep_a_good_one_waiting(site: Any) -> None:
    slow = [site.connect(f"127.0.0.{2 + number % 100}") for number in range(200)]
    for sock in slow:
        sock.sendall(b"GET /media/disc/boot/xen.gz HTTP/1.1\r\nHost: ")
    assert parts(site.talk(once("/media/disc/packages.main/two.tar.bz2")))[2] == b"2" * 100_000
    for sock in slow:
        sock.close()


def test_a_reader_who_stops_does_not_keep_others_waiting(site: Any) -> None:
    stopped = [site.connect(receive=4096) for _ in range(20)]
    for sock in stopped:
        sock.sendall(get("/media/disc/boot/xen.gz"))
        sock.recv(1)
    assert parts(site.talk(once("/media/disc/packages.main/two.tar.bz2")))[2] == b"2" * 100_000
    for sock in stopped:
        sock.close()
    assert {event["data"]["outcome"] for event in site.ear.wait("http.file", 21)} == {"done", "cut"}


def test_events_name_the_package_and_count_probes(site: Any) -> None:
    site.talk(once("/media/disc/packages.main/two.tar.bz2"))
    [event] = site.ear.wait("http.file")
    data = event["data"]
    assert (data["medium"], data["path"], data["outcome"]) == ("disc", "packages.main/two.tar.bz2", "done")
    assert (data["package"], data["packages"]) == (2, 2)
    assert (data["bytes"], data["total"]) == (100_000, 100_000)
    site.talk(once("/media/other/XS-REPOSITORY"))
    site.talk(once("/media/disc/%1b%5b31mred"))
    [miss] = site.ear.wait("http.file")
    assert miss["data"]["outcome"] == "not-found"
    assert miss["data"]["path"] == "\\x1b[31mred"
    assert site.ear.counted("media-404", 2)


def test_a_range_says_so_in_its_event(site: Any) -> None:
    site.talk(once("/media/disc/packages.main/two.tar.bz2", "Range: bytes=10-19"))
    [event] = site.ear.wait("http.file")
    assert (event["data"]["range"], event["data"]["bytes"], event["data"]["total"]) == ("10-19", 10, 10)


def test_many_at_once_all_get_theirs(site: Any) -> None:
    whole = (site.folder / "boot/xen.gz").read_bytes()
    got: list[bool] = []

    def fetch() -> None:
        got.append(parts(site.talk(once("/media/disc/boot/xen.gz")))[2] == whole)

    threads = [threading.Thread(target=fetch) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert got == [True] * 30
    times = 0
    while times < 30:
        [event] = site.ear.wait("http.file")
        assert (event["data"]["outcome"], event["data"]["status"]) == ("done", 200)
        times += event["data"].get("times", 1)
        assert event["data"]["bytes"] == event["data"]["total"] == len(whole) * event["data"].get("times", 1)
    assert times == 30


def test_what_comes_in_one_moment_is_answered_from_the_store_of_that_moment(site: Any) -> None:
    """Requests on many connections are read first and answered after: nobody gets an older store than the one he asked."""
    (site.data / "media" / "other-1").mkdir()
    (site.data / "media" / "other-1" / "x").write_bytes(b"first")
    socks = [site.connect() for _ in range(20)]
    for number in range(5):
        site.add_medium("other", "other-1")
        for sock in socks:
            sock.sendall(get("/media/other/x"))
        assert [read_one(sock) for sock in socks] == [(200, b"first")] * 20, number
        site.remove_medium("other")
        for sock in socks:
            sock.sendall(get("/media/other/x"))
        assert [read_one(sock) for sock in socks] == [(404, NOT_FOUND)] * 20, number
    for sock in socks:
        sock.close()
