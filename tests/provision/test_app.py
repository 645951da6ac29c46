"""What is computed for machines: the table of routes, the tokens, the byte that is held back."""

from __future__ import annotations

import socket
import time
from ipaddress import IPv4Address
from typing import Any

import pytest

from pxeserve.domain.host import Host
from pxeserve.provision.bodies import AT_ONCE, OF_ONE
from pxeserve.store import inventory, leases

NOT_FOUND = b"not found\n"
TOKEN = "t" * 43


def get(path: str, method: str = "GET", body: bytes = b"", *lines: str) -> bytes:
    more = "".join(f"{line}\r\n" for line in lines) + (f"Content-Length: {len(body)}\r\n" if body else "")
    return f"{method} {path} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-For: 10.9.9.9\r\n{more}\r\n".encode() + body


def parts(response: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines}, body


def test_the_table_of_routes_holds_nothing_of_the_console(site: Any) -> None:
    rules = {(rule.rule, frozenset(rule.methods or ()) - {"OPTIONS", "HEAD"}) for rule in site.machines.app.url_map.iter_rules()}
    assert rules == {
        ("/a/<token>", frozenset({"GET"})),
        ("/s/<token>/<name>", frozenset({"GET"})),
        ("/p/<token>/<stage>", frozenset({"GET", "POST"})),
        ("/p/<token>/<stage>.log", frozenset({"POST"})),
        ("/healthz", frozenset({"GET"})),
        ("/", frozenset({"GET"})),
        ("/media/<medium>/", frozenset({"GET"})),
        ("/media/<medium>/<path:folder>/", frozenset({"GET"})),
        ("/<path:name>", frozenset({"GET"})),
    }


def test_an_answerfile_is_delivered_whole_and_consumed(site: Any) -> None:
    status, headers, body = parts(site.talk(get(f"/a/{TOKEN}")))
    assert (status, body) == (200, site.installs.delivery.body)
    assert site.installs.delivery.committed.is_set()
    assert headers["content-type"].startswith("text/xml")
    assert headers["cache-control"] == "no-store"
    assert headers["content-length"] == str(len(body))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["connection"] == "close"
    assert "server" not in headers
    assert "set-cookie" not in headers
    [event] = site.ear.wait("http.answerfile")
    assert event["data"] == {"outcome": "delivered", "bytes": len(body)}
    assert event["install"] == "i-1"
    assert event["address"] == "127.0.0.1", "the peer is who the socket says, never a header"
    assert TOKEN[:7] not in str(event)


def test_the_commit_comes_before_the_last_byte(site: Any) -> None:
    """At the moment of the commit the client has had everything but the end of the last tag, and no commit means no end."""
    site.installs.delivery.allowed = False
    with site.connect() as sock:
        sock.sendall(get(f"/a/{TOKEN}"))
        received = b""
        with pytest.raises(ConnectionResetError):
            while part := sock.recv(65536):
                received += part
    _, _, body = parts(received)
    whole = site.installs.delivery.body
    assert body == whole.rstrip()[:-1]
    assert site.installs.delivery.committed.is_set()
    [event] = site.ear.wait("http.answerfile")
    assert event["data"]["outcome"] == "refused"


def test_a_client_that_hangs_up_at_once_consumes_nothing(site: Any) -> None:
    sock = site.connect()
    sock.send(get(f"/a/{TOKEN}"), socket.MSG_MORE)  # held back, so that request and end arrive together
    sock.close()
    [event] = site.ear.wait("http.answerfile")
    assert event["data"]["outcome"] == "cut"
    assert not site.installs.delivery.committed.is_set()


def test_a_client_that_hangs_up_after_the_head_consumes_nothing(site: Any) -> None:
    """An answerfile too large for the buffers on the way: it is being sent when the client goes."""
    site.installs.delivery.body = b"<installation>" + b" " * 8_000_000 + b"</installation>"
    with site.connect(receive=4096) as sock:
        sock.sendall(get(f"/a/{TOKEN}"))
        assert sock.recv(64).startswith(b"HTTP/1.1 200 ")
    [event] = site.ear.wait("http.answerfile")
    assert event["data"]["outcome"] == "cut"
    assert not site.installs.delivery.committed.is_set()


