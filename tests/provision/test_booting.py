"""A network boot over HTTP: what is computed, what is sent as it lies, and the file whose whole delivery uses an install up."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from pxeserve.handout.answer import Given, Who
from pxeserve.paths import Root

HERE = IPv4Address("127.0.0.1")
USED_UP = [("k3d9", HERE)]


def get(path: str, *lines: str, method: str = "GET") -> bytes:
    more = "".join(f"{line}\r\n" for line in lines)
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n".encode()


def parts(response: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines}, body


@pytest.mark.parametrize("path", ["/m/disc/boot/xen.gz", "/b/abc/grub-debian/m/disc/boot/xen.gz", "/i/k3d9/m/disc/boot/xen.gz"])
def test_a_mediums_file_is_sent_as_it_lies_under_every_name_of_a_boot(site: Any, path: str) -> None:
    status, headers, body = parts(site.talk(get(path)))
    assert (status, len(body)) == (200, int(headers["content-length"]))
    assert body == (site.folder / "boot/xen.gz").read_bytes()
    [event] = site.ear.wait("http.boot")
    assert (event["host"], event["data"]["outcome"], event["data"]["bytes"]) == ("xen01", "done", len(body))


def test_plain_files_are_sent_too(site: Any) -> None:
    (site.data / "files").mkdir()
    (site.data / "files/vmlinuz").write_bytes(b"kernel")
    assert parts(site.talk(get("/b/abc/ipxe/f/vmlinuz")))[2] == b"kernel"
    assert parts(site.talk(get("/f/../state/site.db")))[0] == 404
    assert parts(site.talk(get("/f/%2e%2e/state/site.db")))[0] == 404


@pytest.mark.parametrize(
    ("lines", "used_up"),
    [((), USED_UP), (("Range: bytes=0-",), USED_UP), (("Range: bytes=10-",), []), (("Range: bytes=0-9",), [])],
)
def test_an_install_is_used_up_by_all_of_its_file_and_by_nothing_less(
    site: Any, lines: tuple[str, ...], used_up: list[tuple[str, IPv4Address]]
) -> None:
    site.talk(get("/b/abc/grub-debian/i/k3d9/m/disc/boot/xen.gz", *lines))
    assert site.names.used_up == used_up


def test_a_head_uses_nothing_up(site: Any) -> None:
    status, headers, body = parts(site.talk(get("/i/k3d9/m/disc/boot/xen.gz", method="HEAD")))
    assert (status, body, int(headers["content-length"])) == (200, b"", (site.folder / "boot/xen.gz").stat().st_size)
    site.names.known["b/abc/ipxe/x/i/k3d9/f/xen.gz"] = computed(site)
    assert parts(site.talk(get("/b/abc/ipxe/x/i/k3d9/f/xen.gz", method="HEAD")))[0] == 200
    assert site.names.used_up == []


def computed(site: Any) -> Given:
    return Given("files, unpacked", Who(), data=b"a hypervisor", delivered=lambda: site.names.used_up.append(("k3d9", HERE)))


def test_what_is_unpacked_on_the_way_uses_an_install_up_as_well(site: Any) -> None:
    site.names.known["b/abc/ipxe/x/i/k3d9/f/xen.gz"] = computed(site)
    status, headers, body = parts(site.talk(get("/b/abc/ipxe/x/i/k3d9/f/xen.gz")))
    assert (status, headers["content-length"], body) == (200, "12", b"a hypervisor")
    assert site.names.used_up == USED_UP


def test_loaders_and_menus_are_computed_and_told(site: Any) -> None:
    site.names.known["b/abc/ipxe/boot.ipxe"] = Given("menu: installer", Who("abc", "52:54:00:77:00:01", "xen01"), data=b"#!ipxe\n")
    status, headers, body = parts(site.talk(get("/b/abc/ipxe/boot.ipxe")))
    assert (status, headers["content-length"], headers["cache-control"], body) == (200, "7", "no-store", b"#!ipxe\n")
    [event] = site.ear.wait("http.boot")
    assert (event["session"], event["data"]["file"], event["data"]["rule"]) == ("abc", "boot.ipxe", "menu: installer")


def test_what_a_loader_says_behind_a_menu_s_name_goes_with_it_and_no_other_query_does(site: Any) -> None:
    says = "b/abc/ipxe/boot.ipxe?serial=CZ3040%20AB%2FCD&uuid=7e57ab1e-0000-4000-8000-000000000001"
    site.names.known[says] = Given("menu: installer", Who("abc"), data=b"#!ipxe\n")
    site.names.known["b/abc/ipxe/boot.ipxe"] = Given("menu: own-disk", Who("abc"), data=b"")
    assert parts(site.talk(get(f"/{says}")))[2] == b"#!ipxe\n"
    assert parts(site.talk(get("/b/abc/ipxe/boot.ipxe?x=1&serial=2")))[2] == b""
    assert [event["data"]["file"] for event in site.ear.wait("http.boot", 2)] == ["boot.ipxe"] * 2


def test_a_loaders_file_is_read_in_pieces(site: Any) -> None:
    (site.data / "loaders").mkdir()
    (site.data / "loaders/big").write_bytes(bytes(200_000))
    site.names.known["big"] = Given("tftp.root", Who(), file=Root(site.data / "loaders").open("big"))
    assert len(parts(site.talk(get("/big")))[2]) == 200_000


def test_what_is_not_there_and_what_is_trouble(site: Any) -> None:
    assert parts(site.talk(get("/no/such/name")))[::2] == (404, b"not found\n")
    assert parts(site.talk(get("/trouble")))[0] == 503
