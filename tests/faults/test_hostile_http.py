"""Hostile HTTP: what two programs could read in two ways is refused, no name leads out, and the service is as it was."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from tests.faults.machine import MAC, stock
from tests.faults.raw_http import request, say, statuses
from tests.faults.service import Service
from tests.faults.space import space
from tests.faults.watch import Watch, canary_beside, plant, traversals

pytestmark = pytest.mark.netns
GOOD = b"GET /f/body.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
EVIL = "evil.example"


@pytest.fixture(scope="module")
def planted(furnish_module: Callable[..., Service], body: bytes) -> Iterator[tuple[Watch, list[str]]]:
    """A service with a medium, and traps among its plain files and in the medium."""
    with space() as where:
        service = furnish_module(where)
        stock(service)
        canary, words = canary_beside(service)
        names = plant(service.data / "files", canary)
        medium = next((service.data / "media").iterdir())
        plant(medium, canary)
        service.give()
        for folder in (service.data / "files", medium):
            (folder / "secret").chmod(0o000)
        service.start()
        watch = Watch(service, words, body)
        for _ in range(3):  # so that every thread has its connections to the store, and the worker all the memory that it keeps
            say(where, [GOOD, NEXT, request(f"/ipxe/{MAC}.pcbios"), request("/media/sample/")] * 200)
        watch.begin()
        yield watch, names + traversals(canary, service.data)
        service.stop()


@pytest.fixture
def watch(planted: tuple[Watch, list[str]]) -> Watch:
    return planted[0]


def test_no_address_leads_out_of_what_is_served(planted: tuple[Watch, list[str]], figure: Callable[[str], None]) -> None:
    watch, names = planted
    places = ("/", "/f/", "/media/sample/", "/m/sample/", "/i/aaaa/f/", "/x/f/", "/b/aaaa/debian/f/", "/a/", "/s/", "//f/")
    paths = [
        place + form(name)
        for place in places
        for name in names
        for form in (lambda name: quote(name, safe="/%\\;~:"), lambda name: quote(name, safe=""))
    ]
    requests = [request(path) for path in paths]
    heard = say(watch.service.space, requests)
    watch.heard += heard
    given = [path for path, said in zip(paths, heard, strict=True) if not said or statuses(said)[0] not in (400, 404, 414)]
    allowed = {path for path in given if re.fullmatch(r"/media/sample/folder(/|%2F)?", path)}  # an empty folder's page lists nothing
    assert set(given) == allowed, given
    told = Counter(statuses(said)[0] for said in heard)
    assert told[404] > len(requests) // 2, "refused for what they name, not for how they ask"
    figure(f"{len(requests)} addresses: 0 given out, {dict(told)}; {watch.holds('addresses')}")


def framings() -> list[bytes]:
    """One request that hides another: by two lengths, by length and chunks, by lines that end or begin in odd ways."""
    lengths = ["+5", "-1", "0x5", "5, 5", "5,6", " ", "", "5 5", "9" * 40, "１", "5\t", "5;x", "1e1"]
    found = [f"Content-Length: {value.encode().decode('latin-1')}" for value in lengths]
    codings = ["chunked", " chunked", "xchunked", "identity", "gzip, chunked", "chunked, identity", "CHUNKED", "chunked;x", '"chunked"', ""]
    found += [f"Transfer-Encoding: {value}" for value in codings]
    found += [f"Content-Length: 5\r\nTransfer-Encoding: {value}" for value in codings[:4]]
    found += [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length : 5",
        " Content-Length: 5",
    ]
    found += [
        "Content-Length: 5\nX: y",
        "X: y\r Content-Length: 5",
        "X\0: y",
        "X: \0",
        "X: a\x0bb",
        ": empty",
        "NoColon",
        "X y: z",
        "X: y\r\n folded",
    ]
    found += ["Content-Length\t: 5", "Transfer-Encoding:\x0bchunked", "Transfer-Encoding:\r\n chunked"]
    methods = [("GET", "/f/body.bin"), ("POST", "/p/aaaa/done"), ("POST", "/f/body.bin"), ("HEAD", "/f/body.bin")]
    return [
        f"{method} {path} HTTP/1.1\r\nHost: x\r\n{line}\r\n\r\n0\r\n\r\n".encode("latin-1") + NEXT
        for line in found
        for method, path in methods
    ]


def test_nothing_is_hidden_in_another_request(watch: Watch, figure: Callable[[str], None]) -> None:
    """With odd framing the connection ends with the first answer, so that no proxy in front can be made to mix up two clients."""
    requests = framings()
    heard = say(watch.service.space, requests)
    watch.heard += heard
    for asked, said in zip(requests, heard, strict=True):
        found = statuses(said)
        assert len(found) <= 1, (asked, found)
        assert not found or found[0] in (400, 404, 405, 411, 413, 431, 501), (asked, found)
    figure(f"{len(requests)} framings, one answer each at most; {watch.holds('framings')}")


def oddities() -> list[bytes]:
    """Request lines, methods, versions, sizes and other protocols."""
    words = [
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "PUT",
        "DELETE",
        "PATCH",
        "PROPFIND",
        "get",
        "Get",
        "G\0ET",
        "",
        "A" * 40,
        "GET\tGET",
        "PRI",
        "QUERY",
    ]
    paths = [
        "/f/body.bin",
        "*",
        "http://evil.example/f/body.bin",
        "evil.example:443",
        "//evil.example/",
        "/a/" + "a" * 43,
        "/p/" + "a" * 43 + "/done",
        "/",
    ]
    found = [request(path, "Host: x", method=method) for method in words for path in paths]
    found += [
        request(path)
        for path in (
            "http://",
            "http:///f",
            "ftp://x/",
            "http://127.0.0.1@evil.example/",
            "http://evil.example",
            "?",
            "#",
            "/f/\0",
            "/%",
            "/%zz",
            "/\xff",
        )
    ]
    found += [request("/" + "a" * size) for size in (100, 1000, 8000, 9000, 70_000)]
    found += [request("/", f"X: {'a' * size}") for size in (4000, 8200, 20_000, 200_000)]
    found += [request("/", *[f"X{number}: y" for number in range(count)]) for count in (60, 65, 200, 2000)]
    found += [
        b"GET /\r\n\r\n",
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1 x\r\n\r\n",
        b"GET / http/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
    ]
    found += [
        b"GET / HTTP/1.1\n\n",
        b"GET / HTTP/1.1\r\r",
        b"\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        b"\0" * 9000,
        b"\xff" * 9000,
        b"\n" * 9000,
        b"\r\n" * 5000,
    ]
    found += [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes.fromhex("1603010200010001fc0303") + bytes(600) + b"\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"\0\1body.bin\0octet\0\r\n\r\n",
    ]
    found += [request("/p/aaaa/done", f"Content-Length: {size}", method="POST") for size in (4097, 10**9, 10**17)]
    found += [request("/p/aaaa/done", "Content-Length: 3", method="POST") + b"abc"]
    return found


def test_odd_requests_get_a_refusal_and_no_trouble(watch: Watch, figure: Callable[[str], None]) -> None:
    requests = oddities()
    heard = say(watch.service.space, requests)
    watch.heard += heard
    for asked, said in zip(requests, heard, strict=True):
        found = statuses(said)
        assert not found or found[0] in (200, 400, 404, 405, 408, 413, 414, 431, 501, 505), (asked[:200], found)
    figure(f"{len(requests)} requests, {sum(bool(said) for said in heard)} answered; {watch.holds('oddities')}")


def test_a_host_header_is_never_repeated(watch: Watch, figure: Callable[[str], None]) -> None:
    """Addresses in menus and redirects come from the configuration (threat T31); what a proxy would add is not believed."""
    claims = [
        "Host",
        "X-Forwarded-Host",
        "X-Forwarded-For",
        "Forwarded",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Referer",
        "Origin",
        "X-Real-IP",
        "Via",
    ]
    paths = [
        "/",
        "/f/body.bin",
        "/media/sample",
        "/media/sample/",
        "/boot.ipxe",
        f"/ipxe/{MAC}.pcbios",
        f"/grub/{MAC}.cfg",
        "/a/x",
        "/nothing",
        "/healthz/",
    ]
    values = [EVIL, f'"><script>{EVIL}', f"{EVIL}:80", f"a.{EVIL}, b", f"for={EVIL};host={EVIL}"]
    requests = [request(path, f"{claim}: {value}") for claim in claims for path in paths for value in values]
    heard = say(watch.service.space, requests)
    for asked, said in zip(requests, heard, strict=True):
        assert EVIL.encode() not in said, asked
        assert statuses(said) in ([200], [400], [404]), asked
    told = Counter(statuses(said)[0] for said in heard)
    figure(f"{len(requests)} requests, {dict(told)}; {watch.holds('hosts')}")


def test_a_thousand_ranges_cost_no_more_than_one(watch: Watch, body: bytes, figure: Callable[[str], None]) -> None:
    values = [
        "0-,",
        "0-0," * 1000,
        ",".join(f"{n}-{n + 5}" for n in range(700)),
        "-1,-2,-3",
        "5-1",
        "-",
        "x-y",
        "0-" + "9" * 30,
        "9" * 30 + "-",
        "-" + "9" * 30,
    ]
    values += [
        "0-0,0-599999",
        "0-599999," * 40,
        "-0",
        "1 - 2",
        "0x0-5",
        "0-5;x",
        " 0-5",
        "0-5 ",
        "١-٢".encode().decode("latin-1"),
        "--1",
        "1--1",
        "",
        ",",
    ]
    units = ["bytes=", "Bytes=", "bytes:", "bits=", "bytes =", "=", "bytes==", "bytes=bytes="]
    requests = [
        request("/f/body.bin", f"Range: {unit}{value}"[:7000], *more)
        for unit in units
        for value in values
        for more in ((), ("If-Range: x",))
    ]
    heard = say(watch.service.space, requests)
    for asked, said in zip(requests, heard, strict=True):
        (status,) = statuses(said.partition(b"\r\n\r\n")[0])
        assert status in (200, 206, 400, 416, 431), asked[:200]
        assert len(said) <= len(body) + 2000, "never more than the file"
        if status == 200:
            assert said.partition(b"\r\n\r\n")[2] == body
    told = Counter(statuses(said.partition(b"\r\n\r\n")[0])[0] for said in heard)
    assert told[200] and told[206], told
    figure(f"{len(requests)} range requests, {dict(told)}, {sum(map(len, heard)) // 1000} kB; {watch.holds('ranges')}")


def test_clients_that_hang_up_anywhere_leave_nothing_behind(watch: Watch, figure: Callable[[str], None]) -> None:
    """After each byte of a request, and in the middle of the answer, with a reset or a goodbye."""
    cut = 0
    for number in range(len(GOOD) + 200):
        sock = watch.service.space.tcp(("127.0.0.1", 80), f"127.8.1.{number % 200 + 1}")
        sock.sendall(GOOD[:number])
        if number % 2:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if number > len(GOOD):
            sock.recv(100)
        sock.close()
        cut += 1
    figure(f"{cut} connections; {watch.holds('hanging up')}")