def test_a_client_that_only_closed_its_sending_side_consumes_nothing(site: Any) -> None:
    """A closed side cannot be told from a machine that is gone, so it counts as gone."""
    with site.connect() as sock:
        sock.send(get(f"/a/{TOKEN}"), socket.MSG_MORE)  # held back, so that request and end arrive together
        sock.shutdown(socket.SHUT_WR)
        [event] = site.ear.wait("http.answerfile")
    assert event["data"]["outcome"] == "cut"
    assert not site.installs.delivery.committed.is_set()


def test_every_refusal_is_the_same_404(site: Any) -> None:
    asked = [
        get("/a/wrong"), get("/a/"), get("/a"), get(f"/a/{TOKEN}/x"), get(f"/s/{TOKEN}/other"), get("/s/wrong/post"),
        get("/p/wrong/done"), get(f"/p/{TOKEN}/other"), get("/nothing"), get("/console"), get("/api/v1/hosts"), get("/ui/"), get("/events"),
        get("/media/none/"), get("/media/disc"), get("/a//x"), get("/%61/x%2f"),
    ]
    answers = {site.talk(request) for request in asked}
    bodies = {parts(answer)[2] for answer in answers}
    heads = {tuple(sorted((name, value) for name, value in parts(answer)[1].items() if name != "date")) for answer in answers}
    assert {parts(answer)[0] for answer in answers} == {404}
    assert bodies == {NOT_FOUND}
    assert len(heads) == 1


def test_a_known_machine_that_asks_with_a_dead_token_is_told_of_and_a_stranger_is_counted(site: Any) -> None:
    now = time.time()
    host = Host(0, "xen01", ("52:54:00:77:00:01",), "rack-a")
    with site.store.site.write() as connection:
        inventory.put_host(connection, host)
    with site.store.leases.write() as connection:
        leases.put(connection, [leases.LeaseRow(IPv4Address("127.0.0.2"), host.macs[0], "", "", "bound", now, now + 3600)])
    assert parts(site.talk(get("/a/wrong")))[0] == 404
    assert parts(site.talk(get("/a/wrong"), "127.0.0.2"))[0] == 404
    [event] = site.ear.wait("http.answerfile")
    assert (event["host"], event["address"], event["data"]["outcome"]) == ("xen01", "127.0.0.2", "not-found")
    assert "wrong" not in str(event)


def test_an_error_inside_looks_like_any_refusal(site: Any, capfd: pytest.CaptureFixture[str]) -> None:
    site.installs.fails = True
    status, _, body = parts(site.talk(get(f"/a/{TOKEN}")))
    assert (status, body) == (404, NOT_FOUND)
    said = "".join(capfd.readouterr())
    assert "RuntimeError" in said
    assert TOKEN[:7] not in said
    assert "Traceback" not in said


def test_head_consumes_nothing(site: Any) -> None:
    for path in (f"/a/{TOKEN}", f"/s/{TOKEN}/post", f"/p/{TOKEN}/done"):
        status, headers, body = parts(site.talk(get(path, "HEAD")))
        assert (status, body) == (404, b"")
        assert headers["content-length"] == str(len(NOT_FOUND))
    assert site.installs.asked == []


def test_scripts_and_progress(site: Any) -> None:
    assert parts(site.talk(get(f"/s/{TOKEN}/post")))[::2] == (200, b"#!/bin/sh\nexit 0\n")
    status, headers, body = parts(site.talk(get(f"/p/{TOKEN}/installing")))
    assert (status, body) == (204, b"")
    assert "content-length" not in headers
    assert parts(site.talk(get(f"/p/{TOKEN}/done", "POST", b"rc=0")))[0] == 204
    assert [event["data"]["stage"] for event in site.ear.wait("http.progress", 2)] == ["installing", "done"]
    assert site.installs.asked == [("s", TOKEN, "post"), ("p", TOKEN, "installing"), ("p", TOKEN, "done")]


def test_a_report_may_carry_the_machine_s_serial_number(site: Any) -> None:
    assert parts(site.talk(get(f"/p/{TOKEN}/installation-start?serial=VMware-56%204d")))[0] == 204
    assert parts(site.talk(get("/p/wrong/installation-start?serial=CZ3040ABCD")))[0] == 404
    assert parts(site.talk(get(f"/p/{TOKEN}/installation-start?serial=")))[0] == 204
    assert [one for one in site.installs.asked if one[0] == "n"] == [("n", TOKEN, "VMware-56 4d")]


