"""Images by address: from a real server on loopback that cuts, forgets, redirects and lies; and addresses that are never asked."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium
from pxeserve.errors import PxeserveError
from pxeserve.repo import staging
from pxeserve.repo.sources.address import Limits, resolved, why_not
from pxeserve.repo.sources.fetch import is_url
from pxeserve.repo.staging import BrokenOffError
from pxeserve.repo.tree import SourceError
from pxeserve.store import Store
from tests.repo.mirror import LOOPBACK, Mirror
from tests.repo.test_import import nothing_is_left


def test_what_is_fetched_is_the_same_medium(mirror: Mirror, fetch: Callable[..., Medium], tree: Path, bring: Callable[..., Medium]) -> None:
    assert fetch(f"{mirror.url}/xs41.tar?key=1").revision == bring(tree, "folder").revision
    assert mirror.asked == [("/xs41.tar?key=1", None)]


def test_what_broke_off_goes_on_where_it_was(
    store: Store, data: Path, mirror: Mirror, fetch: Callable[..., Medium], tree: Path, bring: Callable[..., Medium]
) -> None:
    mirror.cut_after = 1_000_000
    with pytest.raises(BrokenOffError, match="broke off after 1000000 bytes") as error:
        fetch(f"{mirror.url}/x")
    assert "goes on from there" in error.value.fix
    assert [one.name for one in staging.underway(data / "media")] == ["far"]
    mirror.cut_after, mirror.sent = None, 0
    assert fetch(f"{mirror.url}/x").revision == bring(tree, "folder").revision
    assert mirror.sent == len(mirror.content) - 1_000_000
    assert mirror.asked[-1] == ("/x", "bytes=1000000-")


def test_a_server_that_cuts_each_answer_is_asked_again_while_it_goes_on(mirror: Mirror, fetch: Callable[..., Medium]) -> None:
    step = len(mirror.content) // 2
    mirror.cut_after = step

    def further(_path: str) -> None:
        if len(mirror.asked) > 1:
            mirror.cut_after = None

    mirror.location = further
    assert fetch(f"{mirror.url}/x").name == "far"
    assert [asked for _path, asked in mirror.asked] == [None, f"bytes={step}-"]


def test_another_file_at_the_same_address_is_fetched_whole(mirror: Mirror, fetch: Callable[..., Medium]) -> None:
    mirror.cut_after = 1_000_000
    with pytest.raises(BrokenOffError):
        fetch(f"{mirror.url}/x")
    mirror.cut_after, mirror.etag, mirror.sent = None, '"two"', 0
    assert fetch(f"{mirror.url}/x").name == "far"
    assert mirror.sent == len(mirror.content)


@pytest.mark.parametrize("etag", ['W/"weak"', ""])
def test_without_a_strong_tag_or_date_it_begins_anew(mirror: Mirror, fetch: Callable[..., Medium], etag: str) -> None:
    mirror.cut_after, mirror.etag = 1_000_000, etag
    with pytest.raises(BrokenOffError):
        fetch(f"{mirror.url}/x")
    mirror.cut_after, mirror.sent = None, 0
    assert fetch(f"{mirror.url}/x").name == "far"
    assert mirror.sent == len(mirror.content)


def test_three_redirects_are_followed_and_a_fourth_is_not(mirror: Mirror, fetch: Callable[..., Medium], store: Store, data: Path) -> None:
    mirror.location = lambda path: f"/{int(path[1:]) - 1}" if path != "/0" else None
    with pytest.raises(SourceError, match="more than 3 redirects"):
        fetch(f"{mirror.url}/4")
    assert nothing_is_left(store, data)
    assert fetch(f"{mirror.url}/3").name == "far"


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("file:///etc/passwd", "only http"),
        ("ftp://127.0.0.1/x", "only http"),
        ("http://127.0.0.2:1/x", "127.0.0.2"),
        ("http://169.254.169.254/latest/meta-data/", "where clouds keep"),
        ("http://user:pw@127.0.0.1/x", "password in it"),
    ],
)
def test_a_redirect_leads_nowhere_that_an_address_may_not(mirror: Mirror, fetch: Callable[..., Medium], where: str, says: str) -> None:
    mirror.location = lambda _path: where
    with pytest.raises(PxeserveError, match=says):
        fetch(f"{mirror.url}/x", Limits((ip_network("127.0.0.1/32"),)))


ANSWERS: dict[str, tuple[Callable[[Mirror], object], str]] = {
    "not there": (lambda mirror: setattr(mirror, "status", 404), "the server answered 404"),
    "no length": (lambda mirror: mirror.fields.update({"Content-Length": ""}), "does not say how long"),
    "packed on the way": (lambda mirror: mirror.fields.update({"Content-Encoding": "gzip"}), "packs what it sends"),
    "too large": (lambda mirror: mirror.fields.update({"Content-Length": str(1 << 61)}), "are never fetched"),
    "larger than the disk": (lambda mirror: mirror.fields.update({"Content-Length": str(1 << 50)}), "the medium needs .* are free"),
    "no medium": (lambda mirror: setattr(mirror, "content", b"<html>" * 5000), "not an ISO image that can be read"),
    "part of another": (lambda mirror: setattr(mirror, "status", 206), "the server answered 206"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_each_answer_that_is_no_file_is_refused(
    store: Store, data: Path, mirror: Mirror, fetch: Callable[..., Medium], answer: str
) -> None:
    spoil, says = ANSWERS[answer]
    spoil(mirror)
    with pytest.raises(PxeserveError, match=says):
        fetch(f"{mirror.url}/x", Limits(LOOPBACK.allowed, size=1 << 60))
    assert nothing_is_left(store, data)


def test_time_has_an_end(mirror: Mirror, fetch: Callable[..., Medium]) -> None:
    with pytest.raises(BrokenOffError, match=r"no time left|took too long"):
        fetch(f"{mirror.url}/x", Limits(LOOPBACK.allowed, seconds=-1))


def test_a_head_without_an_end_is_cut_in_time(fetch: Callable[..., Medium]) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:

        def go_on() -> None:
            with door.accept()[0] as client, suppress(OSError):
                while not ended.wait(0.01):
                    client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

        server = threading.Thread(target=go_on)
        server.start()
        watch = threading.Timer(10, ended.set)  # else a failure would never end
        watch.start()
        try:
            with pytest.raises(BrokenOffError):
                fetch(f"http://127.0.0.1:{door.getsockname()[1]}/x", Limits(LOOPBACK.allowed, seconds=0.3))
            assert not ended.is_set()
        finally:
            ended.set()
            watch.cancel()
            server.join()


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://localhost:9/x", "http://[::1]:9/x", "http://2130706433:9/x", "http://0/x"])
def test_this_machine_is_not_asked_unless_it_is_allowed(fetch: Callable[..., Medium], url: str) -> None:
    with pytest.raises(SourceError, match="nothing is fetched from there") as error:
        fetch(url, Limits())
    assert "fetch_from" in error.value.fix


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "loopback"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback"), ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b:1::7f00:1", "loopback"), ("::ffff:0:127.0.0.1", "loopback"), ("::127.0.0.1", "loopback"),
        ("169.254.1.1", "link-local"), ("fe80::1", "link-local"), ("169.254.169.254", "clouds"), ("fd00:ec2::254", "clouds"),
        ("0.0.0.0", "not the address"), ("0.1.2.3", "not the address"), ("224.0.0.1", "not the address"),
        ("255.255.255.255", "not the address"), ("::", "not the address"), ("ff02::1", "not the address"), ("2002:7f00:1::", "loopback"),
    ],
)  # fmt: skip
def test_addresses_that_are_never_asked(address: str, why: str) -> None:
    assert why in why_not(ip_address(address), ())


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.250.99", "172.16.9.9", "203.0.113.9", "2001:db8::9", "fd12::9", "100.64.3.4"])
def test_mirrors_in_the_local_network_may_be_asked(address: str) -> None:
    assert why_not(ip_address(address), ()) == ""


def test_this_machines_own_address_is_none_to_ask() -> None:
    listed = subprocess.run(["ip", "-o", "-4", "address", "show", "scope", "global"], capture_output=True, text=True, check=False).stdout
    own = [line.split()[3].partition("/")[0] for line in listed.splitlines()]
    if not own:
        pytest.skip("this machine has no address but loopback")
    assert why_not(ip_address(own[0]), ()) == "this machine's own address"
    assert why_not(ip_address(own[0]), (ip_network(own[0]),)) == ""


def test_an_allowed_network_does_not_allow_what_an_address_hides() -> None:
    assert resolved("127.0.0.1", 80, LOOPBACK.allowed) == ["127.0.0.1"]
    with pytest.raises(SourceError, match="link-local"):
        resolved("169.254.7.7", 80, LOOPBACK.allowed)


@pytest.mark.parametrize("url", ["gopher://x/", "http://", "http://h:99999/", "http://h/a b", "http://h/\u00e4", "file:///etc/passwd"])
def test_what_is_no_address_of_a_file_is_refused(fetch: Callable[..., Medium], url: str) -> None:
    assert is_url(url)
    with pytest.raises(PxeserveError, match=r"not an address|only http"):
        fetch(url)


def test_a_certificate_that_proves_nothing_is_refused(
    store: Store, data: Path, mirror: Mirror, fetch: Callable[..., Medium], tmp_path: Path
) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    made = subprocess.run([*command, "-keyout", key, "-out", certificate], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    mirror.server.socket = context.wrap_socket(mirror.server.socket, server_side=True, do_handshake_on_connect=False)
    with pytest.raises(SourceError, match="its certificate is not good"):
        fetch(mirror.url.replace("http://127.0.0.1", "https://localhost") + "/x")
    assert nothing_is_left(store, data)


def test_no_proxy_of_the_environment_is_asked(mirror: Mirror, fetch: Callable[..., Medium], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    assert os.environ["http_proxy"]
    assert fetch(f"{mirror.url}/x").name == "far"