def test_a_body_is_asked_for_and_bounded(site: Any) -> None:
    with site.connect() as sock:
        sock.sendall(get(f"/p/{TOKEN}/done", "POST", b"", "Content-Length: 4", "Expect: 100-continue"))
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"rc=0")
        assert sock.recv(100).startswith(b"HTTP/1.1 204 ")
    assert parts(site.talk(get(f"/p/{TOKEN}/done", "POST", b"x" * 4096)))[0] == 204
    assert parts(site.talk(get(f"/p/{TOKEN}/done", "POST", b"x" * 4097)))[0] == 413
    assert parts(site.talk(get(f"/a/{TOKEN}", "POST", b"x")))[0] == 405
    assert parts(site.talk(get("/healthz", "DELETE")))[0] == 405
    assert parts(site.talk(get("/healthz", "GET", b"x")))[0] == 400


def test_the_end_of_a_log_is_taken_told_of_once_and_bounded(site: Any) -> None:
    path = f"/p/{TOKEN}/installation-complete.log"
    body = b"x" * (256 << 10)
    assert parts(site.talk(get(path, "POST", body)))[::2] == (204, b"")
    assert parts(site.talk(get(path, "POST", body)))[0] == 204
    assert parts(site.talk(get(path, "POST", body + b"x")))[0] == 413
    told = site.ear.wait("http.log")[0]
    assert (told["install"], told["data"]) == ("i-1", {"stage": "installation-complete", "bytes": 256 << 10, "last": ["no disk"]})
    for other in (f"/p/{TOKEN}/no-stage.log", f"/p/{'u' * 43}/failed.log", f"/p/{TOKEN}/../installation-complete.log"):
        assert parts(site.talk(get(other, "POST", b"x")))[0] == 404
    assert parts(site.talk(get(path)))[0] == 404   # as a report of that name, which is none
    assert parts(site.talk(get(f"/p/{TOKEN}/a.log/b", "POST", b"x" * 5000)))[0] == 413
    assert [one for one in site.installs.asked if one[0] == "l"] == [
        ("l", TOKEN, "installation-complete", 256 << 10), ("l", TOKEN, "installation-complete", 256 << 10), ("l", "u" * 43, "failed", 1),
    ]  # fmt: skip


def test_only_so_many_long_bodies_are_held_at_once(site: Any) -> None:
    path = f"/p/{TOKEN}/installation-complete.log"
    head = get(path, "POST", b"", "Content-Length: 5000", "Expect: 100-continue")
    held = [site.connect(f"127.0.0.{number + 2}") for number in range(AT_ONCE)]
    for sock in held:
        sock.sendall(head)
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
    refused = site.talk(head)
    assert parts(refused)[0] == 503
    assert parts(site.talk(get(f"/p/{TOKEN}/done", "POST", b"rc=0")))[0] == 204
    for sock in held:
        sock.sendall(b"x" * 5000)
        assert sock.recv(100).startswith(b"HTTP/1.1 204 ")
        sock.close()
    assert parts(site.talk(get(path, "POST", b"x" * 5000)))[0] == 204


def test_one_address_does_not_hold_all_the_room(site: Any) -> None:
    """A stranger without any token may hold a long body open for half a minute, and again."""
    path = f"/p/{'s' * 43}/installation-complete.log"
    head = get(path, "POST", b"", "Content-Length: 5000", "Expect: 100-continue")
    held: list[Any] = []
    deadline = time.monotonic() + 60

    def asks() -> bytes:
        sock = site.connect("127.0.0.66")
        sock.sendall(head)
        said: bytes = sock.recv(100).split(b" ")[1]
        if said == b"100":
            held.append(sock)
        else:
            sock.close()
        return said

    while len(held) < OF_ONE:   # places of whoever went before are given back when that is noticed
        asks()
        assert time.monotonic() < deadline
    assert [asks() for _ in range(AT_ONCE)] == [b"503"] * AT_ONCE
    own = f"/p/{TOKEN}/installation-complete.log"
    assert parts(site.talk(get(own, "POST", b"x" * 5000)))[0] == 204
    for sock in held:
        sock.close()


def test_when_no_thread_has_time_it_says_so(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.machines.pool, "submit", lambda _work: False)
    status, headers, _ = parts(site.talk(get("/healthz")))
    assert status == 503
    assert headers["retry-after"] == "1"
